// The fast ways into ring 0 and back. SDM 2B "SYSCALL", "SYSRET", "SYSENTER", "SYSEXIT"; SDM 3A
// "Performing Fast Calls to System Procedures". Neither reads a descriptor: the segments are flat.
#include "sim/cpu/long_mode.hpp"
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/ring_change.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;
using isa::Vector;

/// Flat, with 4 GBytes: what all four load. `code64`: L = 1, D = 0.
Segment flat_code(u16 selector, u8 cpl, bool code64) {
    isa::Descriptor d = isa::segment32(0, 0xffffffff, isa::access(cpl, isa::code_type));
    if (code64) d.raw = (d.raw & ~isa::descriptor_D) | isa::descriptor_L;
    return Segment::from(u16((selector & ~3u) | cpl), d);
}
Segment flat_data(u16 selector, u8 cpl) {
    return Segment::from(u16((selector & ~3u) | cpl),
                         isa::segment32(0, 0xffffffff, isa::access(cpl, isa::data_type)));
}

void change_ring(Exec& x, u8 cpl, const Segment& cs, const Segment& ss, u64 rip) {
    const u8 cpl_before = x.s.cpl;
    x.s.regs.rip = rip;
    x.s.seg[decode::SS] = ss;
    x.set_cpl(cpl);
    set_code_segment(x, cs);
    emit_ring_change(x, cpl_before);
}

/// Selectors lie at fixed distances from those in the MSRs. SDM 4 "IA32_STAR".
constexpr u16 next_selector = 8;
u16 star_syscall(const State& s) { return u16(s.msr.star >> 32); }
u16 star_sysret(const State& s) { return u16(s.msr.star >> 48); }

bool system_calls_on(Exec& x) {
    const bool on = x.s.mode64() && (x.s.msr.efer & isa::efer::SCE);
    if (!on) x.fault(Vector::UD);
    return on;
}
void SYSCALL(Exec& x, const Insn&) {
    if (!system_calls_on(x)) return;
    x.set_reg<8>(CX, x.r->rip);
    x.set_reg<8>(R11, x.flags() & ~fl::RF);
    x.set_flags(0, x.s.msr.fmask | fl::RF);
    const u16 cs = star_syscall(x.s);
    change_ring(x, 0, flat_code(cs, 0, true), flat_data(u16(cs + next_selector), 0), x.s.msr.lstar);
}
void SYSRET(Exec& x, const Insn& i) {
    if (!system_calls_on(x)) return;
    if (x.s.cpl != 0) return x.fault(Vector::GP, 0);
    const bool to64 = i.operand_size == 8;
    const u64 rip = to64 ? x.reg<8>(CX) : x.reg<4>(CX);
    if (!isa::paging::canonical(rip)) return x.fault(Vector::GP, 0);
    constexpr u64 loaded = fl::defined & ~(fl::RF | fl::VM);
    x.set_flags(x.reg<8>(R11), loaded | fl::RF | fl::VM);
    x.set_flags(0, fl::RF | fl::VM);
    const u16 base = star_sysret(x.s);
    change_ring(x, 3, flat_code(u16(base + (to64 ? 2 * next_selector : 0)), 3, to64),
                flat_data(u16(base + next_selector), 3), rip);
}

/// The selector in IA32_SYSENTER_CS; #GP(0) when it is null.
bool sysenter_selector(Exec& x, u16& selector) {
    selector = u16(x.s.msr.sysenter_cs & 0xfffc);
    if (x.s.protected_mode() && selector != 0) return true;
    x.fault(Vector::GP, 0);
    return false;
}
void SYSENTER(Exec& x, const Insn&) {
    u16 cs = 0;
    if (!sysenter_selector(x, cs)) return;
    const bool to64 = x.s.long_mode();
    const u64 mask = to64 ? ~u64{0} : 0xffffffff;
    x.set_flags(0, fl::VM | fl::IF | fl::RF);
    x.set_reg<8>(SP, x.s.msr.sysenter_esp & mask);
    change_ring(x, 0, flat_code(cs, 0, to64), flat_data(u16(cs + next_selector), 0),
                x.s.msr.sysenter_eip & mask);
}
void SYSEXIT(Exec& x, const Insn& i) {
    u16 cs = 0;
    if (!sysenter_selector(x, cs)) return;
    if (x.s.cpl != 0) return x.fault(Vector::GP, 0);
    const bool to64 = i.operand_size == 8;
    const u64 rsp = to64 ? x.reg<8>(CX) : x.reg<4>(CX), rip = to64 ? x.reg<8>(DX) : x.reg<4>(DX);
    if (!isa::paging::canonical(rsp) || !isa::paging::canonical(rip)) return x.fault(Vector::GP, 0);
    const u16 code = u16(cs + (to64 ? 4 : 2) * next_selector);
    x.set_reg<8>(SP, rsp);
    change_ring(x, 3, flat_code(code, 3, to64), flat_data(u16(code + next_selector), 3), rip);
}

constexpr Binding table[] = {
    {isa::Op::SYSCALL, [](const Insn&) -> Handler { return SYSCALL; }},
    {isa::Op::SYSRET, [](const Insn&) -> Handler { return SYSRET; }},
    {isa::Op::SYSENTER, [](const Insn&) -> Handler { return SYSENTER; }},
    {isa::Op::SYSEXIT, [](const Insn&) -> Handler { return SYSEXIT; }},
};

}  // namespace

std::span<const Binding> system_calls() { return table; }

}  // namespace ringside::cpu::ops
