// To ring 3 and back, in the form of a call, as run_guest.S goes to a guest and back.
//
//   void run_process(TrapFrame* frame)     // returns when the process traps
//   [[noreturn]] void leave_process()      // vmm_on_trap() has saved the process' registers: makes
//                                          // run_process() return

    .text
    .global run_process
run_process:
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl 20(%esp), %eax
    movl %esp, kernel_esp
    pushl %eax
    call vmm_enter              // traps.S; it does not come back here

    .global leave_process
leave_process:
    movl kernel_esp, %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

    .bss
    .balign 4
kernel_esp:
    .long 0
// A trap from ring 3 must not land where the kernel's own calls lie.
    .balign 16
    .zero 8192
    .global trap_stack_top
trap_stack_top:
