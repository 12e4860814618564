// run_guest.S in 64-bit mode.
//
//   bool vmx_enter(GeneralRegisters* registers, bool launched)
//     true: the guest ran, and `registers` is what it left; false: the entry failed.

#define HOST_RSP 0x6c14

#define RAX 0
#define RCX 8
#define RDX 16
#define RBX 24
#define RBP 32
#define RSI 40
#define RDI 48
#define R8 56

    .text
    .global vmx_enter
vmx_enter:                      // RDI: registers; SIL: launched
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rdi                  // the landing finds it here
    movl $HOST_RSP, %eax
    vmwrite %rsp, %rax
    testb %sil, %sil
    movq RAX(%rdi), %rax        // MOV leaves the flags alone
    movq RCX(%rdi), %rcx
    movq RDX(%rdi), %rdx
    movq RBX(%rdi), %rbx
    movq RBP(%rdi), %rbp
    movq RSI(%rdi), %rsi
    movq R8(%rdi), %r8
    movq R8+8(%rdi), %r9
    movq R8+16(%rdi), %r10
    movq R8+24(%rdi), %r11
    movq R8+32(%rdi), %r12
    movq R8+40(%rdi), %r13
    movq R8+48(%rdi), %r14
    movq R8+56(%rdi), %r15
    movq RDI(%rdi), %rdi
    jne 1f
    vmlaunch
    jmp 2f
1:  vmresume
2:  addq $8, %rsp               // still here: it failed
    xorl %eax, %eax
    jmp 3f

    .global vmx_exit_landing
vmx_exit_landing:               // RSP = HOST_RSP, the guest's registers still in place
    pushq %rdi
    movq 8(%rsp), %rdi
    movq %rax, RAX(%rdi)
    movq %rcx, RCX(%rdi)
    movq %rdx, RDX(%rdi)
    movq %rbx, RBX(%rdi)
    movq %rbp, RBP(%rdi)
    movq %rsi, RSI(%rdi)
    movq %r8, R8(%rdi)
    movq %r9, R8+8(%rdi)
    movq %r10, R8+16(%rdi)
    movq %r11, R8+24(%rdi)
    movq %r12, R8+32(%rdi)
    movq %r13, R8+40(%rdi)
    movq %r14, R8+48(%rdi)
    movq %r15, R8+56(%rdi)
    popq %rax
    movq %rax, RDI(%rdi)
    addq $8, %rsp
    movl $1, %eax
3:  popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
