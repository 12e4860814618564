; Things that few kernels do and a VMM must still get right: SYSENTER, an LDT, single steps over privileged
; instructions, an I/O bitmap, the coprocessor after CLTS.

bits 32
%include "common/guest.inc"

SYSENTER_CS         equ 0x174
SYSENTER_ESP        equ 0x175
SYSENTER_EIP        equ 0x176
LDT                 equ 0x30
LOCAL_DATA          equ 0x04        ; entry 0 of the LDT
ALLOWED_PORT        equ 0x80
FORBIDDEN_PORT      equ 0x81
EFLAGS_TF           equ 0x100

; WRITE_MSR number, value
%macro WRITE_MSR 2
    mov ecx, %1
    mov eax, %2
    xor edx, edx
    wrmsr
%endmacro

section .bss
alignb 16
ring_3_stack: resb 256
ring_3_top:
kernel_stack: resb 512
kernel_top:
big_tss:    resb 104 + 32 + 1       ; with a bitmap for ports 0 to 0xFF
steps:      resd 1
back_to:    resd 1
kernel_esp: resd 1
faults:     resd 1

section .data
align 8
; Like the GDT in segments.inc (SYSEXIT wants that order), and an LDT.
wide_gdt:
    dq 0
    dq 0x00CF9A000000FFFF
    dq 0x00CF92000000FFFF
    dq 0x00CFFA000000FFFF
    dq 0x00CFF2000000FFFF
.task:
    dq 0x0000890000000088
.ldt:
    dq 0x0000820000000007
.end:
wide_gdt_pointer:
    dw wide_gdt.end - wide_gdt - 1
    dd wide_gdt
align 8
local_table:
    dq 0x0040920000000003           ; 4 bytes of data; the base is filled in
secret:     dd 0x12345678
            dd 0x9ABCDEF0

section .text
; SET_BASE descriptor, address. Changes eax.
%macro SET_BASE 2
    mov eax, %2
    mov [%1 + 2], ax
    shr eax, 16
    mov [%1 + 4], al
    mov [%1 + 7], ah
%endmacro

on_step:
    inc dword [steps]
    iret

; Exceptions are counted and end the visit to ring 3, or skip to back_to.
on_fault:
    inc dword [faults]
    add esp, 4
    mov eax, [back_to]
    mov [esp], eax
    iret

from_ring_3:                        ; SYSENTER leads here: EDX has the EIP, ECX the ESP to go back to
    add ebx, 1
    sysexit

leave_ring_3:                       ; INT 0x41
    mov esp, [kernel_esp]
    jmp [back_to]

ring_3:
    xor ebx, ebx
    mov ecx, 5
.again:
    push ecx
    mov ecx, esp
    mov edx, .returned
    sysenter
.returned:
    pop ecx
    dec ecx
    jnz .again
    mov al, 0x55
    out ALLOWED_PORT, al
    in al, ALLOWED_PORT
    mov dword [back_to], .forbidden
    out FORBIDDEN_PORT, al
    inc ebx                         ; not reached
.forbidden:
    mov dword [back_to], main.back
    int 0x41

main:
    SET_GATE 1, on_step, GATE_KERNEL
    SET_GATE 13, on_fault, GATE_KERNEL
    SET_GATE 0x41, leave_ring_3, GATE_USER
    SET_BASE wide_gdt.task, big_tss
    SET_BASE wide_gdt.ldt, local_table
    SET_BASE local_table, secret
    lgdt [wide_gdt_pointer]

    mov eax, LDT
    lldt ax
    mov eax, LOCAL_DATA
    mov fs, eax
    mov eax, [fs:0]
    mov [observations.local], eax
    mov dword [back_to], .outside
    mov eax, [fs:4]                 ; beyond its limit
.outside:
    xor eax, eax
    mov fs, eax
    lldt ax

    pushf                           ; eight instructions with TF on, half of them privileged
    or dword [esp], EFLAGS_TF
    popf
    cli
    mov eax, cr0
    nop
    clts
    mov eax, cr3
    pushf
    and dword [esp], ~EFLAGS_TF
    popf
    mov eax, [steps]
    mov [observations.steps], eax

    mov dword [big_tss + TSS_ESP0], kernel_top
    mov dword [big_tss + TSS_SS0], KERNEL_DATA
    mov word [big_tss + TSS_IO_MAP], TSS_SIZE
    mov byte [big_tss + TSS_SIZE + ALLOWED_PORT / 8], 0xFE
    mov byte [big_tss + TSS_SIZE + 32], 0xFF
    mov eax, TASK_STATE
    ltr ax
    WRITE_MSR SYSENTER_CS, KERNEL_CODE
    WRITE_MSR SYSENTER_ESP, kernel_top
    WRITE_MSR SYSENTER_EIP, from_ring_3
    mov [kernel_esp], esp
    mov eax, USER_DATA
    mov ds, eax
    mov es, eax
    push dword USER_DATA
    push dword ring_3_top
    push dword 2
    push dword USER_CODE
    push dword ring_3
    iret
.back:
    mov eax, KERNEL_DATA
    mov ds, eax
    mov es, eax
    mov [observations.calls], ebx
    mov eax, [faults]
    mov [observations.faults], eax
    mov eax, cr0
    or eax, 8                       ; TS, as at a task switch
    mov cr0, eax
    clts
    fninit
    fld1
    fist dword [observations.one]
    REPORT "through the LDT", [observations.local]
    REPORT "steps", [observations.steps]
    REPORT "calls by SYSENTER", [observations.calls]
    REPORT "faults", [observations.faults]
    REPORT "one", [observations.one]
    ret

section .data
align 4
observations:
.local:     dd 0
.steps:     dd 0
.calls:     dd 0
.faults:    dd 0
.one:       dd 0
.end:
