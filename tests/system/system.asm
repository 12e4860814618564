; The protection and the modes of the processor, topic by topic. Each line is a check: what was tried and how it ended.

%include "harness.inc"
%include "topics/segments.inc"
%include "topics/gates.inc"
%include "topics/returns.inc"
%include "topics/sixteen_bit.inc"
%include "topics/tasks.inc"
%include "topics/v8086.inc"
%include "topics/debug.inc"

section .text
global start
start:
    mov esp, stack_top
    call serial_init
    call harness_init
    call topic_segments
    call topic_gates
    call topic_returns
    call topic_sixteen_bit
    call topic_tasks
    call topic_v8086
    call topic_debug
    SAY "--- checks "
    mov eax, [checks]
    call serial_hex
    SAY ", wrong "
    mov eax, [wrongs]
    call serial_hex
    SAY 10
    EXIT [wrongs]
