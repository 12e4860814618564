; Masks its events and does nothing else, for ever: "interrupts off" in the paravirtual world.

bits 32
%include "common/guest.inc"

section .text
main:
    SAY "deaf", 10
    INTERRUPTS_OFF
.for_ever:
    jmp .for_ever
