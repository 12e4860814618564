#include "sim/cpu/reset.hpp"

#include "sim/isa/cpuid.hpp"

namespace ringside::cpu {
namespace {

/// LDTR and TR: base 0, limit FFFFH, present.
Segment system_segment(isa::SystemType type) {
    Segment s;
    s.access = u32(type) | rights::P;
    s.limit = 0xffff;
    return s;
}

}  // namespace

State after_reset() {
    constexpr u32 features_leaf = 1;
    State s;
    s.cr0 = isa::cr0::CD | isa::cr0::NW | isa::cr0::ET;
    for (Segment& g : s.seg) g = Segment::real(0);
    // The ROM's last 16 bytes: the base is not selector * 16 until CS is loaded anew.
    // SDM 3A "First Instruction Executed".
    s.seg[decode::CS] = Segment::real(0xf000);
    s.seg[decode::CS].base = 0xffff0000;
    s.seg[decode::CS].derive();
    s.regs.rip = 0xfff0;
    s.regs.gpr[DX] = isa::cpuid::answer(features_leaf).eax;
    s.ldtr = system_segment(isa::SystemType::Ldt);
    s.tr = system_segment(isa::SystemType::TssBusy);
    return s;
}

}  // namespace ringside::cpu
