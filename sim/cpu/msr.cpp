#include "sim/cpu/msr.hpp"

#include "sim/cpu/msr_long.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/msrs.hpp"

namespace ringside::cpu {
namespace {

namespace msr = isa::msr;
namespace cap = isa::vmx_capability;

constexpr MsrWrite done{MsrWrite::Done}, refused{MsrWrite::Refused};

/// SDM 3D "VMX Capability Reporting Facility".
std::optional<u64> vmx_capability_msr(u32 index) {
    switch (index) {
        case msr::VMX_BASIC: return cap::basic;
        case msr::VMX_PINBASED_CTLS:
        case msr::VMX_TRUE_PINBASED_CTLS: return cap::pin.msr();
        case msr::VMX_PROCBASED_CTLS:
            return cap::Allowed{cap::primary_default1, cap::primary.may}.msr();
        case msr::VMX_TRUE_PROCBASED_CTLS: return cap::primary.msr();
        case msr::VMX_EXIT_CTLS: return cap::Allowed{cap::exit_default1, cap::exit.may}.msr();
        case msr::VMX_TRUE_EXIT_CTLS: return cap::exit.msr();
        case msr::VMX_ENTRY_CTLS: return cap::Allowed{cap::entry_default1, cap::entry.may}.msr();
        case msr::VMX_TRUE_ENTRY_CTLS: return cap::entry.msr();
        case msr::VMX_MISC: return cap::misc;
        case msr::VMX_CR0_FIXED0: return cap::cr0_fixed0;
        case msr::VMX_CR0_FIXED1: return cap::cr0_fixed1;
        case msr::VMX_CR4_FIXED0: return cap::cr4_fixed0;
        case msr::VMX_CR4_FIXED1: return cap::cr4_fixed1;
        case msr::VMX_VMCS_ENUM: return cap::vmcs_enum;
        case msr::VMX_PROCBASED_CTLS2: return cap::secondary.msr();
        case msr::VMX_EPT_VPID_CAP: return cap::ept_vpid;
        case msr::VMX_VMFUNC: return cap::vm_functions;
        default: return {};
    }
}

}  // namespace

std::optional<u64> read_msr(const Exec& x, u32 index) {
    const Msrs& m = x.s.msr;
    if (const auto value = read_long_msr(x.s, index)) return value;
    switch (index) {
        case msr::TIME_STAMP_COUNTER: return vmx::guest_time_stamp(x);
        case msr::APIC_BASE: return x.board.apic_base();
        case msr::FEATURE_CONTROL: return m.feature_control;
        case msr::SYSENTER_CS: return m.sysenter_cs;
        case msr::SYSENTER_ESP: return m.sysenter_esp;
        case msr::SYSENTER_EIP: return m.sysenter_eip;
        case msr::DEBUGCTL: return m.debugctl;
        case msr::PAT: return m.pat;
        case msr::TSC_AUX: return m.tsc_aux;
        default: return vmx_capability_msr(index);
    }
}

MsrWrite write_msr(Exec& x, u32 index, u64 value) {
    Msrs& m = x.s.msr;
    switch (write_long_msr(x, index, value)) {
        case LongMsrWrite::NotThese: break;
        case LongMsrWrite::Done: return done;
        case LongMsrWrite::Refused: return refused;
    }
    switch (index) {
        case msr::SYSENTER_CS: m.sysenter_cs = value & 0xffffffff; return done;
        case msr::DEBUGCTL:
            if (value & isa::debugctl::reserved) return refused;
            m.debugctl = value;
            return done;
        case msr::PAT:
            if (!isa::pat::valid(value)) return refused;
            m.pat = value;
            return done;
        case msr::TSC_AUX:
            if (value >> 32) return refused;  // SDM 4: the high half is reserved
            m.tsc_aux = value;
            return done;
        case msr::FEATURE_CONTROL:
            if (m.feature_control & msr::feature_lock) return refused;
            m.feature_control = value;
            return done;
        case msr::TIME_STAMP_COUNTER:
            return {MsrWrite::NotModelled, "a write to IA32_TIME_STAMP_COUNTER"};
        case msr::APIC_BASE:
            if (!dev::LocalApic::legal_base(value)) return refused;
            x.board.set_apic_base(value);
            x.attention.board_touched = true;
            x.paging_changed();  // other addresses are memory now
            x.end_block();
            return done;
        default: return refused;
    }
}

}  // namespace ringside::cpu
