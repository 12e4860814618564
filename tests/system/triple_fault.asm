; No handler for an exception, none for the double fault: the processor shuts down. SDM 3A "Interrupt 8—Double
; Fault Exception (#DF)".

%include "harness.inc"

section .data
no_idt: dw 0
    dd 0

section .text
global start
start:
    mov esp, stack_top
    call serial_init
    SAY "the last line", 10
    lidt [no_idt]
    ud2
    SAY "one too many", 10
    EXIT 0
