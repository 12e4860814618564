// MONITOR and MWAIT. SDM 2B "MONITOR", "MWAIT"; SDM 3C "MWAIT".
//
// Nothing but the CPU itself writes to memory here, so a wait ends with an interrupt; a store
// between the two instructions shows by what the line holds.
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/vmx/vmx.hpp"

namespace ringside::cpu::ops {
namespace {

using isa::Vector;

std::array<u64, 8> contents(const Exec& x, u64 line) {
    std::array<u64, 8> words;
    for (unsigned n = 0; n < words.size(); ++n) words[n] = x.peek_linear({line + 8 * n}, 8);
    return words;
}

bool privileged(Exec& x) {
    if (x.s.cpl > 0) x.fault(Vector::UD);
    return x.s.cpl == 0;
}
/// No extensions are offered: ECX must be 0. False after #GP(0).
bool no_extensions(Exec& x) {
    const bool none = x.reg(CX, x.s.mode64() ? 8 : 4) == 0;
    if (!none) x.fault(Vector::GP, 0);
    return none;
}

void MONITOR(Exec& x, const Insn& i) {
    if (!privileged(x)) return;
    if (vmx::primary(x.s, isa::ProcBased::MONITOR_exiting))
        return x.vm_exit(isa::ExitReason::MONITOR);
    if (!no_extensions(x)) return;
    const u64 offset = x.r->gpr[AX] & i.address_mask;
    x.load<1>(i.segment, offset);
    if (x.faulted()) return;
    const u64 line = x.s.seg[i.segment].linear(offset).value & ~u64{Monitor::line_bytes - 1};
    x.s.monitor = {true, false, line, contents(x, line)};
}

void MWAIT(Exec& x, const Insn&) {
    if (!privileged(x)) return;
    Monitor& m = x.s.monitor;
    // SDM 3C "Exit Qualification for MWAIT": is address-range monitoring armed?
    if (vmx::primary(x.s, isa::ProcBased::MWAIT_exiting))
        return x.vm_exit(isa::ExitReason::MWAIT, m.armed);
    if (!no_extensions(x)) return;
    const bool waits = m.armed && contents(x, m.line) == m.contents;
    m = {};
    if (!waits) return;
    m.waiting = true;
    x.s.activity = Activity::Halted;
    x.end_block();
    x.emit(trace::EventKind::Halt, (x.r->flags & isa::flags::IF) != 0);
}

constexpr Binding table[] = {
    {isa::Op::MONITOR, [](const Insn&) -> Handler { return MONITOR; }},
    {isa::Op::MWAIT, [](const Insn&) -> Handler { return MWAIT; }},
};

}  // namespace

std::span<const Binding> monitoring() { return table; }

}  // namespace ringside::cpu::ops
