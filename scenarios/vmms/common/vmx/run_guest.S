// Into the guest and back. A VMCS holds ESP, EIP, EFLAGS and the system registers of both sides;
// the other general registers are ours to exchange.
//
//   bool vmx_enter(GeneralRegisters* registers, bool launched)
//     true: the guest ran, and `registers` is what it left; false: the entry failed.

#define HOST_RSP 0x6c14

#define EAX 0
#define ECX 4
#define EDX 8
#define EBX 12
#define EBP 16
#define ESI 20
#define EDI 24

    .text
    .global vmx_enter
vmx_enter:
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl 20(%esp), %edi         // registers
    movl 24(%esp), %edx         // launched
    pushl %edi                  // the landing finds it here
    movl $HOST_RSP, %eax
    vmwrite %esp, %eax
    testb %dl, %dl
    movl EAX(%edi), %eax        // MOV leaves the flags alone
    movl ECX(%edi), %ecx
    movl EDX(%edi), %edx
    movl EBX(%edi), %ebx
    movl EBP(%edi), %ebp
    movl ESI(%edi), %esi
    movl EDI(%edi), %edi
    jne 1f
    vmlaunch
    jmp 2f
1:  vmresume
2:  addl $4, %esp               // still here: it failed
    xorl %eax, %eax
    jmp 3f

    .global vmx_exit_landing
vmx_exit_landing:               // ESP = HOST_RSP, the guest's registers still in place
    pushl %edi
    movl 4(%esp), %edi
    movl %eax, EAX(%edi)
    movl %ecx, ECX(%edi)
    movl %edx, EDX(%edi)
    movl %ebx, EBX(%edi)
    movl %ebp, EBP(%edi)
    movl %esi, ESI(%edi)
    popl %eax
    movl %eax, EDI(%edi)
    addl $4, %esp
    movl $1, %eax
3:  popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret
