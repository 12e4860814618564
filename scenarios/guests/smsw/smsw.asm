; smsw: whose CR0 does SMSW show?
;
; MOV from CR0 is privileged, but SMSW reads the low half of the same register in every ring (SDM 2B "SMSW"): a leftover
; of the 286. Kernels set CR0.TS at a task switch, so that the next use of the coprocessor faults, and look at it again.

bits 32
%include "common/guest.inc"

CR0_PE              equ 1 << 0
CR0_TS              equ 1 << 3
CR0_TS_BIT          equ 3

; Stores TS, as SMSW shows it, to observations.%1.
%macro STORE_TS 1
    smsw eax
    shr eax, CR0_TS_BIT
    and eax, 1
    mov [observations.%1], eax
%endmacro

section .text
main:
    smsw eax
    and eax, CR0_PE
    mov [observations.pe], eax

%ifdef PARAVIRT
    HYPERCALL FPU_TASKSWITCH, 1     ; a VMM that is asked sets the real one
%else
    mov eax, cr0                    ; the privileged way traps, and a VMM answers it
    or eax, CR0_TS
    mov cr0, eax
%endif
    PROBE "smsw"
    STORE_TS ts_when_set
    clts
    STORE_TS ts_after_clts

    REPORT "PE", [observations.pe]
    REPORT "TS when set", [observations.ts_when_set]
    REPORT "TS after clts", [observations.ts_after_clts]
    ret

section .data
align 4
observations:
.pe:                dd 0
.ts_when_set:       dd 0
.ts_after_clts:     dd 0
.end:
