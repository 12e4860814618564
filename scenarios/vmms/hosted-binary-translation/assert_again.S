// void assert_again(u32 line): the interrupt that came to the VMM, once more, here: the host's own
// handler runs as if it had been the host's time.
    .text
    .global assert_again
assert_again:
    movl 4(%esp), %eax
    leal interrupts(, %eax, 4), %eax
    jmp *%eax
    .balign 4
interrupts:
    .set vector, 0x20           // hardware_interrupt_base
    .rept 16
    int $vector
    ret
    .balign 4
    .set vector, vector + 1
    .endr
