// Machines that stand in a ring other than 0, for tests.
#pragma once
#include <array>

#include "tests/unit/machine/flat_machine.hpp"

namespace ringside::test {

/// Puts the CPU at `cpl` with flat segments of that privilege.
inline void stand_in_ring(machine::Machine& m, u8 cpl) {
    const isa::Descriptor code = isa::segment32(0, 0xffffffff, isa::access(cpl, isa::code_type));
    const isa::Descriptor data = isa::segment32(0, 0xffffffff, isa::access(cpl, isa::data_type));
    for (cpu::Segment& s : m.cpu.seg) s = cpu::Segment::from(u16(0x10 | cpl), data);
    m.cpu.seg[decode::CS] = cpu::Segment::from(u16(0x08 | cpl), code);
    m.cpu.cpl = cpl;
}

/// Runs `count` steps and gives why it stopped (Limit when nothing happened).
inline machine::Stop step(machine::Machine& m, u64 count = 1, trace::Sink* sink = nullptr) {
    machine::Limits l;
    l.steps = m.steps + count;
    machine::Watch w;
    w.sink = sink;
    return machine::run(m, l, w);
}

/// A kernel of the usual shape in memory: GDT at 0x1000 (0x08 code 0, 0x10 data 0, 0x18 TSS,
/// 0x21 code 1, 0x29 data 1, 0x33 code 3, 0x3b data 3), IDT at 0x2000, TSS at 0x3000 with stacks
/// for ring 0 at 0x80000 and ring 1 at 0x88000. Every vector leads to `handlers` + 16 * vector.
inline constexpr u32 gdt_at = 0x1000, idt_at = 0x2000, tss_at = 0x3000, handlers_at = 0x4000;
inline void put(machine::Machine& m, u32 at, u64 value, unsigned bytes = 8) {
    u8 raw[8];
    for (unsigned i = 0; i < bytes; ++i) raw[i] = u8(value >> (8 * i));
    m.poke({at}, {raw, bytes});
}
inline void kernel_tables(machine::Machine& m) {
    using namespace isa;
    const u64 entries[] = {0,
                           segment32(0, 0xffffffff, access(0, code_type)).raw,
                           segment32(0, 0xffffffff, access(0, data_type)).raw,
                           tss32(tss_at, 103).raw | bit(41),
                           segment32(0, 0xffffffff, access(1, code_type)).raw,
                           segment32(0, 0xffffffff, access(1, data_type)).raw,
                           segment32(0, 0xffffffff, access(3, code_type)).raw,
                           segment32(0, 0xffffffff, access(3, data_type)).raw};
    for (u32 n = 0; n < 8; ++n) put(m, gdt_at + 8 * n, entries[n]);
    std::array<u8, 256 * 8> idt{};
    std::array<u8, 256 * 16> handlers{};
    for (u32 v = 0; v < 256; ++v) {
        const u64 gate =
            gate32(SystemType::InterruptGate, 0x08, handlers_at + 16 * v, v == 0x80 ? 3 : 0).raw;
        for (u32 n = 0; n < 8; ++n) idt[8 * v + n] = u8(gate >> (8 * n));
        handlers[16 * v] = 0xf4;  // hlt
    }
    m.poke({idt_at}, idt);
    m.poke({handlers_at}, handlers);
    put(m, tss_at + 4, 0x80000, 4);
    put(m, tss_at + 8, 0x10, 4);
    put(m, tss_at + 12, 0x88000, 4);
    put(m, tss_at + 16, 0x29, 4);
    put(m, tss_at + 100, u64(104) << 16, 4);
    m.cpu.gdtr = {gdt_at, 8 * 8 - 1};
    m.cpu.idtr = {idt_at, 256 * 8 - 1};
    m.cpu.tr = cpu::Segment::from(0x18, Descriptor{entries[3]});
}
/// The CPU as code of ring `cpl` of that kernel.
inline void enter_ring(machine::Machine& m, u8 cpl) {
    const u16 code = cpl == 0   ? 0x08
                     : cpl == 1 ? 0x21
                                : 0x33,
              data = cpl == 0   ? 0x10
                     : cpl == 1 ? 0x29
                                : 0x3b;
    stand_in_ring(m, cpl);
    for (cpu::Segment& s : m.cpu.seg) s.selector = data;
    m.cpu.seg[decode::CS].selector = code;
}

}  // namespace ringside::test
