; IA-32e mode, topic by topic: each line says what was tried and how it ended. The same text comes
; from QEMU (-cpu max) and from Ringside.
;
; ATTEMPT instruction, then SAY "what": a line with the exception's vector and error code, and CR2
; where it is #PF; "fine" when there was none. Left out is what QEMU does in another way than the
; manual says: #SS for addresses by RSP and RBP, the P bit with a reserved bit, values of
; MSRs, the error codes of IDT entries.

bits 32
%include "common/multiboot.inc"
%include "common/exit.inc"

DONE        equ 0xF0            ; the vector of INT that says: no fault
GP          equ 13
PF          equ 14
COM1        equ 0x3F8
EFER        equ 0xC0000080
STAR        equ 0xC0000081
LSTAR       equ 0xC0000082
FMASK       equ 0xC0000084
KERNEL_GS   equ 0xC0000102

CODE64      equ 0x08
DATA0       equ 0x10
CODE32      equ 0x18
USER32      equ 0x20 | 3
USERDATA    equ 0x28 | 3
USER64      equ 0x30 | 3
TSS         equ 0x38            ; 16 bytes
CALLGATE    equ 0x48 | 3        ; 16 bytes

TEST_AT     equ 0x40000000      ; pages of 4 KBytes whose entries the topics write
FRAME       equ 0x600000        ; the memory behind them

section .data
align 8
gdt: dq 0
    dq 0x00AF9B000000FFFF
    dq 0x00CF93000000FFFF
    dq 0x00CF9B000000FFFF
    dq 0x00CFFB000000FFFF
    dq 0x00CFF3000000FFFF
    dq 0x00AFFB000000FFFF
.tss: dq 0x0000890000000067, 0
.gate: dq 0, 0
gdt_end:
gdt_pointer: dw gdt_end - gdt - 1
    dd gdt, 0
idt_pointer: dw 256 * 16 - 1
    dd idt, 0
align 4
to_compatibility: dd in_compatibility
    dw CODE32
to_gate: dd 0
    dw CALLGATE

section .bss
alignb 4096
pml4: resb 4096
pdpt: resb 4096
pd: resb 4096
test_pd: resb 4096
test_pt: resb 4096
idt: resb 4096
alignb 16
tss: resb 104
    resb 4096
stack_top:
    resb 4096
ring0_stack:
    resb 4096
ist_stack:
    resb 4096
user_stack:
resume: resq 1
kept_rsp: resq 1
vector: resq 1
error: resq 1
frame_rsp: resq 1
frame_ss: resq 1
handler_rsp: resq 1
scratch: resq 4

section .text
global start
start:
    mov esp, stack_top
    mov dx, COM1 + 3
    mov al, 3                   ; words of 8 bits
    out dx, al
    ; the first 64 MBytes in pages of 2 MBytes, all for user and supervisor
    mov edi, pd
    mov eax, 0x87
    mov ecx, 32
.pages:
    mov [edi], eax
    add eax, 0x200000
    add edi, 8
    loop .pages
    mov dword [pml4], pdpt + 7
    mov dword [pdpt], pd + 7
    mov dword [pdpt + 8], test_pd + 7
    mov dword [test_pd], test_pt + 7
    mov eax, tss
    mov [gdt.tss + 2], ax
    shr eax, 16
    mov [gdt.tss + 4], al
    mov [gdt.tss + 7], ah
    mov dword [tss + 4], ring0_stack
    mov dword [tss + 36], ist_stack
    mov word [tss + 102], 104
    mov eax, cr4
    or eax, 0x20                ; PAE
    mov cr4, eax
    mov eax, pml4
    mov cr3, eax
    mov ecx, EFER
    rdmsr
    or eax, 0x901               ; NXE, LME, SCE
    wrmsr
    mov eax, cr0
    and eax, 0x9FFFFFFB
    or eax, 0x80010002          ; PG, WP, MP
    mov cr0, eax
    lgdt [gdt_pointer]
    jmp CODE64:start64

bits 64
start64:
    mov ax, DATA0
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, stack_top
    ; every vector to a stub of 16 bytes
    mov edi, idt
    mov eax, stubs
    mov ecx, 256
.gates:
    mov [rdi], ax
    mov word [rdi + 2], CODE64
    mov word [rdi + 4], 0x8E00
    mov rdx, rax
    shr rdx, 16
    mov [rdi + 6], dx
    shr rdx, 16
    mov [rdi + 8], rdx
    add rax, 16
    add rdi, 16
    loop .gates
    mov byte [idt + DONE * 16 + 5], 0xEE
    lidt [idt_pointer]
    mov ax, TSS
    ltr ax
    call topics
    EXIT 0

; Each stub gives its vector; those of exceptions without an error code, and of INT n, push 0 first.
align 16
stubs:
%assign n 0
%rep 256
    align 16
  %if n = 8 || (n >= 10 && n <= 14) || n = 17
    nop
    nop
  %else
    push 0
  %endif
    push n
    jmp trapped
  %assign n n + 1
%endrep

trapped:
    pop qword [vector]
    mov [handler_rsp], rsp
    pop qword [error]
    mov rax, [rsp + 24]
    mov [frame_rsp], rax
    mov rax, [rsp + 32]
    mov [frame_ss], rax
    mov ax, DATA0
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov rsp, [kept_rsp]
    push 2
    popfq
    jmp [resume]

; --- text --------------------------------------------------------------------------------------
put_char:
    push rdx
    push rax
    mov dx, COM1 + 5
.wait:
    in al, dx
    test al, 0x20
    jz .wait
    pop rax
    mov dx, COM1
    out dx, al
    pop rdx
    ret
put_text:
    lodsb
    test al, al
    jz .end
    call put_char
    jmp put_text
.end:
    ret
; RAX in hexadecimal without leading zeros, after a space
put_hex:
    push rcx
    push rbx
    mov rbx, rax
    mov al, ' '
    call put_char
    mov ecx, 60
.skip:
    mov rax, rbx
    shr rax, cl
    test eax, 15
    jnz .digits
    sub ecx, 4
    jg .skip
.digits:
    mov rax, rbx
    shr rax, cl
    and eax, 15
    cmp al, 10
    jb .decimal
    add al, 'a' - 10 - '0'
.decimal:
    add al, '0'
    call put_char
    sub ecx, 4
    jns .digits
    pop rbx
    pop rcx
    ret
put_line:
    mov al, 10
    jmp put_char
; RSI: what was tried
report:
    call put_text
    mov al, ':'
    call put_char
    mov rax, [vector]
    cmp rax, DONE
    je .fine
    call put_hex
    mov rax, [error]
    call put_hex
    cmp qword [vector], PF
    jne put_line
    mov rax, cr2
    call put_hex
    jmp put_line
.fine:
    mov esi, fine
    call put_text
    jmp put_line
fine: db " fine", 0

; WRITE "name", value: a line with a number
%macro WRITE 2
    push rax
    push rsi
    mov rax, %2
    push rax
    jmp %%go
%%what: db %1, 0
%%go:
    mov esi, %%what
    call put_text
    pop rax
    call put_hex
    call put_line
    pop rsi
    pop rax
%endmacro
%macro ATTEMPT 1+
    mov eax, %%after
    mov [resume], rax
    mov [kept_rsp], rsp
    %1
    int DONE
%%after:
%endmacro
%macro SAY 1
    jmp %%go
%%what: db %1, 0
%%go:
    mov esi, %%what
    call report
%endmacro
; An entry of the test pages: page n gets the value, and the TLB is told
%macro PAGE 2
    mov rax, %2
    mov [test_pt + 8 * %1], rax
    invlpg [abs TEST_AT + 0x1000 * %1]
%endmacro
%macro SET_CR4 1
    mov rax, cr4
    bts rax, %1
    mov cr4, rax
%endmacro
%macro CLEAR_CR4 1
    mov rax, cr4
    btr rax, %1
    mov cr4, rax
%endmacro

NX          equ 1 << 63

topics:
    mov rbx, 0x800000000000
    ATTEMPT mov rax, [rbx]
    SAY "a read that is not canonical"
    ATTEMPT db 0x06
    SAY "PUSH ES"
    ATTEMPT db 0x9A, 0, 0, 0, 0, 8, 0
    SAY "a far call with an immediate"
    mov rdi, TEST_AT
    PAGE 0, 0
    ATTEMPT mov rax, [rdi + 8]
    SAY "a page that is not there"
    ATTEMPT mov [rdi + 8], rax
    SAY "a write to it"
    PAGE 0, FRAME + 5
    ATTEMPT mov rax, [rdi]
    SAY "a read-only page"
    WRITE "its entry", [test_pt]
    ATTEMPT mov [rdi], rax
    SAY "a write to it with WP"
    PAGE 0, FRAME + 7
    ATTEMPT mov [rdi], rax
    SAY "a write to a writable page"
    WRITE "its entry", [test_pt]
    mov rax, [test_pd]
    and eax, 0x60
    WRITE "A and D above it", rax
    mov byte [FRAME], 0xC3
    mov rax, NX | (FRAME + 7)
    mov [test_pt], rax
    invlpg [rdi]
    ATTEMPT call rdi
    SAY "a call into a page that is execute-disabled"
    PAGE 0, FRAME + 7
    ATTEMPT call rdi
    SAY "a call into one that is not"
    ; SMEP and SMAP: the kernel's own pages must be the supervisor's
    and byte [pd], 0xFB
    mov rax, cr3
    mov cr3, rax
    SET_CR4 20
    ATTEMPT call rdi
    SAY "SMEP: code of a user page"
    CLEAR_CR4 20
    SET_CR4 21
    ATTEMPT mov rax, [rdi]
    SAY "SMAP: a read of a user page"
    stac
    ATTEMPT mov rax, [rdi]
    SAY "the same after STAC"
    clac
    CLEAR_CR4 21
    or byte [pd], 4
    mov rax, cr3
    mov cr3, rax

    ; gates
    mov word [idt + 0x81 * 16 + 2], CODE32
    ATTEMPT int 0x81
    SAY "a gate to 32-bit code"
    mov byte [idt + 0x83 * 16 + 4], 1
    ATTEMPT int 0x83
    SAY "a gate with a stack of its own"
    mov eax, ist_stack
    sub rax, [handler_rsp]
    WRITE "bytes used of it", rax
    sub rsp, 3
    ATTEMPT int 0x84
    mov rax, rsp
    sub rax, [frame_rsp]
    WRITE "RSP in the frame is off by", rax
    mov rax, [handler_rsp]
    and eax, 15
    add rsp, 3
    WRITE "the frame's end mod 16", rax
    pushfq
    or qword [rsp], 1 << 14
    popfq
    ATTEMPT iretq
    SAY "IRETQ with NT"

    ; compatibility mode and back
    ATTEMPT jmp dword far [to_compatibility]
back_in_64:
    WRITE "from compatibility mode", rbx

    ; ring 3
    mov ecx, STAR
    xor eax, eax
    mov edx, (USER32 << 16) | CODE64
    wrmsr
    mov ecx, LSTAR
    mov eax, system_call
    xor edx, edx
    wrmsr
    mov ecx, FMASK
    mov eax, 0x400
    wrmsr
    mov eax, gate_target
    mov word [gdt.gate], ax
    mov word [gdt.gate + 2], CODE64
    mov word [gdt.gate + 4], 0xEC00
    shr rax, 16
    mov [gdt.gate + 6], ax
    shr rax, 16
    mov [gdt.gate + 8], eax
    ATTEMPT call in_ring3
    SAY "HLT in ring 3"
    WRITE "SS of its frame", [frame_ss]
    mov eax, user_stack
    sub rax, [frame_rsp]
    WRITE "its stack's use", rax
    WRITE "what SYSCALL left in R11", [scratch]
    WRITE "and in RFLAGS", [scratch + 8]
    WRITE "CS of the call gate's frame", [scratch + 16]
    WRITE "SS behind it", [scratch + 24]

    ; bases
    mov ecx, KERNEL_GS
    mov eax, FRAME
    xor edx, edx
    wrmsr
    mov qword [FRAME + 16], 0x1234
    swapgs
    mov rax, [gs:16]
    swapgs
    WRITE "by SWAPGS", rax

    ; descriptors
    mov ecx, TSS
    lar eax, cx
    WRITE "LAR of the TSS", rax
    lsl eax, cx
    WRITE "LSL of the TSS", rax
    mov ecx, CALLGATE
    lar eax, cx
    WRITE "LAR of the call gate", rax
    ATTEMPT lock cmpxchg16b [FRAME + 8]
    SAY "CMPXCHG16B not at a multiple of 16"
    ATTEMPT ltr cx
    SAY "LTR of a call gate"
    ret

bits 32
in_compatibility:
    mov ax, DATA0
    mov ss, ax
    mov eax, 0x7FFFFFFF
    inc eax
    mov ebx, eax
    dec ebx                     ; in 64-bit mode 4Bh would be a prefix
    jmp CODE64:back_in_64

bits 64
in_ring3:
    push USERDATA
    mov eax, user_stack
    push rax
    push 0x402                  ; DF
    push USER64
    mov eax, .user
    push rax
    iretq
.user:
    mov ax, USERDATA
    mov ds, ax
    syscall
    call dword far [abs to_gate]
    push rax
    hlt
system_call:
    mov [abs scratch], r11
    mov r10, rsp
    mov esp, ring0_stack
    pushfq
    pop qword [abs scratch + 8]
    mov rsp, r10
    o64 sysret
gate_target:
    mov rax, [rsp + 8]
    mov [abs scratch + 16], rax
    mov rax, [rsp + 24]
    mov [abs scratch + 24], rax
    o64 retf
