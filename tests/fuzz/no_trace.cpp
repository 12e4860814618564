#include "tests/fuzz/no_trace.hpp"

#include <array>
#include <cstdio>

#include "sim/base/check.hpp"
#include "sim/isa/instructions.hpp"
#include "sim/isa/paging.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::fuzz {
namespace {

using machine::Machine;

/// Bits that tables gain by being looked at: A and D of paging entries and of EPT entries (5 and 6,
/// 8 and 9), the accessed and busy bits of descriptors (40 and 41, seen in their byte).
constexpr u8 bits_set_by_looking = 0x63;

/// Where the delivery may have pushed: around the stack pointer that it left behind.
class Frame {
  public:
    explicit Frame(const Machine& after) {
        const cpu::State& s = after.cpu;
        const cpu::Segment& stack = s.seg[decode::SS];
        const u64 top = s.regs.gpr[cpu::SP] & stack_mask(s);
        for (size_t n = 0; n < bytes_.size(); ++n) {
            const u64 offset = (top + n - below) & stack_mask(s);
            bytes_[n] = physical(after, stack.linear(offset));
        }
    }
    bool holds(u64 physical) const {
        for (const u64 byte : bytes_)
            if (byte == physical) return true;
        return false;
    }

  private:
    /// A delivery that itself met a fault has pushed something below, too.
    static constexpr u64 below = 64, above = 64;
    /// By the TLB, whose entry the delivery used even where the tables say something else by now.
    static u64 physical(const Machine& m, LinAddr linear) {
        const cpu::State& s = m.cpu;
        if (const auto* entry = s.tlb.find(false, linear.value >> 12, s.tlb_tag()))
            return entry->frame << 12 | (linear.value & 0xfff);
        const mem::Walk walk = mem::peek_walk(m.ram, s.paging_mode(), linear, {});
        return walk.outcome == mem::Walk::Mapped ? walk.physical.value : never;
    }
    static u64 stack_mask(const cpu::State& s) {
        if (s.mode64()) return ~u64{0};
        return s.seg[decode::SS].address_bytes == 2 ? 0xffff : 0xffffffff;
    }
    std::array<u64, below + above> bytes_{};
};

bool is_software_interrupt(u16 op) {
    for (const isa::Op one : {isa::Op::INT, isa::Op::INT3, isa::Op::INTO, isa::Op::INT1})
        if (op == u16(one)) return true;
    return false;
}

/// A repetition that faults keeps what its completed rounds have done. SDM 2B
/// "REP/REPE/REPZ/REPNE/REPNZ".
bool made_progress(const cpu::State& before, const cpu::State& after, u16 op) {
    for (const isa::Op one : {isa::Op::MOVS, isa::Op::STOS, isa::Op::LODS, isa::Op::SCAS,
                              isa::Op::CMPS, isa::Op::INS, isa::Op::OUTS})
        if (op == u16(one)) return before.regs.gpr[cpu::CX] != after.regs.gpr[cpu::CX];
    return false;
}

/// Without what is derived, which depends on the mode: a handler may be 64-bit code.
bool same_segment(const cpu::Segment& a, const cpu::Segment& b) {
    return a.selector == b.selector && a.access == b.access && a.limit == b.limit &&
           a.base == b.base;
}

void check_registers(const cpu::State& before, const cpu::State& after) {
    for (unsigned n = 0; n < 16; ++n)
        if (n != cpu::SP) RINGSIDE_CHECK(before.regs.gpr[n] == after.regs.gpr[n]);
    RINGSIDE_CHECK(before.cr0 == after.cr0 && before.cr3 == after.cr3 && before.cr4 == after.cr4);
    RINGSIDE_CHECK(before.dr == after.dr && before.msr == after.msr);
    RINGSIDE_CHECK(before.gdtr == after.gdtr && before.idtr == after.idtr);
    RINGSIDE_CHECK(before.ldtr == after.ldtr);
    // Leaving virtual-8086 mode empties them.
    if (before.v8086()) return;
    for (const unsigned n : {decode::DS, decode::ES, decode::FS, decode::GS})
        RINGSIDE_CHECK(same_segment(before.seg[n], after.seg[n]));
}

void check_memory(const Machine& before, const Machine& after) {
    const Frame frame(after);
    for (u64 at = 0; at < after.ram.size(); at += mem::page_bytes) {
        const u8* old = before.ram.page(at / mem::page_bytes);
        const u8* now = after.ram.page(at / mem::page_bytes);
        if (old == now) continue;
        for (u64 n = 0; n < mem::page_bytes; ++n) {
            if (old[n] == now[n] || frame.holds(at + n)) continue;
            const bool looked =
                (old[n] & ~now[n]) == 0 && !((old[n] ^ now[n]) & ~bits_set_by_looking);
            if (!looked)
                std::fprintf(stderr, "memory at %#lx was %#x and is %#x\n", at + n, old[n], now[n]);
            RINGSIDE_CHECK(looked);
        }
    }
}

}  // namespace

bool is_fault(const trace::Event& event) {
    using enum isa::Vector;
    if (event.kind != trace::EventKind::Exception) return false;
    for (const isa::Vector v : {DE, BR, UD, NM, TS, NP, SS, GP, PF, AC})
        if (event.vector == u8(v)) return true;
    return false;
}

void check_no_trace(const Machine& before, const Machine& after, const trace::Event& fault) {
    // A handler that is a task, or a guest's exit, saves and loads everything.
    const bool other_world = before.cpu.tr.selector != after.cpu.tr.selector ||
                             before.cpu.vmx.non_root != after.cpu.vmx.non_root;
    if (other_world || made_progress(before.cpu, after.cpu, fault.op)) return;
    // An INT n that faults on the way to its handler is counted as an instruction that ran.
    RINGSIDE_CHECK(after.instructions - before.instructions <=
                   u64{is_software_interrupt(fault.op)});
    check_registers(before.cpu, after.cpu);
    if (fault.vector != u8(isa::Vector::PF)) RINGSIDE_CHECK(before.cpu.cr2 == after.cpu.cr2);
    RINGSIDE_CHECK(before.board.serial_log() == after.board.serial_log());
    check_memory(before, after);
}

}  // namespace ringside::fuzz
