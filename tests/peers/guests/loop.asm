; A guest that never lets anybody in again.
bits 32
section .multiboot
align 4
    dd 0x1BADB002, 0, -0x1BADB002
section .text
global start
start:
    cli
    jmp $
