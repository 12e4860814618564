; nanobenchmarks: what single operations cost, after Adams and Agesen (2006): "A Comparison of Software and Hardware
; Techniques for x86 Virtualization", section 6.3. Each is a loop of TRIPS rounds, after a warm-up; the cycles of all rounds
; together, less those of the empty loop, go to `measurements`, where the report finds them. They differ from technique to
; technique; what is counted in `observations` does not.
;
; In 32-bit mode SYSENTER and SYSEXIT stand in for the paper's SYSCALL and SYSRET, and a store to the local APIC's task
; priority for its write to CR8, which is that register: nanobenchmarks-64 has the paper's own.

bits 32
%include "common/guest.inc"
%include "common/mask.inc"
%include "nanobenchmarks/benchmark.inc"

PAGE                equ 4096
OPEN                equ 7           ; present, writable, user
CR0_PG              equ 1 << 31
VECTOR_DIVIDE       equ 0
VECTOR_PAGE_FAULT   equ 14
VECTOR_FROM_USER    equ 0x80
SYSENTER_CS         equ 0x174
SYSENTER_ESP        equ 0x175
SYSENTER_EIP        equ 0x176
NOT_PRESENT         equ 0x00400000  ; nothing is mapped there
WINDOW              equ 0x00401000  ; one page is,
APIC                equ 0x00402000  ; and the local APIC's registers
APIC_TPR            equ 0x80
UNCACHED            equ 0x18

section .bss
alignb PAGE
directory:          resb PAGE
low_table:          resb PAGE
window_table:       resb PAGE
page:               resb PAGE
user_stack:         resb PAGE
user_stack_top:
kernel_stack:       resb PAGE
kernel_stack_top:
caller_stack:       resd 1

BENCHMARK empty                     ; the loop itself
END_BENCHMARK

BENCHMARK callret                   ; CALL and RET
    call nothing
END_BENCHMARK

nothing:
    ret

BENCHMARK in                        ; a port where nothing happens
    in al, 0x80
END_BENCHMARK

BENCHMARK divzero                   ; a divide error, to the kernel's own handler and back behind the instruction
    xor ecx, ecx
    div ecx
END_BENCHMARK

DIV_LENGTH          equ 2
on_divide_error:
    inc dword [observations.divide_errors]
    add dword [esp], DIV_LENGTH
    iret

BENCHMARK pgfault                   ; a page fault that the guest's own tables ask for, likewise
    mov al, [NOT_PRESENT]
END_BENCHMARK

LOAD_LENGTH         equ 5
on_page_fault:
    inc dword [observations.page_faults]
    add esp, 4                      ; the error code
    add dword [esp], LOAD_LENGTH
    iret

BENCHMARK cr8wr                     ; a task priority that unmasks nothing
    mov dword [APIC + APIC_TPR], 0
END_BENCHMARK

BENCHMARK ptemod                    ; a store to a page-table entry in use, of the value that is there
    mov [window_table + 4], ebx
END_BENCHMARK

; The rounds are in ring 3: SYSENTER to the kernel, SYSEXIT from there.
BENCHMARK syscall
    mov [caller_stack], esp
    mov eax, USER_DATA
    mov ds, eax
    mov es, eax
    push dword USER_DATA
    push dword user_stack_top
    push dword 2                    ; EFLAGS
    push dword USER_CODE
    push dword .in_user
    iret
.in_user:
    mov ecx, esp                    ; where SYSEXIT finds stack and address to return to
    mov edx, .back
    sysenter
.back:
    dec esi
    jnz .in_user
    int VECTOR_FROM_USER

on_system_call:
    inc dword [observations.system_calls]
    sysexit

from_user:
    mov eax, KERNEL_DATA
    mov ds, eax
    mov es, eax
    mov esp, [caller_stack]
    ret

; WRITE_MSR number, value. Changes eax, ecx, edx.
%macro WRITE_MSR 2
    mov ecx, %1
    mov eax, %2
    xor edx, edx
    wrmsr
%endmacro

make_world:
    MASK_ALL_LINES
    mov eax, kernel_stack_top
    call task_state_init
    mov eax, TASK_STATE
    ltr ax
    SET_GATE VECTOR_DIVIDE, on_divide_error, GATE_KERNEL
    SET_GATE VECTOR_PAGE_FAULT, on_page_fault, GATE_KERNEL
    SET_GATE VECTOR_FROM_USER, from_user, GATE_USER
    WRITE_MSR SYSENTER_CS, KERNEL_CODE
    WRITE_MSR SYSENTER_ESP, kernel_stack_top
    WRITE_MSR SYSENTER_EIP, on_system_call

    mov ecx, 1023
.identity:
    mov eax, ecx
    shl eax, 12
    or eax, OPEN
    mov [low_table + ecx * 4], eax
    dec ecx
    jns .identity
    mov dword [directory], low_table + OPEN
    mov dword [directory + 4], window_table + OPEN
    mov dword [window_table + 4], page + OPEN
    mov dword [window_table + 8], 0xFEE00000 + OPEN + UNCACHED
    mov eax, directory
    mov cr3, eax
    mov eax, cr0
    or eax, CR0_PG
    mov cr0, eax
    ret

main:
    call make_world
    call benchmark_empty
    call benchmark_callret
    call benchmark_in
    call benchmark_cr8wr
    call benchmark_divzero
    call benchmark_pgfault
    mov eax, [WINDOW]               ; the entry is in use
    mov ebx, [window_table + 4]
    call benchmark_ptemod
    call benchmark_syscall
    LESS_EMPTY callret, in, cr8wr, divzero, pgfault, ptemod, syscall
    REPORT "divide errors", [observations.divide_errors]
    REPORT "page faults", [observations.page_faults]
    REPORT "system calls", [observations.system_calls]
    ret

section .data
observations.divide_errors:     dd 0
observations.page_faults:       dd 0
observations.system_calls:      dd 0
observations.end:
