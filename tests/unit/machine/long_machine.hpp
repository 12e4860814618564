// A machine in IA-32e mode, for tests: 4-level paging, identity for the first GByte in 2-MByte
// pages that all may use, and a kernel of the usual shape.
#pragma once
#include <string>

#include "sim/isa/descriptors_long.hpp"
#include "sim/isa/paging.hpp"
#include "tests/unit/machine/rings.hpp"

namespace ringside::test {

inline constexpr u32 pml4_at = 0x20000, pdpt_at = 0x21000, pd_at = 0x22000, pt_at = 0x23000;
/// GDT: 0x08 64-bit code 0, 0x10 data 0, 0x18 TSS (16 bytes), 0x28 32-bit code 3, 0x30 data 3, 0x38
/// 64-bit code 3 (the order SYSRET wants), 0x40 32-bit code 0.
inline constexpr u16 code64 = 0x08, data0 = 0x10, task = 0x18, code32_user = 0x2b, data_user = 0x33,
                     code64_user = 0x3b, code32 = 0x40;
inline constexpr u64 ist1_at = 0x78000;

inline void long_tables(machine::Machine& m) {
    using namespace isa;
    namespace pg = paging;
    constexpr u64 all = pg::P | pg::RW | pg::US;
    put(m, pml4_at, pdpt_at | all);
    put(m, pdpt_at, pd_at | all);
    for (u32 n = 0; n < 512; ++n) put(m, pd_at + 8 * n, u64(n) << 21 | all | pg::PS);
    const auto [tss_low, tss_high] = tss64(tss_at, sizeof(Tss64) - 1);
    const u64 entries[] = {0,
                           segment64(access(0, code_type)).raw,
                           segment32(0, 0xffffffff, access(0, data_type)).raw,
                           tss_low | bit(41),
                           tss_high,
                           segment32(0, 0xffffffff, access(3, code_type)).raw,
                           segment32(0, 0xffffffff, access(3, data_type)).raw,
                           segment64(access(3, code_type)).raw,
                           segment32(0, 0xffffffff, access(0, code_type)).raw};
    for (u32 n = 0; n < std::size(entries); ++n) put(m, gdt_at + 8 * n, entries[n]);
    for (u32 v = 0; v < 256; ++v) {
        const auto [low, high] =
            gate64(SystemType::InterruptGate, code64, handlers_at + 16 * v, v == 0x80 ? 3 : 0);
        put(m, idt_at + 16 * v, low);
        put(m, idt_at + 16 * v + 8, high);
        put(m, handlers_at + 16 * v, 0xf4, 1);  // hlt
    }
    put(m, tss_at + offsetof(Tss64, rsp), 0x80000);
    put(m, tss_at + offsetof(Tss64, ist), ist1_at);
    put(m, tss_at + offsetof(Tss64, io_map_base), sizeof(Tss64), 2);
    m.cpu.gdtr = {gdt_at, sizeof entries - 1};
    m.cpu.idtr = {idt_at, 256 * 16 - 1};
    m.cpu.tr = cpu::Segment::from(task, Descriptor{entries[3]});
}

/// 64-bit code of ring `cpl` that runs `text` from code_at.
inline machine::Machine long_machine(std::string_view text, u8 cpl = 0,
                                     machine::Config config = {}) {
    using namespace isa;
    machine::Machine m = flat_machine("bits 64\n" + std::string(text), config);
    long_tables(m);
    enter_ring(m, cpl);
    for (cpu::Segment& s : m.cpu.seg) s.selector = cpl == 0 ? data0 : data_user;
    m.cpu.seg[decode::CS] =
        cpu::Segment::from(cpl == 0 ? code64 : code64_user, segment64(access(cpl, code_type)));
    m.cpu.cr3 = pml4_at;
    m.cpu.cr4 |= cr4::PAE;
    m.cpu.cr0 |= cr0::PG | cr0::WP;
    m.cpu.msr.efer |= efer::LME | efer::LMA | efer::NXE | efer::SCE;
    m.cpu.derive_segments();
    return m;
}

}  // namespace ringside::test
