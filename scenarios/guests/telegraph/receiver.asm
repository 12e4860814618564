; telegraph, the receiving guest: binds to the two channels that guest 0 offers, answers each event, and prints what the
; bits spell. See sender.asm.

bits 32
%include "common/guest.inc"
%ifdef PARAVIRT
%include "telegraph/channels.inc"
%else
%include "telegraph/perfect_wire.inc"
%endif
%include "telegraph/text.inc"

section .text
main:
    call channels_init
    mov ebp, channel_0
    call bind
    mov ebp, channel_1
    call bind
    SEND channel_1.port             ; we are here

.letter:
    call receive_byte
    mov al, [shifted]
    test al, al
    jz .done
    call serial_putc
    inc dword [observations.letters]
    jmp .letter
.done:
    REPORT "letters received", [observations.letters]
    ret

; The next byte, in [shifted]. Changes all but ebp.
receive_byte:
    mov dword [bits_left], 8
.bit:
    mov edi, 1 << 1 | 1 << 2
    call wait_for_one_of
    shr dword [shifted], 1
    mov edx, channel_0.port
    test eax, 1 << 2
    jz .answer
    or byte [shifted], 0x80
    mov edx, channel_1.port
.answer:
    SEND edx
    dec dword [bits_left]
    jnz .bit
    ret

section .data
align 4
; Remote domain, remote port; the last word is our own port, which the VMM fills in.
channel_0:          dw 0, 0
                    dd 1
.port:              dd 0
channel_1:          dw 0, 0
                    dd 2
.port:              dd 0
bits_left:          dd 0
shifted:            dd 0

align 4
observations:
.letters:           dd 0
.end:
