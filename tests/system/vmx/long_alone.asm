; What the manual has of 64-bit guests and Bochs 2.7 has not, so that these checks run on Ringside alone:
;   SDM 3C "Checks on Guest Control Registers, Debug Registers, and MSRs": Bochs lets an unrestricted guest into IA-32e
;   mode without paging;
;   SDM 3C "Checks on Guest RIP, RFLAGS, and SSP": Bochs does not look at RIP of 64-bit code.
%include "long/frame.inc"
%define BAD_GUEST ENTRY_FAILURE | 33

main:
    GROUP "checks on guest state"
    TRY "GC6 CR0.PG", BAD_GUEST, PRIMARY_CONTROLS, PRIMARY_HLT | PRIMARY_SECONDARY, SECONDARY_CONTROLS, SECONDARY_EPT | SECONDARY_UNRESTRICTED, GUEST_CR0, 0x31
    TRY "GR2 RIP of 64-bit mode", BAD_GUEST, HIGH GUEST_RIP, 0x10000
    TRY "bit 47 of it may differ: #GP in the guest", 0, HIGH GUEST_RIP, 0x8000, EXCEPTION_BITMAP, 1 << 13
    EXPECT_FIELD64 "  RIP", GUEST_RIP, 0x800000000000
    ret
