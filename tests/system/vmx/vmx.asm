; Self-checking VMX programs, in one boot: one group of rules after the other, one line a check. What they expect is the
; manual's (SDM 3C); tests/peers/vmx_programs_test.cpp runs them here and on Bochs.
%include "frame.inc"

main:
    call capabilities
    call instructions
    call controls
    call host_state
    call make_ept
    call guest_state
    call exits
    call events
    call debug
    call tasks
    call boundary
    call ept
    ret

%include "capabilities.inc"
%include "instructions.inc"
%include "controls.inc"
%include "host.inc"
%include "guest.inc"
%include "exits.inc"
%include "events.inc"
%include "debug.inc"
%include "tasks.inc"
%include "boundary.inc"
%include "ept.inc"
