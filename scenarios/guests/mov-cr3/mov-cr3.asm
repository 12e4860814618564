; mov-cr3: does the page table I name take effect?
;
; MOV to and from CR3 is privileged (SDM 2B "MOV - Move to/from Control Registers"): it always traps in ring 1. But a VMM
; must not load what the guest gave it: it loads a shadow with the same meaning, and answers questions with the guest's own.

bits 32
%include "common/guest.inc"

PAGE                equ 4096
PRESENT_WRITABLE    equ 3
CR0_PG              equ 0x80000000
WINDOW              equ 0x00400000  ; linear address that each page directory maps elsewhere

%ifdef PARAVIRT
%include "mov-cr3/paravirt.inc"
%else

section .text
; MAP entry, what: the page-table or directory entry points to what, with all rights of ring 0. Changes eax.
%macro MAP 2
    mov eax, %2
    or eax, PRESENT_WRITABLE
    mov [%1], eax
%endmacro

; The low 4 MiB stay where they are. Changes eax, ecx, edx.
map_kernel:
    mov ecx, 1023
.identity:
    mov edx, ecx
    shl edx, 12
    MAP low_table + ecx * 4, edx
    dec ecx
    jns .identity
    MAP directory_1, low_table
    MAP directory_2, low_table
    ret

%macro TABLES_READY 0
%endmacro

%macro PAGING_ON 0
    mov eax, cr0
    or eax, CR0_PG
    mov cr0, eax
%endmacro

%macro WRITE_CR3 1
    mov cr3, %1
%endmacro

%macro READ_CR3 1
    mov %1, cr3
%endmacro

%endif

section .text
main:
    call map_kernel                 ; in both address spaces
    MAP directory_1 + 4, window_table_1
    MAP window_table_1, page_1
    MAP directory_2 + 4, window_table_2
    MAP window_table_2, page_2
    mov dword [page_1], 0x11111111
    mov dword [page_2], 0x22222222
    TABLES_READY

    mov eax, directory_1
    WRITE_CR3 eax
    PAGING_ON
    mov eax, [WINDOW]
    mov [observations.through_first], eax

    PROBE "mov-cr3"
    mov eax, directory_2
    WRITE_CR3 eax                   ; this also drops the old translations
    mov eax, [WINDOW]
    mov [observations.through_second], eax

    READ_CR3 ecx
    xor eax, eax
    cmp ecx, directory_2
    sete al
    mov [observations.cr3_is_mine], eax

    REPORT "through the first directory", [observations.through_first]
    REPORT "through the second", [observations.through_second]
    REPORT "CR3 reads back", [observations.cr3_is_mine]
    ret

section .data
align 4
observations:
.through_first:     dd 0
.through_second:    dd 0
.cr3_is_mine:       dd 0
.end:

section .bss
alignb PAGE
directory_1:        resb PAGE
directory_2:        resb PAGE
low_table:          resb PAGE
window_table_1:     resb PAGE
window_table_2:     resb PAGE
page_1:             resb PAGE
page_2:             resb PAGE
