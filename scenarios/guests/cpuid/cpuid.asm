; cpuid: what does the processor say it is?
;
; CPUID runs in every ring (SDM 2A "CPUID"): a VMM without hardware help cannot change the answer, and with VMX it always
; leaves the guest. Not sensitive in Popek and Goldberg's sense, but every VMM would like to have a word in it. Only facts
; that hold on every processor we run on are stored.

bits 32
%include "common/guest.inc"

EFLAGS_ID           equ 1 << 21
EFLAGS_ID_BIT       equ 21
FEATURE_PSE_BIT     equ 3

section .text
main:
    pushf                           ; CPUID exists if EFLAGS.ID can be changed, which is no privilege
    pop eax
    mov edx, eax
    xor eax, EFLAGS_ID
    push eax
    popf
    pushf
    pop eax
    xor eax, edx
    shr eax, EFLAGS_ID_BIT
    and eax, 1
    mov [observations.id_flag_changes], eax

    xor eax, eax
    PROBE "cpuid"
    cpuid                           ; leaf 0: the highest leaf, and the vendor in EBX, EDX, ECX
    mov [vendor], ebx
    mov [vendor + 4], edx
    mov [vendor + 8], ecx
    cmp eax, 1
    setae [observations.has_leaf_1]

    mov ecx, 11                     ; a vendor's name is twelve printable characters
.check:
    mov al, [vendor + ecx]
    sub al, 0x20
    cmp al, 0x7F - 0x20
    jae .not_printable
    dec ecx
    jns .check
    mov dword [observations.vendor_is_text], 1
.not_printable:

    mov eax, 1
    cpuid                           ; leaf 1: features
    shr edx, FEATURE_PSE_BIT
    and edx, 1
    mov [observations.has_4mib_pages], edx

    REPORT "ID flag changes", [observations.id_flag_changes]
    REPORT "leaf 1 exists", [observations.has_leaf_1]
    REPORT "vendor is text", [observations.vendor_is_text]
    REPORT "4 MiB pages", [observations.has_4mib_pages]
    ret

section .data
align 4
vendor:             times 12 db 0
observations:
.id_flag_changes:   dd 0
.has_leaf_1:        dd 0
.vendor_is_text:    dd 0
.has_4mib_pages:    dd 0
.end:
