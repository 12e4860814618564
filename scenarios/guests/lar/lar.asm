; lar: what do my segments look like? LAR, LSL, VERR and VERW read descriptors in every ring.
;
; They look into the table that is in use and judge by the real privilege level (SDM 2A "LAR", "LSL"). A VMM that keeps a
; kernel in ring 1 must move its segments to DPL 1 and cut them off below itself: both shows.

bits 32
%include "common/guest.inc"

DPL_BIT             equ 13

section .text
main:
    mov ecx, KERNEL_DATA
    PROBE "lar"
    lar eax, ecx
    shr eax, DPL_BIT
    and eax, 3
    mov [observations.data_dpl], eax

    lsl eax, ecx
    mov [observations.data_limit], eax

    xor eax, eax
    verw cx                         ; ZF = 1: writable from here
    setz al
    mov [observations.data_is_writable], eax

    mov ecx, TASK_STATE             ; DPL 0: visible to ring 0 only
    lar eax, ecx
    setz [observations.task_is_visible]

    REPORT "DPL of my data segment", [observations.data_dpl]
    REPORT "its limit", [observations.data_limit]
    REPORT "it is writable", [observations.data_is_writable]
    REPORT "the TSS is visible", [observations.task_is_visible]
    ret

section .data
align 4
observations:
.data_dpl:          dd 0
.data_limit:        dd 0
.data_is_writable:  dd 0
.task_is_visible:   dd 0
.end:
