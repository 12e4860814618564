; pushf: whose flags does PUSHF show?
;
; PUSHF runs at every privilege level and pushes the real EFLAGS (SDM 2B "PUSHF"). The real IF and IOPL are the VMM's
; business: it runs its guests with interrupts on and IOPL 0, whatever the guest has asked for.

bits 32
%include "common/guest.inc"
%include "common/mask.inc"

IOPL_BIT            equ 12
IOPL_3              equ 3 << IOPL_BIT

; Stores the EFLAGS field of %2 bits' mask, starting at bit %1, to %3.
%macro STORE_FLAG_FIELD 3
    pushf
    pop eax
    shr eax, %1
    and eax, %2
    mov [observations.%3], eax
%endmacro

section .text
main:
    MASK_ALL_LINES                  ; no device may interrupt us while IF is 1
    cli
    PROBE "pushf.read"
    STORE_FLAG_FIELD EFLAGS_IF_BIT, 1, if_after_cli
    sti
    STORE_FLAG_FIELD EFLAGS_IF_BIT, 1, if_after_sti
    cli

    push dword IOPL_3               ; let ring 3 use ports: IOPL is the kernel's to set
    popf
    STORE_FLAG_FIELD IOPL_BIT, 3, iopl_after_3
    push dword 0
    popf
    STORE_FLAG_FIELD IOPL_BIT, 3, iopl_after_0

    REPORT "IF after cli", [observations.if_after_cli]
    REPORT "IF after sti", [observations.if_after_sti]
    REPORT "IOPL after setting 3", [observations.iopl_after_3]
    REPORT "IOPL after setting 0", [observations.iopl_after_0]
    ret

section .data
align 4
observations:
.if_after_cli:      dd 0
.if_after_sti:      dd 0
.iopl_after_3:      dd 0
.iopl_after_0:      dd 0
.end:
