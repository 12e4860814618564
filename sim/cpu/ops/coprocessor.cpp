// x87, MMX and SSE: their state is not modelled, the ways in which CR0 and CR4 forbid them are.
// SDM 3A "Device-Not-Available Exception (#NM)", "Processor-State Extension Management"; SDM 2
// "WAIT/FWAIT", "XGETBV", "XSETBV", "RDPMC".
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/decode/decoder.hpp"

namespace ringside::cpu::ops {
namespace {

namespace cr0 = isa::cr0;
namespace cr4 = isa::cr4;
using isa::Vector;

void X87(Exec& x, const Insn& i) {
    if (x.s.cr0 & (cr0::EM | cr0::TS)) return x.fault(Vector::NM);
    x.not_modelled(decode::mnemonic_of(i));
}
/// Waits for x87 exceptions, of which there are none.
void FWAIT(Exec& x, const Insn&) {
    constexpr u64 both = cr0::MP | cr0::TS;
    if ((x.s.cr0 & both) == both) x.fault(Vector::NM);
}
void MMX(Exec& x, const Insn& i) {
    if (x.s.cr0 & cr0::EM) return x.fault(Vector::UD);
    if (x.s.cr0 & cr0::TS) return x.fault(Vector::NM);
    x.not_modelled(decode::mnemonic_of(i));
}
void SSE(Exec& x, const Insn& i) {
    if ((x.s.cr0 & cr0::EM) || !(x.s.cr4 & cr4::OSFXSR)) return x.fault(Vector::UD);
    if (x.s.cr0 & cr0::TS) return x.fault(Vector::NM);
    x.not_modelled(decode::mnemonic_of(i));
}

/// XCR0 is there when CR4.OSXSAVE is set, which this CPU does not allow (CPUID does not offer it).
void XCR(Exec& x, const Insn& i) {
    if (!(x.s.cr4 & cr4::OSXSAVE)) return x.fault(Vector::UD);
    x.not_modelled(i.row().name);
}
/// This CPU has no performance counters: every index is out of range.
void RDPMC(Exec& x, const Insn&) {
    if (!(x.s.cr4 & cr4::PCE) && x.s.cpl > 0) return x.fault(Vector::GP, 0);
    if (vmx::primary(x.s, isa::ProcBased::RDPMC_exiting)) return x.vm_exit(isa::ExitReason::RDPMC);
    x.fault(Vector::GP, 0);
}

constexpr Binding table[] = {
    {isa::Op::X87, [](const Insn&) -> Handler { return X87; }},
    {isa::Op::FWAIT, [](const Insn&) -> Handler { return FWAIT; }},
    {isa::Op::MMX, [](const Insn&) -> Handler { return MMX; }},
    {isa::Op::SSE, [](const Insn&) -> Handler { return SSE; }},
    {isa::Op::XGETBV, [](const Insn&) -> Handler { return XCR; }},
    {isa::Op::XSETBV, [](const Insn&) -> Handler { return XCR; }},
    {isa::Op::RDPMC, [](const Insn&) -> Handler { return RDPMC; }},
};

}  // namespace

std::span<const Binding> coprocessor() { return table; }

}  // namespace ringside::cpu::ops
