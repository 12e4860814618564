; Paging as software sees it, and faults on the way to faults: 32-bit paging, topic by topic. Each line is a
; check: what was tried and how it ended.
;
;   linear 0 … 4 MiB    as they are, for every ring
;   WINDOW              4 MiB through the table `window`: pages that the checks map
;   LARGE               4 MiB through one directory entry

%include "harness.inc"

WINDOW_PDE          equ 2
LARGE_PDE           equ 3
WINDOW              equ WINDOW_PDE << 22
LARGE               equ LARGE_PDE << 22
%define PAGE(n)     (WINDOW + ((n) << 12))

; SDM 3A "32-Bit Paging".
PG_P                equ 1
PG_W                equ 1 << 1
PG_U                equ 1 << 2
PG_A                equ 1 << 5
PG_D                equ 1 << 6
PG_PS               equ 1 << 7
PG_RESERVED         equ 1 << 21     ; of an entry for 4 MBytes
CR0_WP              equ 1 << 16
CR0_PG              equ 1 << 31
CR4_PSE             equ 1 << 4

; MAP page of the window, entry
%macro MAP 2
    mov dword [window + 4 * (%1)], %2
    invlpg [PAGE(%1)]
%endmacro

section .bss
alignb 4096
directory:  resb 4096
low_table:  resb 4096
window:     resb 4096
frame_a:    resb 4096
frame_b:    resb 4096

%include "topics/page_faults.inc"
%include "topics/accessed_dirty.inc"
%include "topics/double_faults.inc"

section .text
global start
start:
    mov esp, stack_top
    call serial_init
    call harness_init
    call paging_on
    call topic_page_faults
    call topic_accessed_dirty
    call topic_double_faults
    SAY "--- checks "
    mov eax, [checks]
    call serial_hex
    SAY ", wrong "
    mov eax, [wrongs]
    call serial_hex
    SAY 10
    EXIT [wrongs]

paging_on:
    mov edi, low_table
    mov eax, PG_P | PG_W | PG_U
.next:
    stosd
    add eax, 4096
    cmp edi, low_table + 4096
    jne .next
    mov dword [directory], low_table + PG_P + PG_W + PG_U
    mov dword [directory + 4 * WINDOW_PDE], window + PG_P + PG_W + PG_U
    mov eax, directory
    mov cr3, eax
    mov eax, cr0
    or eax, CR0_PG | CR0_WP
    mov cr0, eax
    ret

flush:
    mov eax, cr3
    mov cr3, eax
    ret
