; ringlet: a small kernel of the old school, to be run on the bare machine and under every kind of VMM.
;
; Two processes in ring 3 take turns by the timer, call the kernel with INT 0x80, and get memory when they touch it. What
; they write is kept in a buffer each and printed in their order at the end, so that the output does not depend on when
; the ticks come. The kernel also looks at the machine the way old kernels do, and notes what it saw in `observations`.
;
; Built from this one source:
;   (nothing)   for the bare machine; all that touches it is in native.inc
;   SAFE        the same without the sensitive instructions that do not trap in ring 1
;   PARAVIRT    for a VMM that is asked instead of deceived: paravirt.inc in the place of native.inc. The rest of the kernel,
;               two lines out of three, is the same.
;
; With the word `stress` on its command line each process works hard at what a VMM finds hard before it does the rest:
; stress.inc.

bits 32
%include "common/multiboot.inc"
%include "common/probe.inc"
%include "ringlet/layout.inc"

%ifdef PARAVIRT
%include "ringlet/paravirt.inc"
%else
%include "ringlet/native.inc"
%endif

%include "ringlet/observations.inc"
%include "ringlet/memory.inc"
%include "ringlet/processes.inc"
%include "ringlet/traps.inc"
%include "ringlet/calls.inc"
%include "ringlet/inspect.inc"
%include "ringlet/programs.inc"
%include "common/words.inc"

section .bss
alignb 16
boot_stack:         resb KERNEL_STACK_SIZE
boot_stack_top:
under_stress:       resd 1

section .text
global start
start:
    MACHINE_START
    READ_COMMAND_LINE               ; esi -> it
    mov edi, word_stress
    call has_word
    mov [under_stress], eax
    PRINT "ringlet: two processes, one timer", 10
    LOAD_TRAP_TABLE trap_table
    LOAD_TASK boot_stack_top
    PAGING_ON
    call inspect_machine
    TIMER_INIT on_timer
    call inspect_timer

    INTERRUPTS_OFF                  ; until the first process runs
    mov ebx, process_1
    mov eax, program_primes
    mov edx, stress_then_primes
    call choose_program
    call create_process
    mov ebx, process_2
    mov eax, program_fibonacci
    mov edx, stress_then_fibonacci
    call choose_program
    call create_process
    mov ebx, process_1
    jmp start_process

; eax = the program at edx instead, if the command line says so
choose_program:
    cmp dword [under_stress], 0
    je .chosen                      ; no CMOV: old processors do not have it
    mov eax, edx
.chosen:
    ret

; All processes have ended: their output in their order, then the end of the run.
finish:
    INTERRUPTS_OFF
    mov ebx, process_1
    call print_output
    mov ebx, process_2
    call print_output
    call note_processes
    PRINT "ringlet: done", 10
    EXIT 0

print_output:
    lea esi, [ebx + PROCESS_OUTPUT]
    mov ecx, [ebx + PROCESS_LENGTH]
    call console_write
    ret

section .rodata
word_stress:        db "stress", 0
no_words:           db 0
