; A paravirtual guest that lies. Each hypercall below asks for what no guest may have; the line says what the VMM answered.
;
; ENDING = 1..4 chooses the last thing it does, for which the VMM ends it: return to ring 0, an exception on a stack that
; is not mapped, an exception without a handler, a stack segment that is none.

bits 32
%include "common/guest.inc"
%include "common/paravirt/paging.inc"

UPDATE_DESCRIPTOR   equ 10
MULTICALL           equ 13
NO_FLUSH            equ 0

EFAULT              equ -14
EPERM               equ -1
EINVAL              equ -22
ENOSYS              equ -38

VMM                 equ 0xFC000000
VMM_CODE            equ 0xFF80      ; its code segment: not hard to guess
NOT_MAPPED          equ 0x20000000
PRESENT             equ 1
WRITABLE            equ 3
USER                equ 7
LARGE               equ 0x83

; ANSWER "what", expected: of the hypercall just made
%macro ANSWER 2
    mov edx, %2
    push eax
    push edx
    SAY %1
    pop edx
    pop eax
    call judge
%endmacro

; UPDATE entry, value: machine addresses
%macro UPDATE 2
    mov eax, %1
    mov [request], eax
    mov eax, %2
    mov [request + 8], eax
    HYPERCALL MMU_UPDATE, request, 1, 0, DOMAIN_SELF
%endmacro

; OPERATE command, frame number
%macro OPERATE 2
    mov dword [operation], %1
    mov eax, %2
    mov [operation + 4], eax
    HYPERCALL MMUEXT_OP, operation, 1, 0, DOMAIN_SELF
%endmacro

; MACHINE register, address / frame number of a page of ours
%macro MACHINE 2
    mov %1, %2
    add %1, [machine_base]
%endmacro
%macro MACHINE_FRAME 2
    MACHINE %1, %2
    shr %1, 12
%endmacro

section .text

judge:
    cmp eax, edx
    jne .wrong
    SAY ": refused", 10
    ret
.wrong:
    SAY ": WRONG, "
    call serial_hex
    SAY 10
    ret

; COMPARE_STUB number, bytes, how many
%macro COMPARE_STUB 3
    mov esi, hypercall_page + 32 * %1
    mov edi, %2
    mov ecx, %3
    repe cmpsb
    jne %%differs
    SAY "stub as Xen's", 10
%%differs:
%endmacro

main:
    cld
    COMPARE_STUB MMU_UPDATE, mmu_update_stub, 8
    COMPARE_STUB IRET_TO, iret_stub, 8

    ; ---- pointers
    HYPERCALL 55
    ANSWER "a hypercall that does not exist", ENOSYS
    HYPERCALL CONSOLE_IO, CONSOLE_WRITE, 16, VMM + 0x100000
    ANSWER "print the VMM's memory", EFAULT
    HYPERCALL CONSOLE_IO, CONSOLE_WRITE, 16, NOT_MAPPED
    ANSWER "print what is not mapped", EFAULT
    HYPERCALL CONSOLE_IO, CONSOLE_WRITE, 0x40, 0xFFFFFFE0
    ANSWER "print around the end of the address space", EFAULT
    HYPERCALL EVENT_CHANNEL_OP, BIND_VIRQ, VMM
    ANSWER "have the answer written to the VMM", EFAULT
    HYPERCALL MMU_UPDATE, NOT_MAPPED, 1, 0, DOMAIN_SELF
    ANSWER "page-table updates from nowhere", EFAULT
    HYPERCALL MMU_UPDATE, request, 0, VMM, DOMAIN_SELF
    ANSWER "the count of updates written to the VMM", EFAULT
    HYPERCALL SET_TRAP_TABLE, NOT_MAPPED
    ANSWER "a trap table from nowhere", EFAULT
    HYPERCALL SET_TRAP_TABLE, ring_0_traps
    ANSWER "a handler in ring 0", EINVAL
    HYPERCALL SET_TRAP_TABLE, vmm_traps
    ANSWER "a handler inside the VMM", EINVAL
    HYPERCALL SET_TRAP_TABLE, gate_traps
    ANSWER "a direct gate to the VMM's code segment", EINVAL
    HYPERCALL SET_CALLBACKS, 0x08, on_event, KERNEL_CODE, on_event
    ANSWER "an event handler in ring 0", EINVAL
    HYPERCALL STACK_SWITCH, 0x10, stack_top
    ANSWER "a kernel stack of ring 0", EINVAL

    ; ---- page tables
    mov eax, [first_directory]
    mov eax, [eax]                  ; of the low 4 MiB
    and eax, 0xFFFFF000
    mov [table], eax
    add eax, 1023 * 4
    mov [slot], eax                 ; the last entry of this table: a page that we do not need
    UPDATE [slot], WRITABLE
    ANSWER "map host frame 0", EINVAL
    UPDATE [slot], 0x100000 | PRESENT
    ANSWER "map the VMM's code, only to read it", EINVAL
    mov ecx, [machine_base]
    add ecx, 0x1000000 + WRITABLE
    UPDATE [slot], ecx
    ANSWER "map what lies behind our memory", EINVAL
    mov ecx, [machine_base]
    xor ecx, 0x3000000              ; guest 0 lies at 1000000, guest 1 at 2000000
    or ecx, WRITABLE
    UPDATE [slot], ecx
    ANSWER "map the other guest's memory", EINVAL
    UPDATE [slot], 0xFFFFF000 | WRITABLE
    ANSWER "map the last frame of the address space", EINVAL
    mov ecx, [table]
    or ecx, WRITABLE
    UPDATE [slot], ecx
    ANSWER "map our page table writable", EINVAL
    MACHINE ecx, [first_directory]
    or ecx, WRITABLE
    UPDATE [slot], ecx
    ANSWER "map our page directory writable", EINVAL
    UPDATE 0x100000, WRITABLE
    ANSWER "write to the VMM as if it were a page table", EPERM
    MACHINE ecx, [first_directory]
    add ecx, 1008 * 4
    UPDATE ecx, 0
    ANSWER "unmap the VMM", EPERM
    MACHINE ecx, [first_directory]
    add ecx, 512 * 4
    UPDATE ecx, LARGE
    ANSWER "map 4 MiB of host memory at once", EINVAL
    MACHINE ecx, [first_directory]
    add ecx, 512 * 4
    UPDATE ecx, 0x100000 | USER
    ANSWER "a page table in the VMM's memory", EINVAL
    MACHINE edx, page
    or edx, USER
    MACHINE ecx, [first_directory]
    add ecx, 512 * 4
    UPDATE ecx, edx
    ANSWER "a page table that we can write to", EINVAL
    mov dword [request + 4], 1
    UPDATE [slot], 0
    mov dword [request + 4], 0
    ANSWER "an entry above 4 GiB", EINVAL
    HYPERCALL MMU_UPDATE, request, 1, 0, 0
    ANSWER "another domain's page tables", EPERM
    HYPERCALL UPDATE_VA_MAPPING, VMM + 0x100000, 0, NO_FLUSH
    ANSWER "the entry that maps the VMM", EINVAL
    OPERATE NEW_BASEPTR, 0x100
    ANSWER "CR3 := the VMM", EINVAL
    MACHINE_FRAME eax, page
    OPERATE NEW_BASEPTR, eax
    ANSWER "CR3 := a page that we can write to", EINVAL
    MACHINE_FRAME eax, page
    OPERATE PIN_L1_TABLE, eax
    ANSWER "pin a page that we can write to", EINVAL
    mov dword [page], 0x100000 | WRITABLE
    mov eax, page
    call make_page_read_only
    MACHINE_FRAME eax, page
    OPERATE PIN_L1_TABLE, eax
    ANSWER "pin a table that maps the VMM", EINVAL
    mov eax, shared_info            ; the VMM writes to it: no page table
    call make_page_read_only
    MACHINE_FRAME eax, shared_info
    OPERATE PIN_L1_TABLE, eax
    ANSWER "pin the shared page", EINVAL
    MACHINE ecx, shared_info
    or ecx, WRITABLE
    HYPERCALL UPDATE_VA_MAPPING, shared_info, ecx, FLUSH_PAGE
    MUST_SUCCEED
    OPERATE PIN_L1_TABLE, 0xFFFFF
    ANSWER "pin a frame that does not exist", EINVAL

    ; ---- segments
    MACHINE_FRAME eax, page_2
    mov [frame_list], eax
    HYPERCALL SET_GDT, frame_list, 8
    ANSWER "a GDT that we can write to", EINVAL
    mov dword [page_2], 0xBFFF      ; up to the VMM, but DPL 0
    mov dword [page_2 + 4], 0x00CF9A00
    mov eax, page_2
    call make_page_read_only
    HYPERCALL SET_GDT, frame_list, 8
    ANSWER "a GDT with a code segment of DPL 0", EINVAL
    mov dword [page_3], 0xFFFF      ; DPL 1, 4 GiB
    mov dword [page_3 + 4], 0x00CFB200
    mov eax, page_3
    call make_page_read_only
    MACHINE_FRAME eax, page_3
    mov [frame_list], eax
    HYPERCALL SET_GDT, frame_list, 8
    ANSWER "a GDT with a segment that reaches the VMM", EINVAL
    mov dword [frame_list], 0x100
    HYPERCALL SET_GDT, frame_list, 8
    ANSWER "a GDT in the VMM's memory", EINVAL
    HYPERCALL SET_GDT, frame_list, 0x100000
    ANSWER "a GDT of a million entries", EINVAL
    HYPERCALL SET_GDT, VMM, 8
    ANSWER "a GDT's frames listed in the VMM's memory", EFAULT
    MACHINE eax, gdt + 8
    HYPERCALL UPDATE_DESCRIPTOR, eax, 0, 0x0000BFFF, 0x00CF9A00
    ANSWER "a descriptor of DPL 0", EINVAL
    MACHINE eax, gdt + 8
    HYPERCALL UPDATE_DESCRIPTOR, eax, 0, 0x0000BFFF, 0x00CFB600
    ANSWER "a segment that expands down to the VMM", EINVAL
    MACHINE eax, gdt + 8
    HYPERCALL UPDATE_DESCRIPTOR, eax, 0, 0x00080000, 0x0000EC00
    ANSWER "a call gate", EINVAL
    HYPERCALL UPDATE_DESCRIPTOR, 0x100000, 0, 0, 0
    ANSWER "a descriptor in the VMM's memory", EINVAL

    ; ---- others
    HYPERCALL MULTICALL, calls, 1
    mov eax, [calls + 4]
    ANSWER "iret among several calls", ENOSYS
    HYPERCALL MULTICALL, VMM, 1
    ANSWER "several calls listed in the VMM", EFAULT
    HYPERCALL EVENT_CHANNEL_OP, 4, port_5
    ANSWER "an event for a port that is not ours", EINVAL

    ; ---- what the hardware refuses
    HYPERCALL SET_TRAP_TABLE, traps
    MUST_SUCCEED
    mov dword [expected_vector], 14
    mov eax, [table]
    sub eax, [machine_base]
    mov dword [resume], .after_write
    mov dword [eax], 0
    SAY "a write to our page table: WRONG", 10
.after_write:
    mov esp, stack_top - 64
    SAY "a write to our page table: faulted", 10
    mov dword [expected_vector], 13
    mov dword [resume], .after_lgdt
    lgdt [stack_top - 16]
    SAY "LGDT: WRONG", 10
.after_lgdt:
    mov esp, stack_top - 64
    SAY "LGDT: faulted", 10

%ifdef LIMITS                       ; not on QEMU, which does not check segment limits
    mov dword [resume], .after_vmm_write
    mov dword [VMM + 0x100000], 0
    SAY "a write to the VMM: WRONG", 10
.after_vmm_write:
    mov esp, stack_top - 64
    SAY "a write to the VMM: faulted", 10
%endif

    MACHINE ecx, user_page          ; ring 3: may it make hypercalls?
    or ecx, USER
    HYPERCALL UPDATE_VA_MAPPING, user_page, ecx, FLUSH_PAGE
    MUST_SUCCEED
    HYPERCALL STACK_SWITCH, KERNEL_DATA, stack_top - 64
    MUST_SUCCEED
    mov dword [resume], .after_user
    push dword USER_DATA
    push dword user_page + PAGE_SIZE
    push dword 0x202
    push dword USER_CODE
    push dword user_page
    RETURN_FROM_TRAP
.after_user:
    SAY "a hypercall from ring 3: faulted", 10

%if ENDING = 1
    pushf
    push dword 0x08
    push dword main
    RETURN_FROM_TRAP
%elif ENDING = 2
    mov esp, NOT_MAPPED
    lgdt [page]
%elif ENDING = 3
    ud2
%else
    push dword 0
    push dword stack_top
    push dword 0x202
    push dword USER_CODE
    push dword user_page
    RETURN_FROM_TRAP
%endif
    SAY "still alive: WRONG", 10
    ret

; The handlers of the two exceptions: on to `resume`, if it is the one expected.
on_page_fault:
    mov ecx, 14
    jmp continue
on_protection:
    mov ecx, 13
continue:
    mov eax, KERNEL_DATA            ; in ring 3 they were null
    mov ds, eax
    mov es, eax
    cmp ecx, [expected_vector]
    jne .unexpected
    jmp [resume]
.unexpected:
    SAY "an exception that was not expected: WRONG", 10
    EXIT 2

section .data
align 4
traps:
    db 13, 4
    dw KERNEL_CODE
    dd on_protection
    db 14, 4
    dw KERNEL_CODE
    dd on_page_fault
    dd 0, 0
ring_0_traps:
    db 13, 0
    dw 0x08
    dd on_protection
    dd 0, 0
vmm_traps:
    db 13, 0
    dw KERNEL_CODE
    dd VMM
    dd 0, 0
gate_traps:
    db 0x80, 3
    dw VMM_CODE | 1                 ; the RPL of a gate's selector counts for nothing
    dd 0x1000
    dd 0, 0
mmu_update_stub: db 0xB8, 1, 0, 0, 0, 0xCD, 0x82, 0xC3      ; mov eax, 1; int 0x82; ret
iret_stub: db 0x50, 0xB8, 23, 0, 0, 0, 0xCD, 0x82           ; push eax; mov eax, 23; int 0x82
calls:
    dd IRET_TO, 0
    times 6 dd 0
port_5: dd 5
expected_vector: dd 0
resume: dd 0
frame_list: dd 0
request: dd 0, 0, 0, 0
table: dd 0
slot: dd 0

align PAGE_SIZE
user_page:
    mov eax, XEN_VERSION
    int 0x82
    hlt
align PAGE_SIZE, db 0

section .bss
alignb PAGE_SIZE
page: resb PAGE_SIZE
page_2: resb PAGE_SIZE
page_3: resb PAGE_SIZE
