// Where a VMM of 64-bit mode starts.
//
//   Multiboot loader -> start (32-bit mode) -> IA-32e mode -> start_64 -> vmm_main
//
// SDM 3A "Initializing IA-32e Mode".

#define EFER 0xc0000080
#define EFER_LME 0x100
#define CR4_PAE 0x20
#define CR0_PG_WP 0x80010000
#define LARGE_PAGE 0x83         /* present, writable, 2 MiB */

    .section .multiboot, "a"
    .balign 4
    .long 0x1badb002            // magic
    .long 3                     // modules on page boundaries, memory information
    .long -(0x1badb002 + 3)     // checksum

    .text
    .code32
    .global start
start:                          // EAX, EBX: from the Multiboot loader
    movl %eax, %edi             // the first argument of vmm_main
    movl %ebx, %esi             // the second
    movl %cr4, %ecx
    orl $CR4_PAE, %ecx
    movl %ecx, %cr4
    movl $pml4, %ecx
    movl %ecx, %cr3
    movl $EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    movl %cr0, %ecx
    orl $CR0_PG_WP, %ecx
    movl %ecx, %cr0
    lgdt first_gdt_pointer
    ljmp $8, $start_64

    .code64
start_64:
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $vmm_stack_top, %esp
    call vmm_main
1:  cli
    hlt
    jmp 1b

    .section .rodata
    .balign 8
first_gdt:
    .quad 0
    .quad 0x00af9b000000ffff    // 64-bit code, accessed: the processor has nothing to write
first_gdt_pointer:
    .word 15
    .long first_gdt, 0

// All of host memory, and the local APIC, each address to itself.
    .section .page_tables, "aw", @progbits
    .balign 4096
pml4:
    .quad pdpt + 3              // present, writable
    .zero 511 * 8
pdpt:
    .quad directory + 3
    .zero 2 * 8
    .quad last_directory + 3
    .zero 508 * 8
directory:
    .set n, 0
    .rept 32
    .quad (n << 21) + LARGE_PAGE
    .set n, n + 1
    .endr
    .zero 480 * 8
last_directory:
    .zero 503 * 8
    .quad 0xfee00000 + LARGE_PAGE + 0x18    // not cached
    .zero 8 * 8

    .bss
    .balign 16
    .zero 16384
    .global vmm_stack_top
vmm_stack_top:
