// SWAPGS, the bases of FS and GS, and what came with SMAP and PCIDs. SDM 2A "CLAC", "INVPCID";
// SDM 2B "RDFSBASE/RDGSBASE", "STAC", "SWAPGS"; SDM 2D "WRFSBASE/WRGSBASE".
#include <utility>

#include "sim/cpu/long_mode.hpp"
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::cpu::ops {
namespace {

namespace cr4 = isa::cr4;
namespace fl = isa::flags;
using isa::Vector;

void SWAPGS(Exec& x, const Insn&) {
    if (!x.s.mode64()) return x.fault(Vector::UD);
    if (x.s.cpl != 0) return x.fault(Vector::GP, 0);
    const u64 base = x.s.seg[decode::GS].base;
    set_segment_base(x.s, decode::GS, std::exchange(x.s.msr.kernel_gs_base, base));
}

bool bases_offered(Exec& x) {
    const bool offered = x.s.mode64() && (x.s.cr4 & cr4::FSGSBASE);
    if (!offered) x.fault(Vector::UD);
    return offered;
}
template <decode::Seg seg>
void read_base(Exec& x, const Insn& i) {
    if (bases_offered(x)) x.set_reg(i.reg0, i.width, x.s.seg[seg].base);
}
template <decode::Seg seg>
void write_base(Exec& x, const Insn& i) {
    if (!bases_offered(x)) return;
    const u64 base = x.reg(i.reg0, i.width);
    if (!isa::paging::canonical(base)) return x.fault(Vector::GP, 0);
    set_segment_base(x.s, seg, base);
    x.end_block();
}

template <u64 value>
void set_ac(Exec& x, const Insn&) {
    if (x.s.cpl != 0 || x.s.v8086() || !x.s.protected_mode()) return x.fault(Vector::UD);
    x.set_flags(value, fl::AC);
    x.end_block();
}

/// SDM 2A "INVPCID", Table "INVPCID Descriptor": PCID in bits 11:0, reserved to 63, then the linear
/// address.
enum class Invalidate : u64 { Address, Context, All, AllButGlobal };
void INVPCID(Exec& x, const Insn& i) {
    const State& s = x.s;
    if (vmx::invlpg_exits(s))
        return x.vm_exit(isa::ExitReason::INVPCID, vmx::displacement_qualification(x, i));
    if (s.v8086()) return x.fault(Vector::GP, 0);
    const u64 type = x.reg(i.reg0, s.mode64() ? 8 : 4), at = x.address(i);
    const u64 low = x.load<8>(i.segment, at), linear = x.load<8>(i.segment, at + 8);
    if (x.faulted()) return;
    const bool offered = type <= u64(Invalidate::AllButGlobal);
    const bool by_pcid = type <= u64(Invalidate::Context);
    const bool no_such_pcid = by_pcid && !(s.cr4 & cr4::PCIDE) && (low & isa::pcid_mask) != 0;
    const bool bad_address = type == u64(Invalidate::Address) && !isa::paging::canonical(linear);
    if (!offered || (low & ~isa::pcid_mask) || no_such_pcid || bad_address)
        return x.fault(Vector::GP, 0);
    const mem::TlbTag tag{u16(low & isa::pcid_mask)};
    switch (Invalidate(type)) {
        case Invalidate::Address: x.s.tlb.flush_address(linear >> 12, tag); break;
        case Invalidate::Context: x.s.tlb.flush_context(tag); break;
        case Invalidate::All: x.s.tlb.flush(); break;
        case Invalidate::AllButGlobal: x.s.tlb.flush_non_global(); break;
    }
    x.paging_changed();
    x.end_block();
}

constexpr Binding table[] = {
    {isa::Op::SWAPGS, [](const Insn&) -> Handler { return SWAPGS; }},
    {isa::Op::RDFSBASE, [](const Insn&) -> Handler { return read_base<decode::FS>; }},
    {isa::Op::RDGSBASE, [](const Insn&) -> Handler { return read_base<decode::GS>; }},
    {isa::Op::WRFSBASE, [](const Insn&) -> Handler { return write_base<decode::FS>; }},
    {isa::Op::WRGSBASE, [](const Insn&) -> Handler { return write_base<decode::GS>; }},
    {isa::Op::CLAC, [](const Insn&) -> Handler { return set_ac<0>; }},
    {isa::Op::STAC, [](const Insn&) -> Handler { return set_ac<fl::AC>; }},
    {isa::Op::INVPCID, [](const Insn&) -> Handler { return INVPCID; }},
};

}  // namespace

std::span<const Binding> long_mode_operations() { return table; }

}  // namespace ringside::cpu::ops
