// Where the VMM starts and where every trap enters it: the only assembly.
//
//   Multiboot loader -> start (physical, paging off) -> paging on -> vmm_main (in the top 64 MiB)
//   guest --trap--> stub: vector, error code -> save registers -> vmm_on_trap(frame)
//                                                    -> load registers -> guest

#define VMM_BASE 0xfc000000
#define VMM_DATA 0xff88     /* selector::vmm_data, checked in host.cpp */
#define SYSENTER_VECTOR 256

// ---- start-up ---------------------------------------------------------------------------------

    .section .multiboot, "a"
    .balign 4
    .long 0x1badb002            // magic
    .long 3                     // modules on page boundaries, memory information
    .long -(0x1badb002 + 3)     // checksum

    .section .boot, "ax"
    .global start
start:                          // EAX, EBX: from the Multiboot loader
    movl $page_directory - VMM_BASE, %ecx
    movl %ecx, %cr3
    movl %cr4, %ecx
    orl $0x10, %ecx             // CR4.PSE
    movl %ecx, %cr4
    movl %cr0, %ecx
    orl $0x80010000, %ecx       // CR0.PG, CR0.WP
    movl %ecx, %cr0
    movl $start_high, %ecx
    jmp *%ecx                   // leaves the low mapping

    .text
start_high:
    movl $vmm_stack_top, %esp
    movl $0, page_directory     // the low 4 MiB are the guest's from now on
    movl %cr3, %ecx
    movl %ecx, %cr3
    pushl %ebx
    pushl %eax
    call vmm_main
1:  cli
    hlt
    jmp 1b

// The one page directory. Entry 0 lets `start` go on while it turns paging on; the last 16 map all
// of host memory.
    .section .page_directory, "aw", @progbits
    .balign 4096
    .global page_directory
page_directory:
    .long 0x83                  // present, writable, 4 MiB, supervisor only
    .zero (1008 - 1) * 4
    .set n, 0
    .rept 16
    .long (n << 22) + 0x83
    .set n, n + 1
    .endr

    .bss
    .balign 16
    .zero 16384
    .global vmm_stack_top
vmm_stack_top:

// ---- traps ------------------------------------------------------------------------------------

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
