; probes-64: the sensitive instructions that only 64-bit code can execute, each in a row of its own as in probes.asm. The rows
; are those of assets/figures/sensitive-instructions.csv.
;
;   rows.inc    the rows        world.inc   the world that they find, ring 3, and how an exception ends a row

%include "common/long/guest.inc"
%include "common/long/msrs.inc"
%include "common/mask.inc"
%include "probes/row.inc"
%include "probes-64/world.inc"

section .rows progbits alloc noexec nowrite align=4
rows:                               ; of these four words: name, text, code, where the result goes
ROW_TEXT            equ 4
ROW_CODE            equ 8
ROW_RESULT          equ 12
ROW_SIZE            equ 16

section .data
align 4
observations:

%include "probes-64/rows.inc"

section .data
observations.end:
section .rows
rows_end:

section .bss
alignb 8
row_stack:          resq 1          ; where the row's stack began
row:                resd 1          ; the one that runs

section .text
main:
    call make_world
    mov dword [row], rows
.next:
    call run_row
    add dword [row], ROW_SIZE
    cmp dword [row], rows_end
    jb .next
    ret

; The current row, with interrupts off; its result to its place and to the console. A row returns its result in eax. If it
; faults, that is the result: see `caught` in world.inc.
run_row:
    mov [row_stack], rsp
    mov eax, [row]
    mov eax, [rax + ROW_CODE]
    call rax
row_done:
    mov rsp, [row_stack]
    cli
    mov ebx, [row]
    mov edi, [rbx + ROW_RESULT]
    mov [rdi], eax
    mov edi, eax
    mov esi, [rbx + ROW_TEXT]
    call serial_puts
    SAY " = "
    mov eax, edi
    call serial_hex
    mov al, 10
    jmp serial_putc
