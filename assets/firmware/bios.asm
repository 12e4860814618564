; The firmware of `ringside boot --disk`: what a PC's BIOS does, as far as a boot sector uses it.
; It is a ROM of 64 KiB that ends at 1 MiB and at 4 GiB; the CPU starts at F000:FFF0. It wants a 386.
; It lies with the assets and not with the scenarios because it is a part of the machine.
; IBM PC AT Technical Reference, "ROM BIOS and System Usage"; each service names its calls.
;
; What INT 10h writes is on the screen (VGA memory) only. It is not sent to the serial port too: that
; one belongs to the program, and says here what it says on other machines.
bits 16
org 0

%include "constants.inc"

section .text
%include "post.inc"
%include "interrupts.inc"
%include "video.inc"
%include "disk.inc"
%include "memory.inc"
%include "keyboard.inc"
%include "clock.inc"
%include "serial.inc"
%include "boot.inc"

times RESET - ($ - $$) db 0xff
reset:
    jmp FIRMWARE:post
times 0x10000 - ($ - $$) db 0xff
