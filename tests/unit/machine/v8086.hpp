// A machine in virtual-8086 mode under the kernel of rings.hpp, for tests.
#pragma once
#include <string_view>

#include "tests/unit/machine/real_mode.hpp"

namespace ringside::test {

/// 16-bit `text` at 0000:8000 at CPL 3 with SS:SP = 0000:7000. Events lead to ring 0's handlers.
inline machine::Machine v8086_machine(std::string_view text, u8 iopl) {
    machine::Machine m = flat_machine("hlt");
    kernel_tables(m);
    m.poke({real_code_at}, assembler::assemble_flat(text, real_code_at, 16));
    for (cpu::Segment& s : m.cpu.seg) s = cpu::Segment::v8086(0);
    m.cpu.regs.flags = isa::flags::fixed | isa::flags::VM | u64(iopl) << isa::flags::IOPL_shift;
    m.cpu.regs.rip = real_code_at;
    m.cpu.regs.gpr[cpu::SP] = real_stack;
    m.cpu.cpl = 3;
    return m;
}
/// Did the step end in ring 0's handler of this vector?
inline bool handled(const machine::Machine& m, unsigned vector) {
    return m.cpu.regs.rip == handlers_at + 16 * vector && m.cpu.cpl == 0;
}

}  // namespace ringside::test
