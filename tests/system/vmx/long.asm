; Self-checking VMX programs of a 64-bit VMM with 64-bit, compatibility-mode and PAE guests, in one boot: one group of
; rules after the other, one line a check. What they expect is the manual's (SDM 3C);
; tests/peers/bochs_vmx_programs_test.cpp runs them here and on Bochs.
%include "long/frame.inc"

main:
    call capabilities
    call instructions
    call host_state
    call guest_state
    call exits
    call guests
    ret

%include "long/capabilities.inc"
%include "long/checks.inc"
%include "long/exits.inc"
%include "long/guests.inc"
