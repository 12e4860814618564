; push-cs: at which privilege level do I run? The low bits of CS say it.
;
; Bits 1:0 of CS and SS are the current privilege level (SDM 3A "Privilege Levels"), and any program may push or copy a
; selector. A kernel that a VMM has moved to ring 1 sees that it is not in ring 0.

bits 32
%include "common/guest.inc"

PRIVILEGE_LEVEL     equ 3

section .text
main:
    PROBE "push-cs"
    push cs
    pop eax
    and eax, PRIVILEGE_LEVEL
    mov [observations.cpl_from_push_cs], eax

    mov eax, cs
    and eax, PRIVILEGE_LEVEL
    mov [observations.cpl_from_mov_cs], eax

    push ss
    pop eax
    and eax, PRIVILEGE_LEVEL
    mov [observations.rpl_of_ss], eax

    call KERNEL_CODE:.far           ; a far call leaves the old CS on the stack
.far:
    pop eax                         ; its offset
    pop eax                         ; and its selector
    and eax, PRIVILEGE_LEVEL
    mov [observations.cpl_from_far_call], eax

    REPORT "CPL by push cs", [observations.cpl_from_push_cs]
    REPORT "CPL by mov eax, cs", [observations.cpl_from_mov_cs]
    REPORT "RPL of ss", [observations.rpl_of_ss]
    REPORT "CPL by a far call", [observations.cpl_from_far_call]
    ret

section .data
align 4
observations:
.cpl_from_push_cs:  dd 0
.cpl_from_mov_cs:   dd 0
.rpl_of_ss:         dd 0
.cpl_from_far_call: dd 0
.end:
