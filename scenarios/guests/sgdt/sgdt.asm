; sgdt: whose descriptor tables are in use? SGDT, SIDT and SLDT tell, in every ring.
;
; LGDT, LIDT and LLDT are privileged, but the instructions that read the registers back are not (SDM 2B "SGDT", "SIDT",
; "SLDT"): without UMIP they show the VMM's tables to a kernel that has just loaded its own.

bits 32
%include "common/guest.inc"

; COMPARE where, field, expected: stores 1 to observations.field if the dword at `where` is the expected one.
%macro COMPARE 3
    xor eax, eax
    cmp dword [%1], %3
    sete al
    mov [observations.%2], eax
%endmacro

section .text
main:
    PROBE "sgdt"
    sgdt [seen]
    movzx eax, word [seen]
    mov [observations.gdt_limit], eax
    COMPARE seen + 2, gdt_is_mine, gdt

    sidt [seen]
    COMPARE seen + 2, idt_is_mine, idt

    xor eax, eax                    ; no local descriptor table
    lldt ax
    sldt eax
    mov [observations.ldt_selector], eax

    REPORT "GDT limit", [observations.gdt_limit]
    REPORT "GDT is mine", [observations.gdt_is_mine]
    REPORT "IDT is mine", [observations.idt_is_mine]
    REPORT "LDT selector", [observations.ldt_selector]
    ret

section .data
align 4
seen:               dw 0            ; limit
                    dd 0            ; base
align 4
observations:
.gdt_limit:         dd 0
.gdt_is_mine:       dd 0
.idt_is_mine:       dd 0
.ldt_selector:      dd 0
.end:
