; cli-sti: do CLI and STI turn interrupts off and on?
;
; Both are privileged in effect: with CPL > IOPL they fault (SDM 2A "CLI", SDM 2B "STI"), so every VMM hears of them and
; can do the right thing with the virtual interrupt flag. Compare with the popf probe.

bits 32
%include "common/guest.inc"
%include "common/tick.inc"

section .text
main:
    PROBE "cli"
    cli
    call tick_init
    call wait_for_tick              ; the timer runs, but must not get through
    mov [observations.tick_after_cli], eax

    PROBE "sti"
    sti                             ; the tick that was held back comes now
    call wait_for_tick
    mov [observations.tick_after_sti], eax

    cli
    call wait_for_tick
    mov [observations.tick_after_second_cli], eax

    REPORT "tick after cli", [observations.tick_after_cli]
    REPORT "tick after sti", [observations.tick_after_sti]
    REPORT "tick after cli again", [observations.tick_after_second_cli]
    ret

section .data
align 4
observations:
.tick_after_cli:        dd 0
.tick_after_sti:        dd 0
.tick_after_second_cli: dd 0
.end:
