// Where every trap enters the VMM, and the way back.
//
//   guest --trap--> stub: vector, error code -> save registers -> vmm_on_trap(frame)
//                                                    -> load registers -> guest

#define VMM_DATA 0xff88     /* selector::vmm_data, checked in host.cpp */
#define SYSENTER_VECTOR 256

    .text
// 256 stubs of 16 bytes. Each leaves the vector above an error code: the CPU's, or 0 where it
// pushes none.
    .balign 16
    .global trap_stubs
trap_stubs:
    .set vector, 0
    .rept 256
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
    pushl $0
    .endif
    pushl $vector
    jmp trap_entry
    .balign 16
    .set vector, vector + 1
    .endr

// SYSENTER pushes nothing, so this builds the frame. Who called is in EDX and ECX by the guest's
// own convention.
    .global sysenter_entry
sysenter_entry:
    pushl $0                    // SS, ESP: lost
    pushl $0
    pushfl
    pushl $3                    // CS: some ring 3 segment
    pushl $0                    // EIP: lost
    pushl $0                    // error code
    pushl $SYSENTER_VECTOR

trap_entry:
    pushal
    pushl %ds
    pushl %es
    pushl %fs
    pushl %gs
    movl $VMM_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    cld
    pushl %esp                  // the frame is what lies on the stack
    call vmm_on_trap
    addl $4, %esp

load_registers:
    popl %gs
    popl %fs
    popl %es
    popl %ds
    popal
    addl $8, %esp               // vector, error code
    iretl

    .global vmm_enter
vmm_enter:
    movl 4(%esp), %esp
    jmp load_registers
