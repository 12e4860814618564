; packets: two guests talk over their network cards.
;
; Each has three lines for the other. A frame carries the line whose turn it is, and how many lines have been received: so
; it is sent again until it has been answered, and a frame that was lost, or came twice, does no harm. Between frames the
; guest sleeps; the network card and the timer wake it.
;
;   0         6         12     14      15        16
;   | ff x 6  | sender  | 88b5 | line  | received | text, 0 … |      to all; 88B5h is for experiments (IEEE 802)

bits 32
%include "common/guest.inc"
%include "common/timer.inc"
%include "common/mask.inc"
%include "packets/card.inc"

LINES               equ 3
LINE_BYTES          equ 44
FRAME_BYTES         equ 60
TICKS_TO_RESEND     equ 10          ; the slowest VMM takes three to receive a frame: sent faster, it would do nothing else
LAST_FRAMES         equ 4           ; the other must learn that its last line has arrived
%ifdef WATSON
SENDER              equ 2
%else
SENDER              equ 1
%endif

section .text
main:
    SET_GATE TIMER_VECTOR, on_tick, GATE_KERNEL
    SET_GATE CARD_VECTOR, on_card, GATE_KERNEL
    call timer_init
    OUT_BYTE PIC_MASTER_DATA, 0xFA  ; the timer and the cascade, and on the slave only line 9
    OUT_BYTE PIC_SLAVE_DATA, 0xFD
    call card_init

.send:
    call send_line
    mov dword [ticks], 0
.wait:
    cmp dword [ticks], TICKS_TO_RESEND
    jae .send
    sti
    hlt                             ; STI lets no interrupt in before it
    cli
    btr dword [card_called], 0
    jnc .wait
    call card_acknowledge           ; first this: what arrives from now on interrupts again
    xor ebp, ebp
.next_frame:
    call card_receive
    jnc .no_more
    call look_at_frame
    adc ebp, 0
    jmp .next_frame
.no_more:
    test ebp, ebp
    jz .wait
    mov eax, [observations.lines_sent]
    add eax, [observations.lines_received]
    cmp eax, 2 * LINES
    jb .send

    mov ebp, LAST_FRAMES
.last:
    call send_line
    dec ebp
    jnz .last
    MASK_ALL_LINES
    REPORT "lines sent", [observations.lines_sent]
    REPORT "lines received", [observations.lines_received]
    REPORT "the card interrupted", [observations.interrupted]
    ret

on_tick:
    push eax
    inc dword [ticks]
    OUT_BYTE PIC_MASTER, PIC_END
    pop eax
    iret

on_card:
    push eax
    mov dword [card_called], 1
    mov dword [observations.interrupted], 1
    OUT_BYTE PIC_SLAVE, PIC_END
    OUT_BYTE PIC_MASTER, PIC_END
    pop eax
    iret

; The line whose turn it is; the last one again if the other has them all. Changes all but ebp.
send_line:
    mov eax, [observations.lines_sent]
    mov [frame.line], al
    cmp eax, LINES
    jb .more
    mov eax, LINES - 1
.more:
    imul esi, eax, LINE_BYTES
    add esi, lines
    mov edi, frame.text
    mov ecx, LINE_BYTES / 4
    cld
    rep movsd
    mov al, [observations.lines_received]
    mov [frame.received], al
    PROBE "packets.send"
    mov esi, frame
    mov ecx, FRAME_BYTES
    jmp card_send

; The frame at `received`: prints its line if it is the next. CF = 1 if it told something new. Changes all but ebp.
look_at_frame:
    xor ebx, ebx
    cmp word [received + 12], FRAME_TYPE
    jne .done
    movzx eax, byte [received + 15] ; how many of ours it has
    cmp eax, [observations.lines_sent]
    jbe .no_answer
    mov [observations.lines_sent], eax
    inc ebx
.no_answer:
    movzx eax, byte [received + 14]
    cmp eax, [observations.lines_received]
    jne .done                       ; it came before
    cmp eax, LINES
    jae .done
    PROBE "packets.received"
    inc dword [observations.lines_received]
    inc ebx
    mov byte [received + 16 + LINE_BYTES - 1], 0
    mov esi, received + 16
    call serial_puts
    mov al, 10
    call serial_putc
.done:
    cmp ebx, 1
    cmc
    ret

section .data
FRAME_TYPE          equ 0xB588      ; 88 B5 as they lie in memory
align 4
frame:
    times 6 db 0xFF
    db 0x02, 'R', 'S', 0, 0, SENDER
    dw FRAME_TYPE
.line:      db 0
.received:  db 0
.text:      times LINE_BYTES db 0

%macro LINE 1
%%text:
    db %1
    times LINE_BYTES - ($ - %%text) db 0
%endmacro
lines:
%ifndef WATSON
    LINE "Mr. Watson, come here."
    LINE "I want to see you."
    LINE "Do you hear me?"
%else
    LINE "I heard every word you said,"
    LINE "distinctly,"
    LINE "and am on my way."
%endif

align 4
observations:
.lines_sent:        dd 0
.lines_received:    dd 0
.interrupted:       dd 0
.end:

section .bss
alignb 4
ticks:    resd 1
card_called: resd 1
received: resb 1536
