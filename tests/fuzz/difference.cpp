#include "tests/fuzz/difference.hpp"

#include <fmt/format.h>

namespace ringside::fuzz {
namespace {

class Telling {
  public:
    void number(const char* name, u64 one, u64 other) {
        if (one != other) text_ += fmt::format("  {}: {:#x}, {:#x}\n", name, one, other);
    }
    template <class Part>
    void part(const char* name, const Part& one, const Part& other) {
        if (!(one == other)) text_ += fmt::format("  {} differs\n", name);
    }
    void memory(const mem::Ram& one, const mem::Ram& other) {
        int told = 0;
        for (u64 at = 0; at < one.size() && told < 8; ++at) {
            if (at % mem::page_bytes == 0 && one.page(at >> 12) == other.page(at >> 12)) {
                at += mem::page_bytes - 1;
                continue;
            }
            const u64 a = one.read({at}, 1), b = other.read({at}, 1);
            if (a == b) continue;
            text_ += fmt::format("  memory at {:#x}: {:#x}, {:#x}\n", at, a, b);
            ++told;
        }
    }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

}  // namespace

std::string difference(const machine::Machine& one, const machine::Machine& other) {
    Telling tell;
    const cpu::State &a = one.cpu, &b = other.cpu;
    tell.number("steps", one.steps, other.steps);
    tell.number("instructions", one.instructions, other.instructions);
    tell.number("cycles", one.now, other.now);
    constexpr const char* names[] = {"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
                                     "R8",  "R9",  "R10", "R11", "R12", "R13", "R14", "R15"};
    for (size_t n = 0; n < std::size(names); ++n)
        tell.number(names[n], a.regs.gpr[n], b.regs.gpr[n]);
    tell.number("RIP", a.regs.rip, b.regs.rip);
    tell.number("RFLAGS", a.regs.flags, b.regs.flags);
    tell.part("the rest of the registers", a.regs, b.regs);
    tell.part("the segments", a.seg, b.seg);
    tell.part("LDTR", a.ldtr, b.ldtr), tell.part("TR", a.tr, b.tr);
    tell.part("GDTR", a.gdtr, b.gdtr), tell.part("IDTR", a.idtr, b.idtr);
    tell.number("CR0", a.cr0, b.cr0), tell.number("CR2", a.cr2, b.cr2);
    tell.number("CR3", a.cr3, b.cr3), tell.number("CR4", a.cr4, b.cr4);
    tell.part("the debug registers", a.dr, b.dr);
    tell.number("DR6", a.dr[6], b.dr[6]);
    tell.part("the MSRs", a.msr, b.msr);
    tell.number("CPL", a.cpl, b.cpl);
    tell.number("the interrupt shadow", u64(a.shadow), u64(b.shadow));
    tell.number("the pending debug exceptions", a.pending_debug, b.pending_debug);
    tell.number("the activity state", u64(a.activity), u64(b.activity));
    tell.part("VMX", a.vmx, b.vmx);
    tell.part("the TLB", a.tlb, b.tlb);
    tell.part("the rest of the CPU", a, b);
    tell.part("the board", one.board, other.board);
    tell.memory(one.ram, other.ram);
    return tell.text();
}

}  // namespace ringside::fuzz
