// Where every trap enters a VMM of 64-bit mode, and the way back: interrupts while it waits, and what
// should never happen.
//
//   trap -> stub: vector, error code -> save what a function may change -> vmm_on_trap(frame) -> back

    .text
// 256 stubs of 16 bytes. Each leaves the vector above an error code: the CPU's, or 0 where it
// pushes none.
    .balign 16
    .global trap_stubs
trap_stubs:
    .set vector, 0
    .rept 256
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
    pushq $0
    .endif
    pushq $vector
    jmp trap_entry
    .balign 16
    .set vector, vector + 1
    .endr

trap_entry:
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    cld
    movq %rsp, %rdi             // the frame is what lies on the stack
    call vmm_on_trap
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rax
    addq $16, %rsp              // vector, error code
    iretq
