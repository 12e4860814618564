; popf: does POPF set the interrupt flag? The best known hole in the x86 of 1985.
;
; In ring 0, POPF loads IF from the stack. In ring 1 it leaves IF alone *and does not fault* (SDM 2B "POPF", table
; "Effect of POPF/POPFD on the EFLAGS Register"), so a VMM that waits for traps never learns what the kernel wanted.

bits 32
%include "common/guest.inc"
%include "common/tick.inc"

; Leaves IF, as PUSHF shows it, in eax.
%macro READ_IF 0
    pushf
    pop eax
    shr eax, EFLAGS_IF_BIT
    and eax, 1
%endmacro

section .text
main:
    cli                             ; traps in ring 1: a VMM notes that interrupts are off
    call tick_init
    READ_IF
    mov [observations.if_after_cli], eax

    pushf                           ; set IF the way old kernels do: restore saved flags
    or dword [esp], EFLAGS_IF
    PROBE "popf.set"
    popf
    READ_IF
    mov [observations.if_after_popf_1], eax
    call wait_for_tick              ; IF = 1 means that the timer can reach us
    mov [observations.tick_after_popf_1], eax

    pushf
    and dword [esp], ~EFLAGS_IF
    PROBE "popf.clear"
    popf
    READ_IF
    mov [observations.if_after_popf_0], eax
    call wait_for_tick              ; IF = 0 means that it cannot
    mov [observations.tick_after_popf_0], eax

    cli
    REPORT "IF after cli", [observations.if_after_cli]
    REPORT "IF after popf with IF=1", [observations.if_after_popf_1]
    REPORT "a tick arrived", [observations.tick_after_popf_1]
    REPORT "IF after popf with IF=0", [observations.if_after_popf_0]
    REPORT "a tick arrived", [observations.tick_after_popf_0]
    ret

section .data
align 4
observations:
.if_after_cli:      dd 0
.if_after_popf_1:   dd 0
.tick_after_popf_1: dd 0
.if_after_popf_0:   dd 0
.tick_after_popf_0: dd 0
.end:
