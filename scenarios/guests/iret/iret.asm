; iret: does the return from an interrupt restore the interrupt flag?
;
; IRET loads IF from the stack, but in ring 1 it drops the change, as POPF does (SDM 2A "IRET"). Whether it traps depends on
; the CS on the stack: one of ring 0 faults in ring 1, so a VMM hears of it; one that was read in ring 1 does not.

bits 32
%include "common/guest.inc"
%include "common/tick.inc"

section .text
main:
    cli
    call tick_init

    pushf
    or dword [esp], EFLAGS_IF
    push dword KERNEL_CODE          ; the kernel knows its code segment: RPL 0
    push dword .known
    PROBE "iret.known"
    iret
.known:
    call wait_for_tick
    mov [observations.tick_with_known_cs], eax
    cli

    pushf
    or dword [esp], EFLAGS_IF
    push cs                         ; the kernel asks for it: RPL 1 if it runs in ring 1
    push dword .asked
    PROBE "iret.asked"
    iret
.asked:
    call wait_for_tick
    mov [observations.tick_with_pushed_cs], eax
    cli

    REPORT "tick after iret with its own idea of CS", [observations.tick_with_known_cs]
    REPORT "tick after iret with the CS it saw", [observations.tick_with_pushed_cs]
    ret

section .data
align 4
observations:
.tick_with_known_cs:    dd 0
.tick_with_pushed_cs:   dd 0
.end:
