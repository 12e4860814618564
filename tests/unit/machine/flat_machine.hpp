// A machine with a few lines of assembly in it, for tests: 32-bit flat protected mode, CPL 0.
#pragma once
#include <string_view>

#include "sim/asm/assembler.hpp"
#include "sim/machine/run.hpp"

namespace ringside::test {

inline constexpr u32 code_at = 0x100000, stack_at = 0x90000;

/// `text` runs from `code_at`; a guest ends with `hlt` (interrupts off).
inline machine::Machine flat_machine(std::string_view text, machine::Config config = {}) {
    machine::Machine m(config);
    m.poke({code_at}, assembler::assemble_flat(text, code_at));
    m.enter_multiboot(code_at, 0);
    m.cpu.regs.gpr[cpu::SP] = stack_at;
    return m;
}

/// Collects events.
struct Events : trace::Sink {
    std::vector<trace::Event> all;
    void on(const trace::Event& e) override { all.push_back(e); }
};

}  // namespace ringside::test
