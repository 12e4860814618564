; A guest that goes for the VMM that it believes to have above it. Each attack must end in a fault. (It is
; built like a native guest, but on the bare machine there is nothing to attack.)

bits 32
%include "common/guest.inc"

VMM                 equ 0xFC000000
VMM_CODE            equ 0xFF80      ; selectors that are not hard to guess
VMM_DATA            equ 0xFF88
CACHE_CODE          equ 0xFFA8
CACHE_DATA          equ 0xFFB0
CALLOUT_VECTOR      equ 0xF0
OWN_SEGMENT         equ 0x30

; ATTACK "what", label: until SURVIVED, a fault is good and goes on at the label.
%macro ATTACK 2
    SAY %1
    mov [attack_esp], esp
    mov dword [attack_end], %2
%endmacro
%macro SURVIVED 0
    call survived
%endmacro

section .bss
attack_esp: resd 1
attack_end: resd 1
alignb 16
own_gdt:    resb 64
ring_3_stack:
            resb 256
ring_3_top:

section .data
align 4
own_gdt_pointer:
    dw 7 * 8 - 1
    dd own_gdt

section .text
survived:
    SAY ": WRONG", 10
    ret

faulted:
    mov eax, KERNEL_DATA
    mov ds, eax
    mov es, eax
    mov esp, [attack_esp]
    SAY ": faulted", 10
    jmp [attack_end]

main:
    SET_GATE 12, faulted, GATE_KERNEL
    SET_GATE 13, faulted, GATE_KERNEL
    SET_GATE 14, faulted, GATE_KERNEL

    ATTACK "a read of the VMM", .write
    mov eax, [VMM + 0x100000]
    SURVIVED
.write:
    ATTACK "a write to the VMM", .gs
    mov dword [VMM + 0x100000], 0
    SURVIVED
.gs:
    ATTACK "a write through gs", .fs
    mov ebx, VMM + 0x100000
    mov dword [gs:ebx], 0
    SURVIVED
.fs:
    ATTACK "a write through fs", .stack
    mov dword [fs:ebx], 0
    SURVIVED
.stack:
    ATTACK "a write through ss", .table
    mov ebp, VMM + 0x100000
    mov dword [ebp], 0
    SURVIVED
.table:
    ATTACK "sgdt to the VMM", .selectors
    sgdt [VMM + 0x100000]
    SURVIVED
.selectors:
    mov esi, .list
.next:
    push esi
    ATTACK "a segment of the VMM's", .refused
    mov esi, [esp]
    mov eax, [esi]
    mov es, eax
    SURVIVED
.refused:
    pop esi
    add esi, 4
    cmp esi, .list_end
    jb .next

    ATTACK "code of the VMM's", .own
    jmp VMM_CODE:VMM + 0x100000
.own:
    mov esi, gdt
    mov edi, own_gdt
    mov ecx, gdt.end - gdt
    cld
    rep movsb
    mov dword [own_gdt + OWN_SEGMENT], 0x0000FFFF       ; from FB000000 on, for 4 GiB
    mov dword [own_gdt + OWN_SEGMENT + 4], 0xFBCF9200
    lgdt [own_gdt_pointer]
    ATTACK "a segment of its own", .ring_3
    mov eax, OWN_SEGMENT
    mov es, eax
    mov dword [es:0x1100000], 0
    SURVIVED
.ring_3:
    mov eax, stack_top
    lgdt [gdt_pointer]
    call task_state_init
    mov eax, TASK_STATE
    ltr ax
    ATTACK "a call from ring 3", .fetch
    push dword USER_DATA
    push dword ring_3_top
    push dword 2
    push dword USER_CODE
    push dword .in_ring_3
    iret
.in_ring_3:
    int CALLOUT_VECTOR
    jmp .in_ring_3
.fetch:
%ifdef JUMP_FAULTS                      ; else the VMM ends us here
    ATTACK "a jump to the VMM", .end
%endif
    mov eax, VMM + 0x100000
    jmp eax
.end:
    EXIT 0
section .data
align 4
.list:      dd VMM_CODE, VMM_DATA, VMM_DATA | 1, CACHE_CODE, CACHE_CODE | 1, CACHE_DATA, CACHE_DATA | 1
.list_end:
observations:
.end:
