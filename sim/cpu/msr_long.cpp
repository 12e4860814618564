#include "sim/cpu/msr_long.hpp"

#include "sim/cpu/long_mode.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::cpu {

namespace efer = isa::efer;
namespace msr = isa::msr;
using isa::paging::canonical;

namespace {

/// SDM 3A "Initializing IA-32e Mode": LME may change only without paging; LMA is read-only.
bool write_efer(Exec& x, u64 value) {
    const u64 old = x.s.msr.efer;
    if (value & ~(efer::SCE | efer::LME | efer::LMA | efer::NXE)) return false;
    if (((value ^ old) & efer::LME) && (x.s.cr0 & isa::cr0::PG)) return false;
    x.s.msr.efer = merge(value, old, efer::LMA);
    x.s.tlb.flush();
    x.paging_changed();
    x.end_block();
    return true;
}

}  // namespace

std::optional<u64> read_long_msr(const State& s, u32 index) {
    switch (index) {
        case msr::EFER: return s.msr.efer;
        case msr::STAR: return s.msr.star;
        case msr::LSTAR: return s.msr.lstar;
        case msr::CSTAR: return s.msr.cstar;
        case msr::FMASK: return s.msr.fmask;
        case msr::FS_BASE: return s.seg[decode::FS].base;
        case msr::GS_BASE: return s.seg[decode::GS].base;
        case msr::KERNEL_GS_BASE: return s.msr.kernel_gs_base;
        default: return std::nullopt;
    }
}

LongMsrWrite write_long_msr(Exec& x, u32 index, u64 value) {
    Msrs& m = x.s.msr;
    const auto hold = [&](bool acceptable, u64& into) {
        if (!acceptable) return LongMsrWrite::Refused;
        into = value;
        return LongMsrWrite::Done;
    };
    switch (index) {
        case msr::EFER: return write_efer(x, value) ? LongMsrWrite::Done : LongMsrWrite::Refused;
        case msr::STAR: return hold(true, m.star);
        case msr::LSTAR: return hold(canonical(value), m.lstar);
        case msr::CSTAR: return hold(canonical(value), m.cstar);
        case msr::FMASK: return hold(value >> 32 == 0, m.fmask);
        case msr::KERNEL_GS_BASE: return hold(canonical(value), m.kernel_gs_base);
        case msr::SYSENTER_ESP: return hold(canonical(value), m.sysenter_esp);
        case msr::SYSENTER_EIP: return hold(canonical(value), m.sysenter_eip);
        case msr::FS_BASE:
        case msr::GS_BASE:
            if (!canonical(value)) return LongMsrWrite::Refused;
            set_segment_base(x.s, index == msr::FS_BASE ? decode::FS : decode::GS, value);
            return LongMsrWrite::Done;
        default: return LongMsrWrite::NotThese;
    }
}

}  // namespace ringside::cpu
