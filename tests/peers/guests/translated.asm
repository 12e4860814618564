; What is hard for a binary translator: every way to branch, every place to fault, code that changes
; under it, interrupts at every instruction, more code than its cache holds. The text that this guest
; prints must be the same natively.

bits 32
%include "common/guest.inc"
%include "common/tick.inc"

PIT_ONCE            equ 0x30            ; channel 0, both bytes, mode 0: once, at the end of the count
MANY                equ 0x6000          ; bytes of functions, of four bytes each
STORM_COUNT         equ 600             ; timer input cycles: an interrupt every half millisecond
PAGE                equ 0x1000
PRESENT_WRITABLE    equ 3
EFLAGS_DF           equ 0x400
EFLAGS_IOPL         equ 0x3000
CR0_PAGING          equ 0x80000000
CODE_ALIAS          equ 0x00700000      ; linear: mapped to `patched` too
ABSENT              equ 0x00600000      ; linear: mapped to `spare` when it is touched
BEFORE_ABSENT       equ (ABSENT >> 12 & 1023) * 4 - 4    ; page table entry of the page before it
BELOW               equ 0x00300000      ; a free page

; CHECK "what", value: prints it. Keeps every register.
%macro CHECK 2
    pushad
    mov eax, %2
    mov [shown], eax
    REPORT %1, [shown]
    popad
%endmacro

; EXPECT_FAULT vector, resume: the next exception of this vector is recorded and goes on at `resume`.
%macro EXPECT_FAULT 2
    mov dword [fault_resume], %2
    SET_GATE %1, on_fault_%1, GATE_KERNEL
%endmacro

section .bss
shown:          resd 1
fault_resume:   resd 1
fault_eip:      resd 1
fault_esp:      resd 1
fault_code:     resd 1
faults:         resd 1
saved_esp:      resd 1
pointer:        resd 2
counter:        resd 1
alignb 4096
page_directory: resb PAGE
page_table_0:   resb PAGE               ; linear 0 to 4 MiB
page_table_1:   resb PAGE               ; linear 4 to 8 MiB
spare:          resb PAGE
patched:        resb PAGE
many:           resb MANY               ; many small functions

section .text
main:
    call branches
    call loops
    call segments
    call kernel_faults
    call flags_images
    call shadows
    call own_code
    call paging_on
    call page_faults
    call remapped_code
    call too_much_code
    call storm
    ret

; ---- control flow

branches:
    xor ebx, ebx
    call add_one
    mov eax, add_two
    call eax
    mov dword [pointer], add_four
    call [pointer]
    mov ecx, 1
    call [.table + ecx * 4]
    push 5
    push 6
    call drop_arguments
    call .next                          ; the return address is the guest's
.next:
    pop eax
    sub eax, .next
    CHECK "return address off by", eax
    mov eax, .jumped
    push eax
    ret                                 ; a jump
.jumped:
    mov dword [pointer], .through_memory
    jmp [pointer]
.through_memory:
    mov ecx, 0
    jmp [.jumps + ecx * 4]
.end:
    mov ecx, esp
    call KERNEL_CODE:far_function
    mov dword [pointer], far_function
    mov dword [pointer + 4], KERNEL_CODE
    call far [pointer]
    sub ecx, esp
    CHECK "stack off by", ecx
    CHECK "branches", ebx
    ret
section .data
.table:     dd 0, add_eight
.jumps:     dd .end
section .text

add_one:    add ebx, 1
            ret
add_two:    add ebx, 2
            ret
add_four:   add ebx, 4
            ret
add_eight:  add ebx, 8
            ret
drop_arguments:
            add ebx, [esp + 8]
            add ebx, [esp + 4]
            ret 8
far_function:
            add ebx, 0x100
            retf

loops:
    xor ebx, ebx
    mov ecx, 10
.loop:
    inc ebx
    loop .loop
    mov ecx, 7
.loopne:
    inc ebx
    cmp ebx, 13
    loopne .loopne
    CHECK "loopne left", ecx
    mov ecx, 5
    xor eax, eax
.loope:
    inc ebx
    cmp eax, 0
    loope .loope
    mov ecx, 0x10000
    jcxz .cx_is_zero
    mov ebx, 0
.cx_is_zero:
    jecxz .wrong
    stc
    mov ecx, 0
    jecxz .zero
.wrong:
    mov ebx, -1
.zero:
    adc ebx, 0                          ; the carry has come through
    CHECK "loops", ebx
    ret

; ---- segments that the translator needs for itself

segments:
    mov eax, gdt
    mov esi, eax
    mov edi, larger_gdt
    mov ecx, gdt.end - gdt
    rep movsb
    mov eax, values
    mov [larger_gdt.based + 2], ax
    shr eax, 16
    mov [larger_gdt.based + 4], al
    mov [larger_gdt.based + 7], ah
    lgdt [larger_gdt_pointer]
    mov eax, BASED_DATA
    mov gs, eax
    mov fs, eax
    mov ebx, [gs:4]
    add ebx, [fs:8]
    add ebx, [cs:values + 12]
    mov ecx, 4
    gs inc dword [ecx]
    add ebx, [gs:ecx]
    push ebx
    xor eax, eax
    mov ebx, xlat_table
    mov al, 2
    cs xlatb
    pop ebx
    add ebx, eax
    mov esi, 4
    cld
    gs lodsd
    add ebx, eax
    CHECK "through gs, fs and cs", ebx
    mov dword [values + 16], through_gs
    mov ecx, 16
    call [gs:ecx]
    EXPECT_FAULT 13, .no_segment
    xor eax, eax
    mov gs, eax
    mov ecx, 0x55
    inc dword [gs:ecx]                  ; a null selector
.no_segment:
    CHECK "null gs: error code", [fault_code]
    mov eax, fs                         ; borrowed, and given back
    CHECK "fs", eax
    mov eax, gs
    CHECK "gs", eax
    push cs
    pop eax
    movzx eax, ax                       ; the upper half of what was pushed is undefined
    CHECK "cs", eax
    mov eax, ss
    CHECK "ss", eax
    push fs
    pop gs
    mov eax, BASED_DATA
    lar ebx, eax
    and ebx, 0xF0FF00                   ; bits 19:16 are undefined
    CHECK "lar", ebx
    lsl ebx, eax
    CHECK "lsl", ebx
    xor ebx, ebx
    mov ax, KERNEL_CODE
    verw ax
    setz bl
    verr ax
    setz bh
    CHECK "verw, verr", ebx
    lgdt [gdt_pointer]
    mov eax, KERNEL_DATA
    mov fs, eax
    mov gs, eax
    ret
section .data
BASED_DATA          equ 0x30
align 8
larger_gdt:
    times 6 dq 0
.based:
    dq 0x0040920000000FFF               ; data, DPL 0; the base is `values`
.end:
larger_gdt_pointer:
    dw larger_gdt.end - larger_gdt - 1
    dd larger_gdt
values:     dd 1, 20, 300, 4000, 0
xlat_table: db 0, 0, 7
section .text

through_gs:
    inc ebx
    CHECK "called through gs", ebx
    ret

; ---- exceptions in the middle of blocks

; Records where, and goes on at fault_resume. %1 vector, %2 whether there is an error code.
%macro FAULT_HANDLER 2
on_fault_%1:
%if %2
    pop dword [fault_code]
%endif
    push eax
    inc dword [faults]
    mov eax, [esp + 4]
    mov [fault_eip], eax
    mov [fault_esp], esp
    mov eax, [fault_resume]
    mov [esp + 4], eax
    pop eax
    iret
%endmacro
FAULT_HANDLER 0, 0
FAULT_HANDLER 3, 0
FAULT_HANDLER 4, 0
FAULT_HANDLER 5, 0
FAULT_HANDLER 6, 0
FAULT_HANDLER 13, 1

; REPORT_FAULT "what", address: the distance of the recorded EIP from it.
%macro REPORT_FAULT 2
    mov eax, [fault_eip]
    sub eax, %2
    CHECK %1, eax
%endmacro

kernel_faults:
    EXPECT_FAULT 0, .after_divide
    mov eax, 77
    xor edx, edx
    xor ecx, ecx
    inc edx
.divide:
    div ecx
    mov edx, 99
.after_divide:
    push eax
    CHECK "edx at division by zero", edx
    REPORT_FAULT "division by zero off by", .divide
    pop eax
    CHECK "eax then", eax

    EXPECT_FAULT 6, .after_undefined
    nop
.undefined:
    ud2
.after_undefined:
    REPORT_FAULT "ud2 off by", .undefined

    EXPECT_FAULT 3, .after_breakpoint
    nop
    int3
.after_breakpoint:
    REPORT_FAULT "int3 off by", .after_breakpoint

    EXPECT_FAULT 4, .after_overflow
    mov al, 127
    inc eax
    add al, 127
    into                                ; OF = 0: nothing
    mov al, 127
    add al, 1
    into
.after_overflow:
    REPORT_FAULT "into off by", .after_overflow

    EXPECT_FAULT 5, .after_bound
    mov eax, 9
.bound:
    bound eax, [.limits]
.after_bound:
    REPORT_FAULT "bound off by", .bound

    EXPECT_FAULT 13, .after_selector
    mov eax, 0x7FF8
.selector:
    mov ds, eax
.after_selector:
    REPORT_FAULT "bad selector off by", .selector
    CHECK "error code", [fault_code]

    EXPECT_FAULT 13, .after_hidden
    mov eax, 0xFF80 | 1                 ; a selector that a VMM may have
.hidden:
    mov es, eax
.after_hidden:
    REPORT_FAULT "foreign selector off by", .hidden
    CHECK "error code", [fault_code]

    EXPECT_FAULT 13, .after_long
    mov ecx, 3
.long:
    times 15 db 0x66
    nop
.after_long:
    REPORT_FAULT "sixteen bytes off by", .long

    mov dword [fault_resume], .after_int
    SET_GATE 0x55, on_fault_3, GATE_KERNEL
    int 0x55
.after_int:
    REPORT_FAULT "int off by", .after_int
    CHECK "faults", [faults]
    ret
section .data
.limits:    dd 1, 8
section .text

; ---- EFLAGS as PUSHF and POPF see them

flags_images:
    cli
    push 0xCD7                          ; every arithmetic flag and DF
    popf
    pushf
    cld
    pop ebx
    CHECK "flags, IF = 0", ebx
    push 0x2D7
    popf
    pushf
    pop ebx
    cli
    CHECK "flags, IF = 1", ebx
    push 0x3002
    popf
    pushf
    pop ebx
    CHECK "flags, IOPL = 3", ebx
    push 0x3202
    popf
    pushf
    cli
    pop ebx
    CHECK "flags, IOPL = 3, IF = 1", ebx
    push 0x4002
    popf
    pushf
    pop ebx
    CHECK "flags, NT", ebx
    push 2
    popf
    xor ebx, ebx
    o16 pushf
    pop bx
    CHECK "flags, 16 bits", ebx
    o16 push word 0x241
    o16 popf
    pushf
    pop ebx
    cli
    CHECK "flags, 16 bits popped", ebx
    mov edx, 0xFFFFFFFF                 ; the flags survive what cli and sti become
    add edx, 1
    cli
    sti
    cli
    pushf
    pop ebx
    CHECK "flags through sti and cli", ebx
    mov ecx, 0x12345678
    mov eax, 0x87654321
    pushf
    popf
    sti
    cli
    CHECK "ecx", ecx
    ret

; ---- what STI, MOV SS and POPF do to a waiting interrupt

; One request of the timer, and no more: takes what still waits, then waits with IF = 0 until a new
; one waits in the interrupt controller.
wait_for_request:
    OUT_BYTE PIT_MODE, PIT_ONCE         ; mode 0 has begun, the count has not: silence
    sti
    nop
    cli
    OUT_BYTE PIT_CHANNEL_0, 100
    OUT_BYTE PIT_CHANNEL_0, 0
    mov ecx, WAIT_ROUNDS
.again:
    mov al, 0x0A                        ; OCW3: read the requests
    out PIC_MASTER, al
    in al, PIC_MASTER
    test al, 1
    jnz .there
    dec ecx
    jnz .again
    SAY "no request came", 10
.there:
    mov dword [ticks], 0
    ret

shadows:
    cli
    call tick_init
    call wait_for_request
    sti
    cli
    CHECK "ticks: sti, cli", [ticks]
    call wait_for_request
    sti
    nop
    cli
    CHECK "ticks: sti, nop, cli", [ticks]
    call wait_for_request
    call .sti_and_return
    cli
    CHECK "ticks: sti, ret, cli", [ticks]
    call wait_for_request
    sti
    jmp .jumped
.jumped:
    cli
    CHECK "ticks: sti, jmp, cli", [ticks]
    call wait_for_request
    push 0x202
    popf
    cli
    CHECK "ticks: popf, cli", [ticks]
    call wait_for_request
    mov eax, ss
    push 0x202
    popf                                ; takes it
    mov ss, eax
    cli
    CHECK "ticks: popf, mov ss, cli", [ticks]
    call wait_for_request
    sti
    mov ecx, [ticks]                    ; the one in the shadow
    mov edx, [ticks]
    cli
    sub edx, ecx
    CHECK "ticks in the shadow", ecx
    CHECK "ticks after it", edx
    call wait_for_request
    sti
    hlt
    cli
    CHECK "ticks: sti, hlt", [ticks]
    OUT_BYTE PIC_MASTER_DATA, 0xFF
    ret
.sti_and_return:
    sti
    ret


; ---- code that changes

own_code:
    xor ebx, ebx
    mov ecx, 50
.next:
    mov [.immediate + 1], ecx           ; the instruction right behind, in the same block
.immediate:
    mov eax, 0
    add ebx, eax
    dec ecx
    jnz .next
    CHECK "changed its own block", ebx

    mov dword [patched], 0xC3C3C3C3     ; ret
    call patched
    xor ebx, ebx
    mov ecx, 20
.rewrite:
    mov byte [patched], 0x83            ; add ebx, imm8; ret
    mov byte [patched + 1], 0xC3
    mov [patched + 2], cl
    mov byte [patched + 3], 0xC3
    mov eax, patched
    call eax
    dec ecx
    jnz .rewrite
    CHECK "rewrote a function", ebx

    mov esi, .template                  ; rep movsb over code that has run
    mov edi, patched
    mov ecx, .template_end - .template
    cld
    rep movsb
    xor ebx, ebx
    call patched
    CHECK "copied a function", ebx
    mov edi, patched                    ; a CPU, not a store, changes it: pushes onto it
    mov [saved_esp], esp
    lea esp, [patched + 8]
    push 0xC3C3C343                     ; inc ebx; ret
    pushf
    mov esp, [saved_esp]
    mov eax, [patched + 4]
    mov [patched], eax
    call patched
    CHECK "pushed a function", ebx
    ret
.template:
    inc ebx
    shl ebx, 4
    inc ebx
    ret
.template_end:

; ---- paging, and faults inside what one instruction becomes

paging_on:
    mov edi, page_table_0
    mov eax, PRESENT_WRITABLE
    mov ecx, 1024
.fill:
    stosd
    add eax, PAGE
    loop .fill
    mov eax, page_table_0
    or eax, PRESENT_WRITABLE
    mov [page_directory], eax
    mov eax, page_table_1
    or eax, PRESENT_WRITABLE
    mov [page_directory + 4], eax
    mov eax, page_directory
    mov cr3, eax
    mov eax, cr0
    or eax, CR0_PAGING
    mov cr0, eax
    jmp .on
.on:
    SET_GATE 14, on_page_fault, GATE_KERNEL
    mov eax, cr0
    shr eax, 31
    CHECK "paging", eax
    ret

; Notes where, what and with which registers; maps `spare` there; tries again.
on_page_fault:
    push eax
    push ebx
    mov eax, cr2
    mov [fault_esp], eax
    mov eax, [esp + 8]
    mov [fault_code], eax
    mov eax, [esp + 12]
    mov [fault_eip], eax
    inc dword [faults]
    mov ebx, cr2
    shr ebx, 12
    and ebx, 1023
    mov eax, spare
    or eax, PRESENT_WRITABLE
    mov [page_table_1 + ebx * 4], eax
    pop ebx
    pop eax
    add esp, 4
    iret

%macro UNMAP 0
    mov dword [page_table_1 + ((ABSENT >> 12) & 1023) * 4], 0
    invlpg [ABSENT]
%endmacro

; PAGE_FAULT "what", address: reports the fault of the instruction there. Changes eax.
%macro PAGE_FAULT 2
    mov eax, [fault_eip]
    sub eax, %2
    CHECK %1, eax
    CHECK "  address", [fault_esp]
    CHECK "  error code", [fault_code]
%endmacro

page_faults:
    mov dword [faults], 0
    UNMAP
    mov ecx, 0x1111
    mov eax, 0x2222
.plain:
    mov [ABSENT + 4], ecx
    PAGE_FAULT "store", .plain

    mov dword [page_table_1 + BEFORE_ABSENT], BELOW | PRESENT_WRITABLE
    mov dword [spare], .popped
    UNMAP
    mov [saved_esp], esp
    mov esp, ABSENT                     ; what it pops is absent, what an exception pushes is not
.ret:
    ret
.popped:
    mov esp, [saved_esp]
    PAGE_FAULT "ret", .ret

    mov dword [spare], 0x0D7
    UNMAP
    mov [saved_esp], esp
    mov esp, ABSENT
.popf:
    popf
    pushf
    pop ebx
    mov esp, [saved_esp]
    PAGE_FAULT "popf", .popf
    CHECK "  flags", ebx

    mov dword [spare + 0x200], .through
    UNMAP
    mov ecx, 0x3333
    mov eax, ABSENT + 0x200
.indirect:
    jmp [eax]
.through:
    PAGE_FAULT "jmp", .indirect
    CHECK "  ecx", ecx

    mov dword [spare + 0x200], .called_through
    UNMAP
    mov eax, ABSENT + 0x200
    mov [saved_esp], esp
.call_indirect:
    call [eax]
.called_through:
    mov esp, [saved_esp]
    PAGE_FAULT "call through memory", .call_indirect

    UNMAP
    mov esi, xlat_table
    mov edi, ABSENT - 2                 ; faults in the middle of the string
    mov ecx, 3
    cld
.string:
    rep movsb
    PAGE_FAULT "rep movsb", .string
    CHECK "  ecx", ecx
    mov ax, KERNEL_DATA
    mov gs, ax
    UNMAP
    mov ecx, ABSENT + 0x300
.through_gs:
    gs inc dword [ecx]
    PAGE_FAULT "gs inc", .through_gs
    mov eax, fs
    CHECK "  fs", eax
    UNMAP
    mov byte [spare + 0x400], 0xC3
    mov eax, ABSENT + 0x400
    call eax                            ; the fetch faults
    mov eax, [fault_eip]
    CHECK "fetch at", eax
    CHECK "  address", [fault_esp]
    UNMAP
    mov eax, patched
    or eax, PRESENT_WRITABLE
    mov [page_table_1 + BEFORE_ABSENT], eax
    invlpg [ABSENT - PAGE]
    mov byte [patched + PAGE - 2], 0x81 ; add ecx, imm32, over the end of the page
    mov byte [patched + PAGE - 1], 0xC1
    mov dword [spare], 0x00FFFF05
    mov byte [spare + 4], 0xC3
    mov ecx, 1
    mov eax, ABSENT - 2
    call eax
    mov eax, [fault_eip]
    CHECK "fetch over a page's end at", eax
    CHECK "  address", [fault_esp]
    CHECK "  sum", ecx
    CHECK "page faults", [faults]
    ret

; The same linear address, other code: only CR3 or INVLPG tells.
remapped_code:
    mov byte [patched], 0x43            ; inc ebx
    mov byte [patched + 1], 0xC3
    mov byte [spare], 0x4B              ; dec ebx
    mov byte [spare + 1], 0xC3
    xor ebx, ebx
    mov ecx, 5
.next:
    mov eax, patched
    call .map_and_call
    mov eax, patched
    call .map_and_call
    mov eax, spare
    call .map_and_call
    dec ecx
    jnz .next
    CHECK "remapped code", ebx
    mov eax, patched                    ; changed through another linear address than it runs at
    call .map_and_call
    mov byte [patched], 0x4B
    mov eax, CODE_ALIAS
    call eax
    CHECK "changed by its alias", ebx
    ret
.map_and_call:
    or eax, PRESENT_WRITABLE
    mov [page_table_1 + ((CODE_ALIAS >> 12) & 1023) * 4], eax
    test cl, 1
    jz .by_cr3
    invlpg [CODE_ALIAS]
    jmp .mapped
.by_cr3:
    mov eax, cr3
    mov cr3, eax
.mapped:
    mov eax, CODE_ALIAS
    call eax
    ret

; ---- more functions than the cache has room for

too_much_code:
    mov edi, many
    mov ecx, MANY / 4
    mov eax, 0xC3909043                 ; inc ebx; nop; nop; ret
    cld
    rep stosd
    xor ebx, ebx
    mov edx, 2
.again:
    mov edi, many
.next:
    call edi
    add edi, 4
    cmp edi, many + MANY
    jb .next
    dec edx
    jnz .again
    CHECK "many functions", ebx
    ret

; ---- an interrupt may come at any instruction

storm:
    cli
    call timer_init
    OUT_BYTE PIT_CHANNEL_0, STORM_COUNT & 0xFF
    OUT_BYTE PIT_CHANNEL_0, STORM_COUNT >> 8
    mov dword [ticks], 0
    xor ebx, ebx
    mov ebp, 4000
    sti
.next:
    mov ecx, 3
.inner:
    pushf
    call .function
    popf
    loop .inner
    mov eax, add_one
    call eax
    push 0x246
    popf
    jnz .wrong
    pushf
    cli
    pop eax
    and eax, 0x246
    add ebx, eax
    sti
    rol ebx, 3
    gs xor ebx, [values]
    dec ebp
    jnz .next
    cli
    OUT_BYTE PIC_MASTER_DATA, 0xFF
    CHECK "checksum under interrupts", ebx
    xor eax, eax
    cmp dword [ticks], 3
    setae al
    CHECK "there were some", eax
    ret
.wrong:
    cli
    SAY "flags changed under interrupts", 10
    ret
.function:
    lea ebx, [ebx + ebx * 2]
    xor eax, eax
    jz .zero
    mov ebx, 0
.zero:
    push ebx
    pop eax
    add ebx, ebp
    adc ebx, eax
    ret

section .data
align 4
observations:
.end:
