#include "sim/cpu/bind_block.hpp"

#include "sim/cpu/guard.hpp"
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu {
namespace {

using isa::Op;

/// The status flags in two groups: CF, and the rest. Sets of them.
using Flags = u8;
constexpr Flags none = 0, carry = 1, rest = 2, all = 3;

/// What an instruction is to the status flags of those before it.
struct FlagUse {
    Flags reads = all;      ///< or may fault or stop, which shows them
    Flags replaces = none;  ///< whatever they were
    Flags read_before(Flags read_after) const { return Flags((read_after & ~replaces) | reads); }
};
constexpr FlagUse passes{none, none}, sets_all{none, all};

constexpr FlagUse of_condition(u8 code) {
    const unsigned kind = code >> 1;  // SDM 2 "Condition Test Field (tttn)"
    return {kind == 1 ? carry : kind == 3 ? all : rest, none};
}

/// By an immediate other than 0?
bool shifts_surely(const decode::Insn& i) {
    return !i.count_is_cl && (i.immediate & (i.width == 8 ? 63 : 31)) != 0;
}

FlagUse flag_use(const decode::Insn& i) {
    if (i.undefined) return {};
    if (i.op == Op::LEA || i.op == Op::NOP) return passes;
    if (i.has_memory() || i.lock) return {};
    switch (i.op) {
        case Op::MOV:
        case Op::MOVZX:
        case Op::MOVSX:
        case Op::XCHG:
        case Op::BSWAP:
        case Op::NOT:
        case Op::CBW:
        case Op::CWDE:
        case Op::CWD:
        case Op::CDQ:
        case Op::MOVSXD:
        case Op::CDQE:
        case Op::CQO: return passes;
        case Op::SETcc:
        case Op::CMOVcc: return of_condition(i.condition);
        case Op::INC:
        case Op::DEC: return {none, rest};
        case Op::ADD:
        case Op::SUB:
        case Op::CMP:
        case Op::NEG:
        case Op::AND:
        case Op::OR:
        case Op::XOR:
        case Op::TEST:
        case Op::MUL:
        case Op::IMUL: return sets_all;
        case Op::ADC:
        case Op::SBB: return {carry, all};
        case Op::SHL:
        case Op::SHR:
        case Op::SAR: return shifts_surely(i) ? sets_all : FlagUse{};
        // They set OF too, and keep the others.
        case Op::ROL:
        case Op::ROR: return shifts_surely(i) ? FlagUse{none, carry} : FlagUse{};
        case Op::RCL:
        case Op::RCR: return shifts_surely(i) ? FlagUse{carry, carry} : FlagUse{};
        default: return {};
    }
}

/// The way of executing it, when of the flags that it leaves these will be read.
Run run_of(const Handler& h, const decode::Insn& i, Flags read) {
    const bool keeps_carry = i.op == Op::INC || i.op == Op::DEC;
    if (h.run_unread && (read == none || (read == carry && keeps_carry))) return h.run_unread;
    if (h.run_carry && read == carry) return h.run_carry;
    return h.run ? h.run : threaded::step;
}

Handler bind(BoundInsn& b, bool traced) {
    const Handler h = ops::bind(b.insn);
    b.body = h.body;
    b.run = threaded::step;
    if (!b.insn.undefined && b.insn.row().guarded(traced)) {
        b.inner = b.body;
        b.body = guarded;
        return {};
    }
    return h;
}

/// From the last instruction to the first: which flags will be read?
void choose_runs(Block& block, bool traced) {
    Flags read = all;  // what runs after the block is not known
    const BoundInsn* next = nullptr;
    for (size_t n = block.count; n-- > 0; next = &block.insns[n]) {
        BoundInsn& b = block.insns[n];
        const Handler h = bind(b, traced);
        const bool before_branch = next && next->insn.op == Op::Jcc && next->run != threaded::step;
        if (before_branch && h.fused && h.fused[next->insn.condition])
            b.run = h.fused[next->insn.condition];
        else
            b.run = run_of(h, b.insn, read);
        read = flag_use(b.insn).read_before(read);
    }
}

}  // namespace

bool ends_block(const decode::Insn& i) {
    if (i.undefined || i.op == Op::Unknown) return true;
    return (i.op >= Op::JMP && i.op <= Op::RET) || (i.op >= Op::CALL_FAR && i.op <= Op::IRET) ||
           (i.op >= Op::SYSENTER && i.op <= Op::SYSRET) || i.op == Op::HLT || i.op == Op::MWAIT ||
           i.op == Op::UD2 || i.op == Op::MOV_TO_CR || i.op == Op::STI || i.op == Op::POPF;
}

void bind_block(Block& block, bool traced) {
    block.count = u32(block.insns.size());
    choose_runs(block, traced);
    u32 cycles = 0, offset = 0;
    u16 index = 0;
    for (BoundInsn& b : block.insns) {
        b.block = &block;
        b.index = index++;
        b.cycles_before = block.cycles_before_last = cycles;
        b.offset = u16(offset);
        cycles += b.cycles;
        offset += b.insn.length;
        b.next_offset = u16(offset);
    }
    block.cycles = cycles;
    BoundInsn end;
    end.block = &block;
    end.run = ends_block(block.insns.back().insn) ? threaded::leave : threaded::fall_through;
    block.insns.push_back(end);
}

bool take_data(BoundInsn& b, const decode::Decoded& now) {
    if (now.status != decode::Decoded::Ok) return false;
    decode::Insn same = now.insn;
    same.immediate = b.insn.immediate;
    same.displacement = b.insn.displacement;
    if (same != b.insn) return false;
    if (now.insn.immediate != b.insn.immediate) {
        // Where a branch goes is in links, and a count decides how a shift is executed.
        const bool shift = b.insn.op >= Op::SHL && b.insn.op <= Op::SHRD;
        if (ends_block(b.insn) || shift) return false;
    }
    b.insn.immediate = now.insn.immediate;
    b.insn.displacement = now.insn.displacement;
    return true;
}

}  // namespace ringside::cpu
