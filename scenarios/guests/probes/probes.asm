; probes: every sensitive instruction and every privileged one that 32-bit code can execute, each in a row of its own that
; does the thing and records what it saw. The rows are those of assets/figures/sensitive-instructions.csv.
;
; A word on the command line that is a row's name runs that row only: `--guest-options sgdt`.
;
;   tables.inc      the descriptor tables and the task register      control.inc    control registers, caches, MSRs
;   flags.inc       EFLAGS and the interrupt flag                    vmx.inc        the instructions of VMX
;   selectors.inc   segment registers and descriptors                exposures.inc  what shows the real processor
;   transfers.inc   far calls, gates, interrupts and returns         memory.inc     stores that are no plain stores
;   ports.inc       ports, and waiting                               innocuous.inc  what no VMM has to care about

bits 32
%define SPARE_DESCRIPTORS 3
%include "common/guest.inc"
%include "common/mask.inc"
%include "common/words.inc"
%include "probes/row.inc"
%include "probes/world.inc"

section .rows progbits alloc noexec nowrite align=4
rows:                               ; of these four words: name, text, code, where the result goes
ROW_NAME_WORD       equ 0
ROW_TEXT            equ 4
ROW_CODE            equ 8
ROW_RESULT          equ 12
ROW_SIZE            equ 16

section .data
align 4
observations:

%include "probes/tables.inc"
%include "probes/flags.inc"
%include "probes/selectors.inc"
%include "probes/transfers.inc"
%include "probes/ports.inc"
%include "probes/control.inc"
%include "probes/vmx.inc"
%include "probes/exposures.inc"
%include "probes/memory.inc"
%include "probes/innocuous.inc"

section .data
observations.end:
section .rows
rows_end:

section .bss
alignb 4
command_line:       resd 1
asked_for:          resd 1          ; how many rows the command line names
row:                resd 1          ; the one that runs
row_stack:          resd 1          ; where its stack began

section .rodata
no_words:           db 0

section .text
main:
    call remember_command_line
    call make_world
    mov edi, rows
    mov [row], edi
.count:
    call is_asked_for
    add [asked_for], eax
    add dword [row], ROW_SIZE
    cmp dword [row], rows_end
    jb .count

    mov dword [row], rows
.next:
    cmp dword [asked_for], 0
    je .run
    call is_asked_for
    test eax, eax
    jz .pass
.run:
    call run_row
.pass:
    add dword [row], ROW_SIZE
    cmp dword [row], rows_end
    jb .next
    ret

MULTIBOOT_COMMAND_LINE equ 1 << 2   ; a flag of the boot information, to which EBX points: it has one
BOOT_COMMAND_LINE   equ 16          ; where its address is

remember_command_line:
    mov dword [command_line], no_words
    test dword [ebx], MULTIBOOT_COMMAND_LINE
    jz .none
    mov eax, [ebx + BOOT_COMMAND_LINE]
    mov [command_line], eax
.none:
    ret

; eax = 1 if the command line has the name of the current row, else 0. Changes edi, edx, esi.
is_asked_for:
    mov edi, [row]
    mov edi, [edi + ROW_NAME_WORD]
    mov esi, [command_line]
    jmp has_word

; The current row: in a world as it should be, with interrupts off; its result to its place and to the console.
; A row returns its result in eax. If it faults, that is the result: see `caught` in world.inc.
run_row:
    mov [row_stack], esp
    mov eax, [row]
    call [eax + ROW_CODE]
row_done:
    mov esp, [row_stack]
    mov edi, eax
    call restore_world
    mov ebx, [row]
    mov eax, [ebx + ROW_RESULT]
    mov [eax], edi
    mov esi, [ebx + ROW_TEXT]
    call serial_puts
    SAY " = "
    mov eax, edi
    call serial_hex
    mov al, 10
    jmp serial_putc
