#include "tests/oracle/trial_builder.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "sim/decode/text.hpp"
#include "sim/isa/flags.hpp"
#include "tests/oracle/trial_draft.hpp"

namespace ringside::oracle {

using decode::Form;
using decode::Insn;
using isa::Op;
namespace fl = isa::flags;

constexpr size_t room_for_code = 104 - 2 * 15 - 16;

namespace {

u16 gpr_bit(ZydisRegister r) {
    if (r == ZYDIS_REGISTER_NONE) return 0;
    switch (ZydisRegisterGetClass(r)) {
        case ZYDIS_REGCLASS_GPR8:
            if (r >= ZYDIS_REGISTER_AH && r <= ZYDIS_REGISTER_BH)
                return u16(1u << (r - ZYDIS_REGISTER_AH));
            return u16(1u << (r <= ZYDIS_REGISTER_BL ? r - ZYDIS_REGISTER_AL
                                                     : 4 + (r - ZYDIS_REGISTER_SPL)));
        case ZYDIS_REGCLASS_GPR16:
        case ZYDIS_REGCLASS_GPR32:
        case ZYDIS_REGCLASS_GPR64: return u16(1u << ZydisRegisterGetId(r));
        default: return 0;
    }
}

struct Uses {
    u16 reads = 0, writes = 0;
    bool writes_memory = false, writes_sp_openly = false;
};
Uses uses_of(const Decoding& d) {
    Uses u;
    for (u8 n = 0; n < d.z.operand_count; ++n) {
        const ZydisDecodedOperand& o = d.operands[n];
        if (o.type == ZYDIS_OPERAND_TYPE_REGISTER) {
            const u16 bit = gpr_bit(o.reg.value);
            if (o.actions & ZYDIS_OPERAND_ACTION_MASK_READ) u.reads |= bit;
            if (o.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) {
                u.writes |= bit;
                if (bit == 1u << SP && o.visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT)
                    u.writes_sp_openly = true;
            }
        } else if (o.type == ZYDIS_OPERAND_TYPE_MEMORY) {
            u.reads |= u16(gpr_bit(o.mem.base) | gpr_bit(o.mem.index));
            if (o.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) u.writes_memory = true;
        }
    }
    // Zydis does not list the registers of all of these.
    constexpr u16 si = 1u << SI, di = 1u << DI;
    switch (d.insn.op) {
        case Op::MOVS:
        case Op::CMPS: u.writes |= si | di; break;
        case Op::LODS:
        case Op::OUTS: u.writes |= si; break;
        case Op::STOS:
        case Op::SCAS:
        case Op::INS: u.writes |= di; break;
        case Op::XLAT: u.reads |= 1u << AX; break;
        default: break;
    }
    if (d.insn.op == Op::PUSHA) u.reads = 0xff;
    if (d.insn.op == Op::POPA) u.writes |= 0xff;
    return u;
}

}  // namespace

TrialBuilder::TrialBuilder(unsigned bits, bool windowed, Vendor vendor, Random& random)
    : bits_(bits), origin_(windowed ? 0 : data_at), vendor_(vendor), random_(random) {
    Job& j = t_.job;
    j.bits = u8(bits);
    j.data_selector = windowed ? window_selector : flat_selector;
    for (u64& g : j.gpr) g = interesting();
    const bool high = bits == 64 && chance(3);
    const u64 base = high ? high_data_at : origin_, stack = high ? high_data_at : data_at;
    j.gpr[SP] = stack + stack_at + pick(0x40) * 8 + (chance(8) ? pick(8) : 0);
    if (chance(48)) j.gpr[SP] = stack + (chance(2) ? 0 : data_bytes) - 0x20 + pick(0x40);
    for (const u8 n : {BX, SI, DI})
        if (!chance(4)) j.gpr[n] = base + window_at + pick(window_bytes);
    if (!chance(4)) j.gpr[BP] = stack + frame_at + pick(0x40) * 8;
    if (bits == 32)
        for (u64& g : j.gpr) g &= 0xffffffff;
    j.flags = (random_() & (fl::status | fl::DF | fl::ID)) | fl::fixed | fl::IF;
    if (!chance(3)) j.flags &= ~fl::DF;
    checks_alignment_ = vendor != Vendor::Qemu && chance(24);  // QEMU checks none
    if (checks_alignment_) j.flags |= fl::AC;
}

u64 TrialBuilder::interesting() {
    static constexpr u64 edges[] = {
        0,  1,  2,          0x7f,       0x80,    0xff, 0x7fff, 0x8000, 0xffff,  0x7fffffff,
        31, 32, 0x80000000, 0xffffffff, ~u64{0}, 33,   63,     64,     bit(63), bit(63) - 1};
    switch (pick(4)) {
        case 0: return edges[pick(std::size(edges))];
        case 1: return pick(0x100);
        case 2: return random_() & width_mask(4);
        default: return random_();
    }
}

bool TrialBuilder::add(const Encoding& encoding, u32 index) {
    if (closed_ || t_.count == longest_trial || t_.job.code_length > room_for_code) return false;
    for (unsigned tries = 0; tries < 6; ++tries) {
        const Trial before = t_;
        const u16 pinned = pinned_;
        if (attempt(encoding, index)) return true;
        t_ = before;
        pinned_ = pinned;
    }
    return false;
}

bool TrialBuilder::attempt(const Encoding& encoding, u32 index) {
    Draft d;
    filler_ = 0;
    if (!encode(encoding, d) || !acceptable(encoding, d) || !prepare(encoding, d)) return false;
    pinned_ |= d.used;
    commit(d, index);
    return true;
}

// --- encoding ----------------------------------------------------------------------------------

bool TrialBuilder::encode(const Encoding& e, Draft& d) {
    d.bytes = e.head;
    rex(e, d);
    if (e.modrm) {
        const u8 reg = e.regs[pick(e.regs.size())];
        if (e.memory) {
            if (!memory_operand(e, d, reg)) return false;
        } else {
            const u8 rm = u8(e.rm >= 0 ? unsigned(e.rm) : pick(8));
            d.bytes.push_back(u8(0xc0 | reg << 3 | rm));
        }
    }
    if (chance(20)) override_segment(d);
    for (unsigned n = 0; n < 10; ++n) d.bytes.push_back(u8(random_()));
    if (!decode_both(d.bytes, bits_, d.d)) return false;
    d.bytes.resize(d.d.z.length);
    if (d.i().op != e.sample.op || d.i().form != e.sample.form || d.d.z.mnemonic != e.mnemonic)
        return false;
    // A RIP-relative displacement counts from the instruction's end.
    const bool from_rip =
        bits_ == 64 && e.memory && e.modrm && d.d.z.raw.modrm.mod == 0 && d.d.z.raw.modrm.rm == 5 &&
        d.d.z.raw.disp.size == 32;  // MOV of CR0 and its like ignore the mod field
    if (from_rip && d.target) {
        const u64 end = trial_at + t_.job.code_length + d.bytes.size();
        const u32 displacement = u32(data_at + *d.target - end);
        std::memcpy(&d.bytes[d.d.z.raw.disp.offset], &displacement, 4);
    }
    return decode_both(d.bytes, bits_, d.d);
}

/// Where the other segment's base is not the same, the operand lies elsewhere.
void TrialBuilder::override_segment(Draft& d) {
    constexpr u8 es = 0x26, cs = 0x2e, ss = 0x36, ds = 0x3e, fs = 0x64, gs = 0x65;
    // QEMU looks neither at types nor at null selectors: there only the first three.
    static constexpr u8 overrides[] = {es, ss, ds, cs, fs, gs};
    const u8 chosen = overrides[pick(vendor_ == Vendor::Qemu ? 3 : std::size(overrides))];
    d.bytes.insert(d.bytes.begin(), chosen);
    const bool flat = bits_ == 64 || t_.job.data_selector == flat_selector;
    const bool based = chosen == fs || chosen == gs;
    t_.job.uses_fs_gs |= based;
    if (!flat || based) d.elsewhere = true, d.target.reset();
}

/// In 64-bit mode: the bits that name R8 to R15, and VEX's of the same kind.
void TrialBuilder::rex(const Encoding& e, Draft& d) {
    if (e.vex) {
        constexpr u8 vvvv = 0x78, low_eight = 0x40;
        if ((d.bytes[2] & vvvv) != vvvv)
            d.bytes[2] = u8((d.bytes[2] & ~vvvv) | low_eight | (pick(8) << 3));
        if (bits_ == 64) {
            if ((d.bytes[2] & vvvv) != vvvv && chance(2)) d.bytes[2] ^= low_eight;
            if (chance(2)) d.bytes[1] ^= 0x80;
            if (chance(2) && !e.memory) d.bytes[1] ^= 0x20;
        }
        return;
    }
    if (bits_ != 64) return;
    // Where REX stands, or would: after the legacy prefixes.
    size_t at = 0;
    while (at < d.bytes.size() && (d.bytes[at] == 0x66 || d.bytes[at] == 0x67 ||
                                   (d.bytes[at] & 0xfd) == 0xf0 || d.bytes[at] == 0xf3))
        ++at;
    constexpr u8 rex_r = 4, rex_b = 1;
    const u8 extra = u8((chance(2) ? rex_r : 0) | (chance(2) && !e.memory ? rex_b : 0));
    const bool has_rex = (d.bytes[at] & 0xf0) == 0x40;
    // Operands that ModRM does not name would change their meaning: XCHG R8, RAX is no NOP.
    const u8 usable = e.modrm ? extra : u8(extra & rex_b);
    if (has_rex)
        d.bytes[at] |= usable;
    else if (chance(2))
        d.bytes.insert(d.bytes.begin() + long(at), u8(0x40 | usable));
}

u64 TrialBuilder::target(const Encoding& e) {
    u64 at = window_at + pick(window_bytes);
    const bool sixteen = e.mnemonic == ZYDIS_MNEMONIC_CMPXCHG16B;  // others give #GP
    const unsigned align = sixteen                        ? (chance(8) ? 8 : 16)
                           : e.sample.op == Op::CMPXCHG8B ? 8
                           : e.sample.lock                ? e.sample.width
                                                          : 1;
    return align_down(at, std::max(align, 1u));
}

bool TrialBuilder::memory_operand(const Encoding& e, Draft& d, u8 reg) {
    u64 at = target(e);
    const bool aligned =
        e.sample.lock || e.sample.op == Op::CMPXCHG8B || e.sample.op == Op::CMPXCHG16B;
    if (chance(32)) {
        at = data_bytes + pick(0x2000);  // the hole, read-only data
    } else if (!aligned && chance(24)) {
        // Across the ends of what is present.
        static constexpr u64 ends[] = {0, data_bytes, data_bytes + 0x1000, data_bytes + 0x2000};
        at = ends[pick(std::size(ends))] - pick(9);
    }
    if (at <= data_bytes - e.sample.width) d.target = at;
    if (e.sample.address_size == 2)
        memory16(d, reg, at + (t_.job.data_selector == window_selector ? 0 : data_at));
    else
        memory32(e, d, reg, at);
    return true;
}

void TrialBuilder::memory16(Draft& d, u8 reg, u64 target) {
    struct Base {
        u8 first, second;
    };
    constexpr u8 none = 0xff;
    static constexpr Base bases[] = {{BX, SI},   {BX, DI},   {BP, SI},   {BP, DI},
                                     {SI, none}, {DI, none}, {BP, none}, {BX, none}};
    const u8 rm = u8(pick(8));
    const Base b = bases[rm];
    const u16 needed = u16(1u << b.first | (b.second == none ? 0u : 1u << b.second));
    if ((needed & modified_) || (b.first == BP && t_.job.data_selector == window_selector)) {
        d.bytes.insert(d.bytes.end(), {u8(reg << 3 | 6), u8(target), u8(target >> 8)});
        return;
    }
    d.used |= needed;
    const u64 sum = t_.job.gpr[b.first] + (b.second == none ? 0 : t_.job.gpr[b.second]);
    const u16 displacement = u16(target - sum);
    d.bytes.insert(d.bytes.end(),
                   {u8(0x80 | reg << 3 | rm), u8(displacement), u8(displacement >> 8)});
}

void TrialBuilder::memory32(const Encoding& e, Draft& d, u8 reg, u64 target) {
    const auto push32 = [&](u32 v) {
        for (unsigned n = 0; n < 4; ++n) d.bytes.push_back(u8(v >> (8 * n)));
    };
    const auto& gpr = t_.job.gpr;
    const u64 mask = width_mask(e.sample.address_size);
    const auto value = [&](u8 n) { return gpr[n] & mask; };
    u64 linear = origin_ + target;
    std::vector<u8> bases;
    for (u8 n = 0; n < 8; ++n) {
        if (modified_ >> n & 1) continue;
        if ((n == SP || n == BP) && origin_ == 0) continue;  // SS is flat
        bases.push_back(n);
    }
    const unsigned style = unsigned(pick(4));
    const bool wraps = e.sample.address_size == 4;
    const auto fits = [&](u64 sum, u64 to) {
        return wraps || (i64(to - sum) >= INT32_MIN && i64(to - sum) <= INT32_MAX);
    };
    if (style > 0 && !bases.empty()) {
        const u8 base = bases[pick(bases.size())];
        const u8 index = bases[pick(bases.size())], scale = u8(pick(4));
        const bool with_index = (style > 1 && index != SP) || base == SP;
        const u64 sum = value(base) + (style > 1 && index != SP ? value(index) << scale : 0);
        const u64 to = fits(sum, linear) ? linear : high_data_at + target;
        if (fits(sum, to)) {
            const u32 displacement = u32(to - sum);
            const bool byte = i32(displacement) == i32(i8(displacement));
            const u8 mode = byte ? 0x40 : 0x80;
            d.used |= u16(1u << base);
            if (with_index) {
                const u8 real = style > 1 && index != SP ? index : 4;
                if (real != 4) d.used |= u16(1u << index);
                d.bytes.push_back(u8(mode | reg << 3 | 4));
                d.bytes.push_back(u8(scale << 6 | real << 3 | base));
            } else {
                d.bytes.push_back(u8(mode | reg << 3 | base));
            }
            if (byte)
                d.bytes.push_back(u8(displacement));
            else
                push32(displacement);
            return;
        }
    }
    if (bits_ == 64 && chance(2)) {
        // [disp32] needs a SIB byte here; without one it is RIP-relative.
        d.bytes.push_back(u8(reg << 3 | 4));
        d.bytes.push_back(0x25);
    } else {
        d.bytes.push_back(u8(reg << 3 | 5));
    }
    push32(u32(linear));
}

// --- book-keeping ------------------------------------------------------------------------------

Count TrialBuilder::count_of(const Insn& i) const {
    if (!i.count_is_cl) return {true, u8(i.immediate)};
    return {!(modified_ & (1u << CX)), u8(t_.job.gpr[CX])};
}

bool TrialBuilder::acceptable(const Encoding& e, const Draft& d) {
    const Uses u = uses_of(d.d);
    // The stack pointer is seldom made another; some opcodes name no other register.
    if (u.writes_sp_openly && !chance(e.modrm ? 16 : 2)) return false;
    if (u.reads & t_.masked_registers) return false;
    if (d.d.z.cpu_flags && (d.d.z.cpu_flags->tested & tainted_)) return false;
    if (incomparable(d.d, vendor_)) return false;
    // What is not compared must lie at a known place, in memory.
    if (d.elsewhere && e.memory && mask_of(d.i(), count_of(d.i()), vendor_).result) return false;
    if (has(unlike(d.d, vendor_), Unlike::SlotHalf)) {
        const u64 top = t_.job.gpr[SP] - stack_base();
        const unsigned width = d.i().operand_size;
        if ((modified_ >> SP & 1) || top < width || top > data_bytes - width || top % width)
            return false;
    }
    // 16-bit addresses reach nothing but through the window.
    if (e.sample.address_size == 2 && t_.job.data_selector != window_selector && bits_ == 32 &&
        !chance(16))
        return false;
    return true;
}

void TrialBuilder::commit(const Draft& d, u32 index) {
    const Insn& i = d.i();
    Placed& placed = t_.insns[t_.count++];
    const u8 unlike = oracle::unlike(d.d, vendor_);
    t_.job.may_go_round |= d.uncertain;
    placed = {index, t_.job.code_length, d.uncertain, unlike, i};
    std::copy(d.bytes.begin(), d.bytes.end(), t_.job.code.begin() + t_.job.code_length);
    t_.job.code_length = u8(t_.job.code_length + d.bytes.size());
    t_.job.instruction_limit = u16(t_.job.instruction_limit + 1);
    const Mask mask = mask_of(i, count_of(i), vendor_);
    if (i.count_is_cl) pinned_ |= 1u << CX;
    const Uses u = uses_of(d.d);
    const bool sets_flags = d.d.z.cpu_flags && !i.rep && !i.repne && !i.count_is_cl &&
                            !(i.op >= Op::SHL && i.op <= Op::SHRD);
    if (sets_flags) {
        const auto& f = *d.d.z.cpu_flags;
        tainted_ &= ~u64(f.modified | f.set_0 | f.set_1);
    }
    tainted_ |= mask.flags;
    t_.masked_at_fault |= mask.flags;
    if (mask.result) {
        if (d.d.operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER) {
            t_.masked_registers |= u.writes;
        } else if (d.target) {
            t_.masked_at = u16(*d.target);
            t_.masked_bytes = i.width;
            closed_ = true;
        }
    }
    if (has(unlike, Unlike::SlotHalf) && i.op == Op::PUSH_SREG) {
        t_.masked_at = u16(t_.job.gpr[SP] - stack_base() - i.operand_size + 2);
        t_.masked_bytes = u16(i.operand_size - 2);
        closed_ = true;
    }
    const bool stack_untouched = !(modified_ >> SP & 1) && !wrote_memory_;
    modified_ |= u.writes;
    wrote_memory_ |= u.writes_memory;
    if (filler_ > 0) fill_after(filler_);
    const bool called = i.op == Op::CALL && i.operand_size == bits_ / 8 && !d.uncertain;
    if (called && stack_untouched) called_ = t_.count, called_over_ = filler_;
}

/// One-byte instructions that leave a trace, for jumps to go over.
void TrialBuilder::fill_after(unsigned bytes) {
    constexpr u8 cwde = 0x98, cmc = 0xf5, clc = 0xf8, stc = 0xf9, nop = 0x90, std_ = 0xfd;
    static constexpr u8 fillers[] = {cwde, cmc, clc, stc, nop, std_};
    for (unsigned n = 0; n < bytes; ++n)
        t_.job.code[t_.job.code_length++] = fillers[pick(std::size(fillers))];
    t_.job.instruction_limit = u16(t_.job.instruction_limit + bytes);
    modified_ |= 1u << AX;
}

bool TrialBuilder::constrain(u8 reg, u64 value) {
    if ((modified_ | pinned_) >> reg & 1) return false;
    t_.job.gpr[reg] = bits_ == 32 ? value & 0xffffffff : value;
    pinned_ |= u16(1u << reg);
    return true;
}

u64 TrialBuilder::stack_base() const {
    return bits_ == 64 && t_.job.gpr[SP] >= high_data_at ? high_data_at : data_at;
}

bool TrialBuilder::patch(u64 offset, unsigned width, u64 value) {
    Job& j = t_.job;
    if (j.patch_count == j.patches.size() || offset > data_bytes - width) return false;
    for (const Patch& other : std::span(j.patches).first(j.patch_count))
        if (offset < u64(other.offset) + other.width && other.offset < offset + width) return false;
    j.patches[j.patch_count++] = {u16(offset), u8(width), value};
    return true;
}

Trial TrialBuilder::finish() {
    t_.masked_flags = tainted_;
    // A jump may land between instructions, where an override may stand.
    const auto code = std::span(t_.job.code).first(t_.job.code_length);
    t_.job.uses_fs_gs |= std::ranges::any_of(code, [](u8 byte) { return (byte & 0xfe) == 0x64; });
    return t_;
}

bool Trial::uncertain() const {
    return std::any_of(insns.begin(), insns.begin() + count,
                       [](const Placed& p) { return p.uncertain; });
}

std::string Trial::text() const {
    std::string out;
    size_t at = 0;
    while (at < job.code_length) {
        const auto shown = decode::disassemble(
            std::span(job.code).subspan(at, size_t(job.code_length) - at), trial_at + at, job.bits);
        if (!shown) return out + "?";
        out += shown->text + "; ";
        at += shown->length;
    }
    return out;
}

}  // namespace ringside::oracle
