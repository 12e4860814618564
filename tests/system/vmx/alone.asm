; What the manual has and Bochs 2.7 has not, so that these checks run on Ringside alone:
;   SDM 3C "Monitor Trap Flag": Bochs offers no such control, and stops at the injection of an event of type 7;
;   SDM 3C "VMCALL—Call to VM Monitor": Bochs stops at one in root operation;
;   SDM 3C "Checks on Guest Control Registers, Debug Registers, and MSRs": Bochs does not look at IA32_DEBUGCTL;
;   SDM 3C "Checks on Guest Non-Register State": Bochs injects #UD into a halted guest and an NMI where virtual NMIs are
;   blocked, and does not compare TF with the pending debug exceptions;
;   SDM 3C "Saving Non-Register State": an interrupt-window exit of a halted guest saves the HLT state, Bochs says active.
%include "frame.inc"
%define BAD FAIL_VALID + 7
%define BAD_GUEST ENTRY_FAILURE | 33
%define EXCEPTION EVENT_VALID | EVENT_EXCEPTION

main:
    call start_vmx
    GROUP "monitor trap flag"
    ALLOWED "the control may be 1", MSR_TRUE_PRIMARY, PRIMARY_MTF
    TRY "NC5 another event of vector 1", BAD, ENTRY_EVENT, EVENT_VALID | EVENT_OTHER | 1
    TRY "a monitor-trap exit is injected", 37, ENTRY_EVENT, EVENT_VALID | EVENT_OTHER
    TRY "monitor trap flag", 37, PRIMARY_CONTROLS, PRIMARY_MTF, GUEST_RIP, g_nops
    EXPECT_FIELD "  one instruction on", GUEST_RIP, g_nops + 1
    RESUME
    EXPECT_FIELD "  and another", GUEST_RIP, g_nops + 2
    TRY "monitor trap flag after a fault's delivery", 37, PRIMARY_CONTROLS, PRIMARY_MTF, GUEST_RIP, g_ud
    EXPECT_FIELD "  at the handler", GUEST_RIP, guest_stubs + (guest_stubs.second - guest_stubs) * 6
    TRY "monitor trap flag after an injected event", 37, PRIMARY_CONTROLS, PRIMARY_MTF, ENTRY_EVENT, EXCEPTION | 6
    EXPECT_FIELD "  before the first instruction", GUEST_RIP, guest_stubs + (guest_stubs.second - guest_stubs) * 6
    TRY "an exit of its own comes before the trap", 10, PRIMARY_CONTROLS, PRIMARY_MTF, GUEST_RIP, g_cpuid
    TRY "monitor trap before the preemption timer", 37, PIN_CONTROLS, PIN_TIMER, PREEMPTION_TIMER, 0, ENTRY_EVENT, EVENT_VALID | EVENT_OTHER
    GROUP "checks on guest state"
    TRY "GC5 IA32_DEBUGCTL", BAD_GUEST, ENTRY_CONTROLS, ENTRY_LOAD_DEBUG, GUEST_IA32_DEBUGCTL, 4
    TRY "GA4 #UD into HLT", BAD_GUEST, GUEST_ACTIVITY, 1, ENTRY_EVENT, EVENT_VALID | EVENT_EXCEPTION | 6
    TRY "GI9 a virtual NMI where they are blocked", BAD_GUEST, PIN_CONTROLS, PIN_NMI | PIN_VIRTUAL_NMIS, GUEST_INTERRUPTIBILITY, 8, ENTRY_EVENT, EVENT_VALID | EVENT_NMI | 2
    TRY "GP2 TF in a shadow without a pending trap", BAD_GUEST, GUEST_RFLAGS, 0x102, GUEST_INTERRUPTIBILITY, 2
    TRY "GP3 a pending trap without TF", BAD_GUEST, GUEST_INTERRUPTIBILITY, 2, GUEST_PENDING_DEBUG, 1 << 14
    TRY "interrupt window of a halted guest", 7, PRIMARY_CONTROLS, PRIMARY_INTERRUPT_WINDOW, GUEST_RFLAGS, 0x202, GUEST_ACTIVITY, 1
    EXPECT_FIELD "  it stays halted", GUEST_ACTIVITY, 1
    vmcall
    RESULT
    EXPECT "VMCALL in root operation: error 1", FAIL_VALID + 1
    ret

g_nops:
    nop
    nop
    nop
    hlt
g_ud:
    ud2
g_cpuid:
    cpuid
