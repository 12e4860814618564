; str: whose task register does STR show?
;
; LTR is privileged, STR is not (SDM 2B "STR"). The real task register names the VMM's TSS, since that is where the
; processor finds the VMM's stack when the guest traps.

bits 32
%include "common/guest.inc"

section .text
main:
    str eax
    mov [observations.before_ltr], eax

    mov eax, stack_top
    call task_state_init
    mov eax, TASK_STATE
    ltr ax
    PROBE "str"
    str eax
    mov [observations.after_ltr], eax

    REPORT "TR before ltr", [observations.before_ltr]
    REPORT "TR after ltr", [observations.after_ltr]
    ret

section .data
align 4
observations:
.before_ltr:        dd 0
.after_ltr:         dd 0
.end:
