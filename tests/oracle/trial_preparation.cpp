// What single instructions need of the start state, so that they do something worth comparing.
#include <algorithm>
#include <cstring>

#include "sim/isa/flags.hpp"
#include "tests/oracle/trial_builder.hpp"
#include "tests/oracle/trial_draft.hpp"

namespace ringside::oracle {

using decode::Form;
using decode::Insn;
using isa::Op;
namespace fl = isa::flags;

namespace {

/// Null, code and data of this ring, of ring 0, a system segment, nothing, beyond the table.
constexpr u16 selectors[] = {
    0,    3,     0x10, 0x18, 0x20, 0x23, flat_selector, 0x2b, 0x2b, 0x40, 0x63, window_selector,
    0x17, 0xffff};

}  // namespace

bool TrialBuilder::prepare(const Encoding& e, Draft& d) {
    const Insn& i = d.i();
    switch (i.op) {
        case Op::Jcc:
        case Op::JCXZ:
        case Op::LOOP:
        case Op::LOOPE:
        case Op::LOOPNE: return prepare_jump(d);
        case Op::JMP:
        case Op::CALL: return i.form == Form::I ? prepare_jump(d) : prepare_indirect(d, false);
        case Op::JMP_FAR:
        case Op::CALL_FAR: return prepare_indirect(d, true);
        case Op::RET:
        case Op::RET_FAR:
        case Op::IRET: return prepare_return(d);
        case Op::MOVS:
        case Op::STOS:
        case Op::LODS:
        case Op::SCAS:
        case Op::CMPS:
        case Op::INS:
        case Op::OUTS: return prepare_strings(d), true;
        case Op::DIV:
        case Op::IDIV: return prepare_division(d), true;
        case Op::BT:
        case Op::BTS:
        case Op::BTR:
        case Op::BTC: return prepare_bit_string(d), true;
        case Op::MOV_TO_SREG:
        case Op::POP_SREG:
        case Op::LFAR:
        case Op::LAR:
        case Op::LSL:
        case Op::VERR:
        case Op::VERW:
        case Op::ARPL: return prepare_selector(d);
        default: return prepare_rest(e, d);
    }
}

bool TrialBuilder::prepare_jump(Draft& d) {
    const Insn& i = d.i();
    const auto& imm = d.d.z.raw.imm[0];
    const bool loops = i.op == Op::LOOP || i.op == Op::LOOPE || i.op == Op::LOOPNE;
    i32 displacement;
    if (loops && chance(2) && constrain(CX, 1 + pick(12))) {
        displacement = -i32(d.bytes.size());
        t_.job.instruction_limit = u16(t_.job.instruction_limit + 12);
    } else {
        filler_ = unsigned(pick(6));
        displacement = i32(filler_);
        if (i.op == Op::JCXZ || loops) {
            if (chance(2)) constrain(CX, pick(3));
        }
    }
    std::memcpy(&d.bytes[imm.offset], &displacement, imm.size / 8);
    return decode_both(d.bytes, bits_, d.d);
}

/// The target lies a few instructions further on; now and then the selector is none, or memory has
/// been written by then and the target is anything.
bool TrialBuilder::prepare_indirect(Draft& d, bool far) {
    const Insn& i = d.i();
    filler_ = unsigned(pick(6));
    const u64 to = trial_at + t_.job.code_length + d.bytes.size() + filler_;
    // No task: a transfer to one is an instruction of another kind.
    static constexpr u16 bad[] = {0, 0x10, flat_selector, 0xffff};
    const u16 code = bits_ == 64 ? code64_selector : code32_selector;
    const u16 selector = chance(5) ? bad[pick(std::size(bad))] : code;
    if (i.form == Form::FarPointer) {
        // 9A and EA: the offset, then the selector.
        const unsigned width = d.d.z.raw.imm[0].size / 8;
        std::memcpy(&d.bytes[d.d.z.raw.imm[0].offset], &to, width);
        std::memcpy(&d.bytes[d.bytes.size() - 2], &selector, 2);
        return decode_both(d.bytes, bits_, d.d);
    }
    if (!i.has_memory()) return constrain(i.reg0, to);
    if (!d.target || wrote_memory_) return d.uncertain = true, !far;
    const unsigned width = far ? i.operand_size : i.width;
    return patch(*d.target, width, to) && (!far || patch(*d.target + width, 2, selector));
}

/// Seldom TF and AC, which stop what follows; never NT, on which IRET differs between modes.
u64 TrialBuilder::flags_to_load(u64 flags) {
    flags &= ~fl::NT & ~(chance(6) ? 0 : fl::TF) & ~(chance(6) ? 0 : fl::AC);
    checks_alignment_ |= (flags & fl::AC) != 0;
    return flags;
}

/// What RET, RETF and IRET find on the stack. A RET right after a CALL goes back to the instruction
/// behind that and runs a second time: what lay on the stack before it is for that one.
bool TrialBuilder::prepare_return(Draft& d) {
    const Insn& i = d.i();
    const unsigned w = i.operand_size;
    const bool goes_back = called_ == t_.count && i.op == Op::RET && w == bits_ / 8;
    if (!goes_back && ((modified_ >> SP & 1) || wrote_memory_)) return false;
    u64 at = t_.job.gpr[SP] - stack_base();
    if (i.form == Form::I) {
        const u8 released = u8(pick(64));
        d.bytes[d.bytes.size() - 2] = released;
        d.bytes[d.bytes.size() - 1] = 0;
        if (goes_back) at += released;
    }
    if (goes_back) t_.job.instruction_limit = u16(t_.job.instruction_limit + called_over_ + 1);
    filler_ = unsigned(pick(6));
    const u64 to = trial_at + t_.job.code_length + d.bytes.size() + filler_;
    if (at > data_bytes - 5 * 8) return false;
    pinned_ |= 1u << SP;
    if (!patch(at, w, to)) return false;
    if (i.op == Op::RET) return true;
    static constexpr u16 bad[] = {0, 0x10, flat_selector, 0xffff};
    const u16 code = bits_ == 64 ? code64_selector : code32_selector;
    const u16 selector = chance(6) ? bad[pick(std::size(bad))] : code;
    if (!patch(at + w, w, selector)) return false;
    if (i.op == Op::RET_FAR) return true;
    const u64 kept = fl::status | fl::DF | fl::IF | fl::ID | fl::TF | fl::AC;
    if (!patch(at + 2 * w, w, (flags_to_load(random_()) & kept) | fl::fixed)) return false;
    if (bits_ != 64) return true;
    return patch(at + 3 * w, w, t_.job.gpr[SP]) && patch(at + 4 * w, w, flat_selector);
}

bool TrialBuilder::prepare_selector(Draft& d) {
    const Insn& i = d.i();
    u16 selector = selectors[pick(std::size(selectors))];
    // SS stays flat: the way out of the trial stands on it.
    const bool to_ss = i.op == Op::LFAR ? i.condition == decode::SS : i.reg0 == decode::SS;
    if (to_ss && selector == window_selector) selector = 0;
    const bool loads = i.op == Op::MOV_TO_SREG || i.op == Op::POP_SREG || i.op == Op::LFAR;
    t_.job.uses_fs_gs |= loads;
    if (i.op == Op::POP_SREG) {
        if ((modified_ >> SP & 1) || wrote_memory_) return false;
        pinned_ |= 1u << SP;
        return patch(t_.job.gpr[SP] - stack_base(), 2, selector);
    }
    if (i.has_memory()) {
        if (!d.target || wrote_memory_) return false;
        return patch(*d.target + (i.op == Op::LFAR ? i.operand_size : 0), 2, selector);
    }
    const u8 source = i.form == Form::R ? i.reg0 : i.reg1;
    return constrain(source, selector | (random_() & 0xffff0000));
}

/// Near each other, and counts that end before the page does, mostly.
void TrialBuilder::prepare_strings(const Draft& d) {
    for (const u8 n : {SI, DI})
        if (t_.job.gpr[n] - origin_ > data_bytes && t_.job.gpr[n] - high_data_at > data_bytes)
            constrain(n, origin_ + window_at + pick(window_bytes));
    if (d.i().rep || d.i().repne)
        constrain(CX, chance(24) ? pick(0x3000) : chance(6) ? 0 : pick(40));
}

/// Quotients that fit, mostly.
void TrialBuilder::prepare_division(const Draft& d) {
    if (chance(4)) return;
    const bool is_signed = d.i().op == Op::IDIV;
    const bool negative = is_signed && chance(2);
    if (d.i().width == 1)
        constrain(AX, negative ? u64(0) - pick(0x400) : pick(0x400));
    else
        constrain(DX, negative ? ~u64{0} : pick(4) == 0 ? pick(0x100) : 0);
}

/// With a register as bit offset the operand lies elsewhere: the offset is made small.
void TrialBuilder::prepare_bit_string(Draft& d) {
    if (d.i().form != Form::MR || chance(8)) return;
    const i64 offset = i64(pick(0x800)) - 0x400;
    constrain(d.i().reg0, u64(offset));
}

bool TrialBuilder::prepare_rest(const Encoding&, Draft& d) {
    const Insn& i = d.i();
    switch (i.op) {
        case Op::INT: {
            constexpr u8 linux_system_call = 0x80;
            return u8(i.immediate) != linux_system_call;
        }
        case Op::ENTER:
            // SDM 2A "ENTER" does not say whether the look at the new top checks its alignment.
            d.bytes[d.bytes.size() - 3] = u8(pick(64) & (checks_alignment_ ? ~7u : ~0u));
            d.bytes[d.bytes.size() - 2] = 0;
            if (!chance(6)) d.bytes[d.bytes.size() - 1] = u8(pick(4));
            return decode_both(d.bytes, bits_, d.d);
        case Op::POPF: {
            if ((modified_ >> SP & 1) || wrote_memory_) return false;
            pinned_ |= 1u << SP;
            return patch(t_.job.gpr[SP] - stack_base(), i.operand_size, flags_to_load(random_()));
        }
        case Op::RDFSBASE:
        case Op::RDGSBASE: t_.job.uses_fs_gs = true; return true;
        case Op::WRFSBASE:
        case Op::WRGSBASE: {
            t_.job.uses_fs_gs = true;
            const u64 not_canonical = bit(63) | random_() >> 2;
            const u64 near = pick(0x80);
            constrain(i.reg0, chance(4) ? not_canonical : chance(2) ? near : random_() >> 17);
            return true;
        }
        case Op::XLAT: constrain(BX, origin_ + window_at); return true;
        case Op::PREFETCH:
        case Op::NOP:
        default: return true;
    }
}

}  // namespace ringside::oracle
