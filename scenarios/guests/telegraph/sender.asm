; telegraph, the sending guest: a text to another guest, by two event channels, one for the bits that are 0 and one for
; those that are 1. For each bit it waits until the other has answered by the same channel.
;
;   guest 0                      VMM                       guest 1
;   send_event(channel of 1) --> its pending bit, upcall --> notes a 1
;   notes the answer <---------- pending bit, upcall <------ send_event(the other end)
;
; Both sleep while they wait: each bit is two switches of guests and six entries into the VMM. Memory that both see
; (in later Xen: grant tables and rings) is for data; channels are for saying that there is some. The text is in both
; images only for the bare machine's sake: perfect_wire.inc.

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
    OFFER channel_0
    OFFER channel_1
    call wait_for_receiver

    mov ebp, text
.letter:
    movzx eax, byte [ebp]
    PROBE "telegraph.letter", "letter=eax"
    call send_byte
    cmp byte [ebp], 0               ; the end has been sent, too
    je .done
    inc dword [observations.letters]
    inc ebp
    jmp .letter
.done:
    REPORT "letters sent", [observations.letters]
    REPORT "bits answered", [observations.answers]
    ret

; The receiver binds to both channels, the one for 1 last, and says then that it is there.
wait_for_receiver:
    mov edi, 1 << 2
    jmp wait_for_one_of

; Sends the byte in eax, the lowest bit first. Changes all but ebp.
send_byte:
    mov dword [bits_left], 8
    mov [shifted], eax
.bit:
    shr dword [shifted], 1
    mov edx, channel_0.port
    mov edi, 1 << 1
    jnc .send
    mov edx, channel_1.port
    mov edi, 1 << 2
.send:
    SEND edx
    call wait_for_one_of
    inc dword [observations.answers]
    dec dword [bits_left]
    jnz .bit
    ret

section .data
align 4
; A new channel each, that guest 1 may bind to. Ours are the first: ports 1 and 2.
channel_0:          dw DOMAIN_SELF, 1
.port:              dd 0
channel_1:          dw DOMAIN_SELF, 1
.port:              dd 0
bits_left:          dd 0
shifted:            dd 0

observations:
.letters:           dd 0
.answers:           dd 0
.end:
