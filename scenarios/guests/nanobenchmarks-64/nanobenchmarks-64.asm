; nanobenchmarks-64: what single operations cost in 64-bit mode, after Adams and Agesen (2006), section 6.3, whose guests
; were 64-bit: the seven of the paper, with SYSCALL and CR8. Each is a loop as in nanobenchmarks.asm.

%include "common/long/guest.inc"
%include "common/long/msrs.inc"
%include "common/mask.inc"
%include "nanobenchmarks/benchmark.inc"

VECTOR_DIVIDE       equ 0
VECTOR_PAGE_FAULT   equ 14
VECTOR_FROM_USER    equ 0x80
NOT_PRESENT         equ WINDOW      ; nothing is mapped there
MAPPED              equ WINDOW + PAGE

section .bss
alignb PAGE
page:               resb PAGE
user_stack:         resb PAGE
user_stack_top:
kernel_stack:       resb PAGE
kernel_stack_top:
caller_stack:       resq 1

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

BENCHMARK cr8wr                     ; the task priority that is there: nothing waits for it to fall
    xor eax, eax
    mov cr8, rax
END_BENCHMARK

BENCHMARK divzero                   ; a divide error, to the kernel's own handler and back behind the instruction
    xor ecx, ecx
    div ecx
END_BENCHMARK

DIV_LENGTH          equ 2
on_divide_error:
    inc dword [observations.divide_errors]
    add qword [rsp], DIV_LENGTH
    iretq

BENCHMARK pgfault                   ; a page fault that the guest's own tables ask for, likewise
    mov bl, [NOT_PRESENT]
END_BENCHMARK

LOAD_LENGTH         equ 7
on_page_fault:
    inc dword [observations.page_faults]
    add rsp, 8                      ; the error code
    add qword [rsp], LOAD_LENGTH
    iretq

BENCHMARK ptemod                    ; a store to a page-table entry in use, of the value that is there
    mov [window_table + 8], rbx
END_BENCHMARK

; The rounds are in ring 3: SYSCALL to the kernel, SYSRET from there.
BENCHMARK syscall
    mov [caller_stack], rsp
    push USER_DATA
    push user_stack_top
    push 2                          ; RFLAGS
    push USER_CODE
    push .in_user
    iretq
.in_user:
    syscall
    dec esi
    jnz .in_user
    int VECTOR_FROM_USER

on_system_call:
    inc dword [observations.system_calls]
    o64 sysret

from_user:
    mov rsp, [caller_stack]
    ret

make_world:
    MASK_ALL_LINES
    mov eax, kernel_stack_top
    call task_state_init
    SET_GATE VECTOR_DIVIDE, on_divide_error, GATE_KERNEL
    SET_GATE VECTOR_PAGE_FAULT, on_page_fault, GATE_KERNEL
    SET_GATE VECTOR_FROM_USER, from_user, GATE_USER
    WRITE_MSR STAR, 0, SYSRET_BASE << 16 | KERNEL_CODE
    WRITE_MSR LSTAR, on_system_call
    WRITE_MSR FMASK, EFLAGS_IF
    mov dword [window_table + 8], page + OPEN
    ret

main:
    call make_world
    call benchmark_empty
    call benchmark_callret
    call benchmark_in
    call benchmark_cr8wr
    call benchmark_divzero
    call benchmark_pgfault
    mov rax, [MAPPED]               ; the entry is in use
    mov rbx, [window_table + 8]
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
