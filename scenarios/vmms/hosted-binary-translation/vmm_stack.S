// The VMM's stack and page directory. (What is in them, the driver writes.)

    .section .page_directory, "aw", @progbits
    .balign 4096
    .global vmm_directory, page_directory
vmm_directory:
page_directory:
    .zero 4096

    .bss
    .balign 16
    .zero 16384
    .global vmm_stack_end, vmm_stack_top
vmm_stack_end:
vmm_stack_top:
