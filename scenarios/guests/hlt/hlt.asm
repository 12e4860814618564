; hlt: does HLT wait for the next interrupt?
;
; HLT is privileged (SDM 2A "HLT"): in ring 1 it traps, and the VMM can run somebody else until this guest has an interrupt
; to take. STI takes effect after the instruction that follows it, so nothing can come between STI and HLT and be missed.

bits 32
%include "common/guest.inc"
%include "common/tick.inc"

WANTED              equ 3

section .text
main:
    cli
    call tick_init
    mov dword [observations.woken], 0
.sleep:
    mov edx, [ticks]
    PROBE "hlt"
    sti
    hlt                             ; the tick's handler runs first, then the line below
    cli
    inc dword [observations.woken]
    cmp edx, [ticks]                ; who woke us?
    je .not_a_tick
    inc dword [observations.woken_by_ticks]
.not_a_tick:
    cmp dword [observations.woken], WANTED
    jb .sleep

    REPORT "woken", [observations.woken]
    REPORT "by ticks", [observations.woken_by_ticks]
    ret

section .data
align 4
observations:
.woken:             dd 0
.woken_by_ticks:    dd 0
.end:
