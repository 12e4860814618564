; in-out: do the ports lead to my devices?
;
; IN and OUT fault when CPL > IOPL, unless the TSS grants the port (SDM 1 "I/O Privilege Level"). So a VMM sees every
; access and can put a device of its own making behind the port.

bits 32
%include "common/guest.inc"

PIC_MASTER_DATA     equ 0x21
COM1_SCRATCH        equ COM1 + 7

section .text
main:
    mov al, 0xFB                    ; a mask register reads back what was written
    PROBE "out"
    out PIC_MASTER_DATA, al
    xor eax, eax
    PROBE "in"
    in al, PIC_MASTER_DATA
    mov [observations.pic_mask], eax

    mov edx, COM1_SCRATCH           ; and so does the serial port's scratch register
    mov al, 0x5A
    out dx, al
    xor eax, eax
    in al, dx
    mov [observations.scratch], eax

    mov edx, COM1_LINE_STATUS       ; nothing to do with what we wrote: the device's own answer
    xor eax, eax
    in al, dx
    and eax, LINE_CAN_SEND
    mov [observations.can_send], eax

    REPORT "PIC mask", [observations.pic_mask]
    REPORT "UART scratch", [observations.scratch]
    REPORT "UART can send", [observations.can_send]
    ret

section .data
align 4
observations:
.pic_mask:          dd 0
.scratch:           dd 0
.can_send:          dd 0
.end:
