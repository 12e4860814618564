// CPUID, RDTSC, RDMSR, WRMSR. SDM 2, by mnemonic.
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/cpuid.hpp"
#include "sim/isa/msrs.hpp"

namespace ringside::cpu::ops {
namespace {

using isa::Vector;
namespace msr = isa::msr;
namespace cap = isa::vmx_capability;

void CPUID(Exec& x, const Insn&) {
    const isa::cpuid::Leaf leaf = isa::cpuid::answer(u32(x.reg<4>(AX)));
    x.set_reg<4>(AX, leaf.eax);
    x.set_reg<4>(BX, leaf.ebx);
    x.set_reg<4>(CX, leaf.ecx);
    x.set_reg<4>(DX, leaf.edx);
}

u64 time_stamp(const Exec& x) { return x.now + vmx::tsc_offset(x.s); }
void RDTSC(Exec& x, const Insn&) {
    if ((x.s.cr4 & isa::cr4::TSD) && x.s.cpl > 0) return x.fault(Vector::GP, 0);
    if (x.s.vmx.non_root && vmx::primary(x.s, isa::ProcBased::RDTSC_exiting))
        return x.vm_exit(isa::ExitReason::RDTSC);
    const u64 value = time_stamp(x);
    x.set_reg<4>(AX, value);
    x.set_reg<4>(DX, value >> 32);
}

bool read_msr(const Exec& x, u32 index, u64& value) {
    const Msrs& m = x.s.msr;
    switch (index) {
        case msr::TIME_STAMP_COUNTER: value = time_stamp(x); return true;
        case msr::APIC_BASE: value = m.apic_base; return true;
        case msr::FEATURE_CONTROL: value = m.feature_control; return true;
        case msr::SYSENTER_CS: value = m.sysenter_cs; return true;
        case msr::SYSENTER_ESP: value = m.sysenter_esp; return true;
        case msr::SYSENTER_EIP: value = m.sysenter_eip; return true;
        case msr::EFER: value = m.efer; return true;
        case msr::VMX_BASIC: value = cap::basic; return true;
        case msr::VMX_PINBASED_CTLS:
        case msr::VMX_TRUE_PINBASED_CTLS: value = cap::pin.msr(); return true;
        case msr::VMX_PROCBASED_CTLS:
            value = cap::Allowed{cap::primary_default1, cap::primary.may}.msr();
            return true;
        case msr::VMX_TRUE_PROCBASED_CTLS: value = cap::primary.msr(); return true;
        case msr::VMX_EXIT_CTLS:
            value = cap::Allowed{cap::exit_default1, cap::exit.may}.msr();
            return true;
        case msr::VMX_TRUE_EXIT_CTLS: value = cap::exit.msr(); return true;
        case msr::VMX_ENTRY_CTLS:
            value = cap::Allowed{cap::entry_default1, cap::entry.may}.msr();
            return true;
        case msr::VMX_TRUE_ENTRY_CTLS: value = cap::entry.msr(); return true;
        case msr::VMX_MISC: value = cap::misc; return true;
        case msr::VMX_CR0_FIXED0: value = cap::cr0_fixed0; return true;
        case msr::VMX_CR0_FIXED1: value = cap::cr0_fixed1; return true;
        case msr::VMX_CR4_FIXED0: value = cap::cr4_fixed0; return true;
        case msr::VMX_CR4_FIXED1: value = cap::cr4_fixed1; return true;
        case msr::VMX_VMCS_ENUM: value = cap::vmcs_enum; return true;
        case msr::VMX_PROCBASED_CTLS2: value = cap::secondary.msr(); return true;
        case msr::VMX_EPT_VPID_CAP: value = cap::ept_vpid; return true;
        default: return false;
    }
}

void RDMSR(Exec& x, const Insn&) {
    const u32 index = u32(x.reg<4>(CX));
    if (x.s.vmx.non_root && vmx::msr_exits(x.s, x.ram, index, false))
        return x.vm_exit(isa::ExitReason::RDMSR);
    u64 value = 0;
    if (!read_msr(x, index, value)) return x.fault(Vector::GP, 0);
    x.set_reg<4>(AX, value);
    x.set_reg<4>(DX, value >> 32);
}

void WRMSR(Exec& x, const Insn&) {
    const u32 index = u32(x.reg<4>(CX));
    if (x.s.vmx.non_root && vmx::msr_exits(x.s, x.ram, index, true))
        return x.vm_exit(isa::ExitReason::WRMSR);
    const u64 value = x.reg<4>(DX) << 32 | x.reg<4>(AX);
    Msrs& m = x.s.msr;
    switch (index) {
        case msr::SYSENTER_CS: m.sysenter_cs = value; return;
        case msr::SYSENTER_ESP: m.sysenter_esp = value & 0xffffffff; return;
        case msr::SYSENTER_EIP: m.sysenter_eip = value & 0xffffffff; return;
        case msr::FEATURE_CONTROL:
            if (m.feature_control & msr::feature_lock) return x.fault(Vector::GP, 0);
            m.feature_control = value;
            return;
        case msr::TIME_STAMP_COUNTER: return x.not_modelled("a write to IA32_TIME_STAMP_COUNTER");
        case msr::APIC_BASE: return x.not_modelled("a write to IA32_APIC_BASE");
        case msr::EFER: return x.not_modelled("a write to IA32_EFER");
        default: return x.fault(Vector::GP, 0);
    }
}

constexpr Binding table[] = {
    {isa::Op::CPUID, [](const Insn&) -> Handler { return CPUID; }},
    {isa::Op::RDTSC, [](const Insn&) -> Handler { return RDTSC; }},
    {isa::Op::RDMSR, [](const Insn&) -> Handler { return RDMSR; }},
    {isa::Op::WRMSR, [](const Insn&) -> Handler { return WRMSR; }},
};

}  // namespace

std::span<const Binding> identification() { return table; }

}  // namespace ringside::cpu::ops
