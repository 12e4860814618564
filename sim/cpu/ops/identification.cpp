// CPUID, RDTSC, RDMSR, WRMSR. SDM 2, by mnemonic.
#include "sim/cpu/msr.hpp"
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/cpuid.hpp"

namespace ringside::cpu::ops {
namespace {

using isa::Vector;

void CPUID(Exec& x, const Insn&) {
    const u32 function = u32(x.reg<4>(AX));
    isa::cpuid::Leaf leaf = isa::cpuid::answer(function, u32(x.reg<4>(CX)));
    if (function == 0x80000001 && !x.s.mode64()) leaf.edx &= ~isa::cpuid::extended_edx_SYSCALL;
    // "The APIC flag": clear while IA32_APIC_BASE turns it off. SDM 3A "Presence of the Local
    // APIC".
    if (function == 1 && !(x.board.apic_base() & isa::apic::base_msr::enable))
        leaf.edx &= ~isa::cpuid::edx_APIC;
    x.set_reg<4>(AX, leaf.eax);
    x.set_reg<4>(BX, leaf.ebx);
    x.set_reg<4>(CX, leaf.ecx);
    x.set_reg<4>(DX, leaf.edx);
}

void RDTSC(Exec& x, const Insn&) {
    if ((x.s.cr4 & isa::cr4::TSD) && x.s.cpl > 0) return x.fault(Vector::GP, 0);
    if (x.s.vmx.non_root && vmx::primary(x.s, isa::ProcBased::RDTSC_exiting))
        return x.vm_exit(isa::ExitReason::RDTSC);
    const u64 value = vmx::guest_time_stamp(x);
    x.set_reg<4>(AX, value);
    x.set_reg<4>(DX, value >> 32);
}
/// In non-root operation these two exist only with "enable RDTSCP". SDM 3C "Changes to Instruction
/// Behavior in VMX Non-Root Operation".
bool has_rdtscp(Exec& x) {
    if (!x.s.vmx.non_root || vmx::secondary(x.s, isa::ProcBased2::enable_RDTSCP)) return true;
    return x.fault(Vector::UD), false;
}
void RDTSCP(Exec& x, const Insn& i) {
    if (!has_rdtscp(x)) return;
    if ((x.s.cr4 & isa::cr4::TSD) && x.s.cpl > 0) return x.fault(Vector::GP, 0);
    if (x.s.vmx.non_root && vmx::primary(x.s, isa::ProcBased::RDTSC_exiting))
        return x.vm_exit(isa::ExitReason::RDTSCP);
    RDTSC(x, i);
    x.set_reg<4>(CX, x.s.msr.tsc_aux);
}
void RDPID(Exec& x, const Insn& i) {
    if (has_rdtscp(x)) x.set_reg<4>(i.reg0, x.s.msr.tsc_aux);
}

void RDMSR(Exec& x, const Insn&) {
    const u32 index = u32(x.reg<4>(CX));
    if (x.s.vmx.non_root && vmx::msr_exits(x.s, x.ram, index, false))
        return x.vm_exit(isa::ExitReason::RDMSR);
    const auto value = read_msr(x, index);
    if (!value) return x.fault(Vector::GP, 0);
    x.set_reg<4>(AX, *value);
    x.set_reg<4>(DX, *value >> 32);
}

void WRMSR(Exec& x, const Insn&) {
    const u32 index = u32(x.reg<4>(CX));
    if (x.s.vmx.non_root && vmx::msr_exits(x.s, x.ram, index, true))
        return x.vm_exit(isa::ExitReason::WRMSR);
    const MsrWrite write = write_msr(x, index, x.reg<4>(DX) << 32 | x.reg<4>(AX));
    if (write.outcome == MsrWrite::Refused) x.fault(Vector::GP, 0);
    if (write.outcome == MsrWrite::NotModelled) x.not_modelled(write.what);
}

constexpr Binding table[] = {
    {isa::Op::CPUID, [](const Insn&) -> Handler { return CPUID; }},
    {isa::Op::RDTSC, [](const Insn&) -> Handler { return RDTSC; }},
    {isa::Op::RDTSCP, [](const Insn&) -> Handler { return RDTSCP; }},
    {isa::Op::RDPID, [](const Insn&) -> Handler { return RDPID; }},
    {isa::Op::RDMSR, [](const Insn&) -> Handler { return RDMSR; }},
    {isa::Op::WRMSR, [](const Insn&) -> Handler { return WRMSR; }},
};

}  // namespace

std::span<const Binding> identification() { return table; }

}  // namespace ringside::cpu::ops
