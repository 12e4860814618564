// The world switch. This page lies at the same linear address in both worlds, and so do the two
// states: between the loads of CR3 and of ESP nothing else need be common.
//
//   void world_switch(State* from, const State* to)  world_switch.hpp has State, field by field
//
// Interrupts are off. What is loaded here as what it was saved: the address space, the tables, the
// stack, the task register, the debug registers, the SYSENTER registers, the segment registers.

    .section .cross, "ax"
    .balign 4096
    .global world_switch
world_switch:
    pushfl
    pushal
    movl 40(%esp), %esi         // from
    movl 44(%esp), %edi         // to

    movl %esp, 0(%esi)
    movl %cr0, %eax
    movl %eax, 4(%esi)
    movl %cr2, %eax
    movl %eax, 8(%esi)
    movl %cr3, %eax
    movl %eax, 12(%esi)
    movl %cr4, %eax
    movl %eax, 16(%esi)
    sgdt 22(%esi)
    sidt 30(%esi)
    sldt 36(%esi)
    str 38(%esi)
    movw %ds, 40(%esi)
    movw %es, 42(%esi)
    movw %fs, 44(%esi)
    movw %gs, 46(%esi)
    movw %ss, 48(%esi)
    movw %cs, 50(%esi)
    movl %dr0, %eax
    movl %eax, 52(%esi)
    movl %dr1, %eax
    movl %eax, 56(%esi)
    movl %dr2, %eax
    movl %eax, 60(%esi)
    movl %dr3, %eax
    movl %eax, 64(%esi)
    movl %dr6, %eax
    movl %eax, 68(%esi)
    movl %dr7, %eax
    movl %eax, 72(%esi)
    movl $0x174, %ecx           // IA32_SYSENTER_CS
    rdmsr
    movl %eax, 76(%esi)
    incl %ecx                   // IA32_SYSENTER_ESP
    rdmsr
    movl %eax, 80(%esi)
    incl %ecx                   // IA32_SYSENTER_EIP
    rdmsr
    movl %eax, 84(%esi)

    movl 12(%edi), %eax
    movl %eax, %cr3             // the other address space
    lgdt 22(%edi)
    lidt 30(%edi)
    lldt 36(%edi)               // before what may be in it
    movw 48(%edi), %ss
    movl 0(%edi), %esp          // the other stack
    movw 40(%edi), %ds
    movw 42(%edi), %es
    movw 44(%edi), %fs
    movw 46(%edi), %gs
    movl 16(%edi), %eax
    movl %eax, %cr4
    movl 8(%edi), %eax
    movl %eax, %cr2
    movl 4(%edi), %eax
    movl %eax, %cr0
    movl 24(%edi), %ebx         // LTR wants a TSS that is not busy, and makes it so
    movzwl 38(%edi), %eax
    andb $~2, 5(%ebx, %eax)
    ltr %ax
    movl 52(%edi), %eax
    movl %eax, %dr0
    movl 56(%edi), %eax
    movl %eax, %dr1
    movl 60(%edi), %eax
    movl %eax, %dr2
    movl 64(%edi), %eax
    movl %eax, %dr3
    movl 68(%edi), %eax
    movl %eax, %dr6
    movl 72(%edi), %eax
    movl %eax, %dr7
    xorl %edx, %edx
    movl $0x174, %ecx
    movl 76(%edi), %eax
    wrmsr
    incl %ecx
    movl 80(%edi), %eax
    wrmsr
    incl %ecx
    movl 84(%edi), %eax
    wrmsr

    movzwl 50(%edi), %eax
    pushl %eax
    pushl $1f
    lretl                       // the other CS
1:  popal
    popfl
    ret
    .balign 4096
