// Where the VMM starts.
//
//   Multiboot loader -> start (physical, paging off) -> paging on -> vmm_main (in the top 64 MiB)

#define VMM_BASE 0xfc000000

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
// of host memory, and the real local APIC.
    .section .page_directory, "aw", @progbits
    .balign 4096
    .global page_directory
page_directory:
    .long 0x83                  // present, writable, 4 MiB, supervisor only
    .zero (1008 - 1) * 4
    .set n, 0
    .rept 15
    .long (n << 22) + 0x83
    .set n, n + 1
    .endr
    .long 0xfec0009b            // the same, not cached: the local APIC's registers

    .bss
    .balign 16
    .zero 16384
    .global vmm_stack_top
vmm_stack_top:
