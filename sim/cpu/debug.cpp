#include "sim/cpu/debug.hpp"

namespace ringside::cpu::debug {

using isa::debug::Condition;
namespace dr = isa::debug;

namespace {

/// Breakpoints of the wanted conditions whose bytes overlap [first, first + width).
template <class Wanted>
u64 hits(const State& s, u64 first, unsigned width, Wanted wanted) {
    u64 met = 0;
    for (unsigned n = 0; n < dr::breakpoints; ++n) {
        if (!dr::enabled(s.dr[7], n) || !wanted(dr::condition(s.dr[7], n))) continue;
        const u64 length = dr::length(s.dr[7], n), start = s.dr[n] & ~(length - 1);
        if (first < start + length && start < first + width) met |= bit(n);
    }
    return met;
}

bool on_data(Condition c) { return c == Condition::Write || c == Condition::ReadOrWrite; }

}  // namespace

u64 data_hits(const State& s, u64 linear, unsigned width, bool write) {
    return hits(s, linear, width, [write](Condition c) {
        return c == Condition::ReadOrWrite || (write && c == Condition::Write);
    });
}

u64 port_hits(const State& s, u16 port, unsigned width) {
    if (!has(s.cr4, isa::cr4::DE)) return 0;
    return hits(s, port, width, [](Condition c) { return c == Condition::InputOutput; });
}

u64 code_hits(const State& s, u64 linear) {
    return hits(s, linear, 1, [](Condition c) { return c == Condition::Execute; });
}

bool watches_code(const State& s) {
    if (!any_enabled(s)) return false;
    for (unsigned n = 0; n < dr::breakpoints; ++n)
        if (dr::enabled(s.dr[7], n) && dr::condition(s.dr[7], n) == Condition::Execute) return true;
    return false;
}

bool watches_page(const State& s, u64 page) {
    return any_enabled(s) && hits(s, page << 12, 4096, on_data) != 0;
}

bool steps_after(const State& s, const decode::Insn& i, u64 next) {
    if (!(s.msr.debugctl & isa::debugctl::BTF)) return true;
    using isa::Op;
    const bool branch = (i.op >= Op::JMP && i.op <= Op::RET) ||
                        (i.op >= Op::CALL_FAR && i.op <= Op::IRET) ||
                        (i.op >= Op::SYSENTER && i.op <= Op::SYSRET);
    return branch && s.regs.rip != next;
}

void record(State& s, u64 what) {
    // B0–B3 are of this exception only; software clears the others.
    s.dr[6] = merge(s.dr[6], what, dr::B) | (what & dr::dr6_writable);
    s.dr[7] &= ~dr::GD;  // so that the handler can get at the registers
    s.msr.debugctl &= ~isa::debugctl::BTF;
}

}  // namespace ringside::cpu::debug
