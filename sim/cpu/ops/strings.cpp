// String instructions with REP. SDM 2 "REP/REPE/REPZ/REPNE/REPNZ", "MOVS", "STOS", "LODS", "SCAS",
// "CMPS".
//
// A fault in the middle leaves the registers as the completed iterations left them, so that the
// instruction can be restarted. To keep interrupts timely a repetition is given up after a bounded
// number of iterations and goes on with the next step.
#include <algorithm>

#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/decode/decoder.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;
using decode::Seg;

constexpr u64 iterations_a_step = 256;
/// Comparisons change the flags, which a fault puts back: those of the step's beginning, so a step
/// is long.
constexpr u64 comparisons_a_step = 1 << 16;

u64 index_register(Exec& x, const Insn& i, Gpr n) {
    return x.r->gpr[n] & width_mask(i.address_size);
}
void advance(Exec& x, const Insn& i, Gpr n) {
    const u64 step = x.flag(fl::DF) ? u64(0) - i.width : i.width;
    x.set_reg(n, i.address_size, index_register(x, i, n) + step);
}

void move_once(Exec& x, const Insn& i) {
    const u64 value = x.load(i.segment, index_register(x, i, SI), i.width);
    x.store(decode::ES, index_register(x, i, DI), i.width, value);
    advance(x, i, SI);
    advance(x, i, DI);
}
void store_once(Exec& x, const Insn& i) {
    x.store(decode::ES, index_register(x, i, DI), i.width, x.reg(AX, i.width));
    advance(x, i, DI);
}
void load_once(Exec& x, const Insn& i) {
    const u64 value = x.load(i.segment, index_register(x, i, SI), i.width);
    if (i.width == 1)
        x.set_reg<1>(AX, value);
    else
        x.set_reg(AX, i.width, value);
    advance(x, i, SI);
}
void scan_once(Exec& x, const Insn& i) {
    const u64 value = x.load(decode::ES, index_register(x, i, DI), i.width);
    x.set_status(alu::sub(i.width, x.reg(AX, i.width), value).status);
    advance(x, i, DI);
}
void compare_once(Exec& x, const Insn& i) {
    // Where both would fault, Intel's processors report the second source: it is read first.
    const u64 right = x.load(decode::ES, index_register(x, i, DI), i.width);
    const u64 left = x.load(i.segment, index_register(x, i, SI), i.width);
    x.set_status(alu::sub(i.width, left, right).status);
    advance(x, i, SI);
    advance(x, i, DI);
}

using Once = void (*)(Exec&, const Insn&);

/// Where `bytes` from an offset on lie on the host, cut at the page's end: null if the slow way
/// must be taken.
u8* stretch(Exec& x, const Insn& i, Seg seg, u64 offset, bool write, u64& bytes) {
    const Segment& g = x.s.seg[seg];
    u8* host = nullptr;
    if (!(write ? x.host_for_write<1>(seg, offset, host) : x.host_for_read<1>(seg, offset, host)))
        return nullptr;
    bytes =
        std::min({bytes, 4096 - (g.linear(offset).value & 0xfff), u64(g.last() - i64(offset)) + 1});
    bytes = std::min(bytes - 1, i.address_mask - offset) + 1;  // the register may wrap
    return host;
}

/// Many repetitions of MOVS or STOS at once, upwards and within a page on each side. Returns how
/// many; 0 if the slow way must be taken.
template <Once once>
u64 at_once(Exec& x, const Insn& i, u64 most) {
    if (x.flag(fl::DF)) return 0;
    u64 bytes = most * i.width;
    const u64 to_offset = index_register(x, i, DI), from_offset = index_register(x, i, SI);
    u8* const to = stretch(x, i, decode::ES, to_offset, true, bytes);
    if (!to) return 0;
    if constexpr (once == move_once) {
        const u8* const from = stretch(x, i, i.segment, from_offset, false, bytes);
        if (!from) return 0;
        bytes -= bytes % i.width;
        if (to > from && to < from + bytes) return 0;  // what was written is read again
        std::memmove(to, from, bytes);
        x.set_reg(SI, i.address_size, from_offset + bytes);
    } else {
        bytes -= bytes % i.width;
        const u64 value = x.reg(AX, i.width);
        for (u64 at = 0; at < bytes; at += i.width) std::memcpy(to + at, &value, i.width);
    }
    x.set_reg(DI, i.address_size, to_offset + bytes);
    return bytes / i.width;
}

/// Do the bytes in memory no longer say what runs? The answer must not depend on what happens to be
/// decoded: a copy of the machine has nothing decoded, and must do the same.
bool overwritten(const Exec& x, const Insn& i) {
    std::array<u8, decode::longest_instruction> bytes{};
    for (u8 n = 0; n < i.length; ++n)
        bytes[n] = u8(x.peek_linear(x.s.seg[decode::CS].linear(x.start_rip + n), 1));
    const decode::Decoded now = decode::decode(std::span(bytes).first(i.length), x.s.code_bits());
    const Insn& j = now.insn;
    return now.status != decode::Decoded::Ok || j.op != i.op || j.length != i.length ||
           j.width != i.width || j.address_size != i.address_size || j.segment != i.segment ||
           j.rep != i.rep || j.repne != i.repne;
}

/// Must a repetition end its step early? It met a breakpoint or a device, or may have overwritten
/// its own code: a write to decoded code ends the block, but none to a block that is not kept.
bool ends_early(const Exec& x, const Insn& i) {
    if (x.breakpoints_met || x.attention.board_touched) return true;
    return (x.attention.block_ended || x.place.block->crosses_page) && overwritten(x, i);
}

/// `compares`: REPE and REPNE look at ZF; for the others both prefixes mean REP.
template <Once once, bool compares>
void string(Exec& x, const Insn& i) {
    if (!i.rep && !i.repne) return once(x, i);
    // A trap after each instruction is one after each iteration. SDM 2B
    // "REP/REPE/REPZ/REPNE/REPNZ".
    const bool traps = x.flag(fl::TF) || vmx::monitor_trap_flag(x.s);
    const u64 most = traps || x.stepping ? 1 : compares ? comparisons_a_step : iterations_a_step;
    const u64 flags_before = compares ? x.flags() : 0;
    for (u64 done = 0;;) {
        const u64 left = x.r->gpr[CX] & width_mask(i.address_size);
        if (left == 0) return;
        if (done == most) break;
        u64 now = 0;
        if constexpr (once == move_once || once == store_once)
            if (most > 1) now = at_once<once>(x, i, std::min(left, most - done));
        if (now == 0) {
            once(x, i);
            if (x.faulted()) {
                // A fault in REP CMPS or SCAS puts the flags back. SDM 2B
                // "REP/REPE/REPZ/REPNE/REPNZ".
                if constexpr (compares) x.s.regs.flags = flags_before, x.s.regs.status = {};
                return;
            }
            now = 1;
        }
        done += now;
        x.charge().repetitions += u32(now);
        x.set_reg(CX, i.address_size, left - now);
        if (x.stepping || ends_early(x, i)) break;  // TF traps after each round
        if (compares && x.flag(fl::ZF) != i.rep) return;
    }
    if ((x.r->gpr[CX] & width_mask(i.address_size)) == 0) return;
    if (compares && x.flag(fl::ZF) != i.rep) return;
    x.r->rip = x.start_rip;
    x.attention.restarts = true;
    x.end_block();
}

constexpr Binding table[] = {
    {isa::Op::MOVS, [](const Insn&) -> Handler { return string<move_once, false>; }},
    {isa::Op::STOS, [](const Insn&) -> Handler { return string<store_once, false>; }},
    {isa::Op::LODS, [](const Insn&) -> Handler { return string<load_once, false>; }},
    {isa::Op::SCAS, [](const Insn&) -> Handler { return string<scan_once, true>; }},
    {isa::Op::CMPS, [](const Insn&) -> Handler { return string<compare_once, true>; }},
};

}  // namespace

std::span<const Binding> strings() { return table; }

}  // namespace ringside::cpu::ops
