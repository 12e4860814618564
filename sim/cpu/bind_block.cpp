#include "sim/cpu/bind_block.hpp"

#include "sim/cpu/guard.hpp"
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu {
namespace {

using isa::Op;

/// What an instruction is to the status flags of those before it.
enum class StatusUse {
    May,         ///< may read them, or fault, which shows them
    Passes,      ///< neither reads nor changes them, and cannot fault
    Overwrites,  ///< replaces all of them, reading none, and cannot fault
};

/// `unread`: the flags it leaves behind are read by nobody.
StatusUse status_use(const decode::Insn& i, bool unread) {
    if (i.undefined) return StatusUse::May;
    if (i.op == Op::LEA || i.op == Op::NOP) return StatusUse::Passes;
    if (i.has_memory() || i.lock) return StatusUse::May;
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
        case Op::CQO: return StatusUse::Passes;
        // They keep CF, which is read by nobody where the other flags are not.
        case Op::INC:
        case Op::DEC: return unread ? StatusUse::Passes : StatusUse::May;
        case Op::ADD:
        case Op::SUB:
        case Op::CMP:
        case Op::NEG:
        case Op::AND:
        case Op::OR:
        case Op::XOR:
        case Op::TEST: return StatusUse::Overwrites;
        case Op::SHL:
        case Op::SHR:
        case Op::SAR:
            return !i.count_is_cl && (i.immediate & (i.width == 8 ? 63 : 31)) != 0
                       ? StatusUse::Overwrites
                       : StatusUse::May;
        default: return StatusUse::May;
    }
}

Handler bind(BoundInsn& b, bool traced) {
    const Handler h = ops::bind(b.insn);
    b.body = h.body;
    b.run = h.run ? h.run : threaded::step;
    if (!b.insn.undefined && b.insn.row().guarded(traced)) {
        b.inner = b.body;
        b.body = guarded;
        b.run = threaded::step;
        return {};
    }
    return h;
}

/// From the last instruction to the first: which flags will be read?
void choose_runs(Block& block, bool traced) {
    bool unread = false;  // what runs after the block is not known
    const BoundInsn* next = nullptr;
    for (size_t n = block.count; n-- > 0; next = &block.insns[n]) {
        BoundInsn& b = block.insns[n];
        const Handler h = bind(b, traced);
        const bool before_branch = next && next->insn.op == Op::Jcc && next->run != threaded::step;
        if (before_branch && h.fused && h.fused[next->insn.condition])
            b.run = h.fused[next->insn.condition];
        else if (unread && h.run_unread)
            b.run = h.run_unread;
        switch (status_use(b.insn, unread)) {
            case StatusUse::May: unread = false; break;
            case StatusUse::Passes: break;
            case StatusUse::Overwrites: unread = true; break;
        }
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
    for (BoundInsn& b : block.insns) {
        b.block = &block;
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

}  // namespace ringside::cpu
