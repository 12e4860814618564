// A machine in real mode with a few lines of 16-bit assembly in it, for tests.
#pragma once
#include <string>

#include "tests/unit/machine/rings.hpp"

namespace ringside::test {

inline constexpr u32 real_code_at = 0x8000, real_stack = 0x7000, real_handlers_at = 0x4000;

/// `text` runs from 0000:8000 with SS:SP = 0000:7000. Vector n leads to 0000:4000 + 16 * n (hlt).
inline machine::Machine real_machine(std::string_view text) {
    machine::Machine m;
    m.cpu.cr0 = isa::cr0::ET;
    m.poke({real_code_at}, assembler::assemble_flat(text, real_code_at, 16));
    for (cpu::Segment& s : m.cpu.seg) s = cpu::Segment::real(0);
    m.cpu.regs.rip = real_code_at;
    m.cpu.regs.gpr = {};
    m.cpu.regs.gpr[cpu::SP] = real_stack;
    std::array<u8, 256 * 4> table{};
    std::array<u8, 256 * 16> handlers{};
    for (u32 v = 0; v < 256; ++v) {
        const u32 handler = real_handlers_at + 16 * v;
        table[4 * v] = u8(handler), table[4 * v + 1] = u8(handler >> 8);
        handlers[16 * v] = 0xf4;
    }
    m.poke({0}, table);
    m.poke({real_handlers_at}, handlers);
    m.cpu.idtr = {0, 0x3ff};
    return m;
}
inline u64 real_handler(unsigned vector) { return real_handlers_at + 16 * vector; }
/// The word `n` of the stack.
inline u64 stack_word(const machine::Machine& m, unsigned n) {
    const u64 sp = (m.cpu.regs.gpr[cpu::SP] + 2 * n) & 0xffff;
    return m.ram.read({m.cpu.seg[decode::SS].base + sp}, 2);
}

}  // namespace ringside::test
