#include "tests/fuzz/worlds.hpp"

#include <string>
#include <vector>

#include "tests/unit/machine/long_machine.hpp"
#include "tests/unit/machine/v8086.hpp"

namespace ringside::fuzz {
namespace {

using machine::Machine;
namespace pg = isa::paging;

machine::Config small() { return {.ram_bytes = 4u << 20}; }

/// Handlers of 16 bytes each that step over one byte of what faulted and return.
void handlers_that_go_on(Machine& m, u32 at, unsigned bits, bool error_codes) {
    const auto handler = [&](bool drop) {
        const std::string text =
            bits == 16   ? "push bp\nmov bp, sp\ninc word [bp + 2]\npop bp\niret"
            : bits == 32 ? std::string(drop ? "add esp, 4\n" : "") + "add dword [esp], 1\niretd"
                         : std::string(drop ? "add rsp, 8\n" : "") + "add qword [rsp], 1\niretq";
        return assembler::assemble_flat(text, at, bits);  // the same bytes anywhere
    };
    const std::vector<u8> plain = handler(false), dropping = handler(true);
    for (u32 v = 0; v < 256; ++v) {
        const bool drop = error_codes && v < 32 && isa::pushes_error_code(u8(v));
        m.poke({at + 16 * v}, drop ? dropping : plain);
    }
}

Machine protected_world(u8 cpl) {
    Machine m = test::flat_machine("nop", small());
    test::kernel_tables(m);
    test::enter_ring(m, cpl);
    handlers_that_go_on(m, test::handlers_at, 32, true);
    if (cpl == 1) m.cpu.regs.flags |= u64{1} << isa::flags::IOPL_shift;
    return m;
}

Machine real_world() {
    Machine m = test::real_machine("nop");
    Machine fresh(small());
    std::vector<u8> low(0x10000);
    m.ram.copy_out({0}, low);
    fresh.poke({0}, low);
    fresh.cpu = m.cpu;
    handlers_that_go_on(fresh, test::real_handlers_at, 16, false);
    return fresh;
}

Machine code16_world() {
    Machine m = protected_world(0);
    // D = 0: the segments as they are, but with 16-bit code.
    isa::Descriptor code = isa::segment32(0, 0xffffffff, isa::access(0, isa::code_type));
    code.raw &= ~bit(54);
    m.cpu.seg[decode::CS] = cpu::Segment::from(0x08, code);
    return m;
}

Machine v8086_world(u8 iopl, bool extended) {
    Machine m = test::v8086_machine("nop", iopl);
    Machine fresh = protected_world(0);
    fresh.cpu = m.cpu;
    if (extended) fresh.cpu.cr4 |= isa::cr4::VME;
    return fresh;
}

/// Linear = physical for the memory there is, then 4 MiB of 4-KByte pages that are not all there.
Machine paged_world(u8 cpl, bool pae) {
    Machine m = protected_world(cpl);
    constexpr u64 all = pg::P | pg::RW | pg::US;
    const unsigned entry = pae ? 8 : 4;
    const u32 per_table = 4096 / entry;
    if (pae) test::put(m, test::pml4_at, test::pd_at | pg::P);  // the PDPT
    const u64 tables[] = {test::pt_at, test::pt_at + 0x1000, test::pt_at + 0x2000};
    for (u32 n = 0; n < std::size(tables); ++n)
        test::put(m, test::pd_at + entry * n, tables[n] | all, entry);
    for (u32 page = 0; page < per_table * std::size(tables); ++page) {
        // Behind the memory: pages of all kinds of rights.
        const u64 rights = page < 1024 ? all : page & 7;
        test::put(m, test::pt_at + entry * page, (u64(page % 1024) << 12) | rights, entry);
    }
    m.cpu.cr3 = pae ? test::pml4_at : test::pd_at;
    m.cpu.cr0 |= isa::cr0::PG | isa::cr0::WP;
    if (!pae) return m;
    m.cpu.cr4 |= isa::cr4::PAE;
    m.cpu.pdpte[0] = test::pd_at | pg::P;
    return m;
}

Machine long_world(Mode mode) {
    Machine m = test::long_machine("nop", mode == Mode::Long0 ? 0 : 3, small());
    handlers_that_go_on(m, test::handlers_at, 64, true);
    if (mode != Mode::Compatibility) return m;
    const isa::Descriptor code = isa::segment32(0, 0xffffffff, isa::access(3, isa::code_type));
    m.cpu.seg[decode::CS] = cpu::Segment::from(test::code32_user, code);
    m.cpu.derive_segments();
    return m;
}

Machine make(Mode mode) {
    switch (mode) {
        case Mode::Real: return real_world();
        case Mode::Code16: return code16_world();
        case Mode::Ring0: return protected_world(0);
        case Mode::Ring1: return protected_world(1);
        case Mode::Ring3: return protected_world(3);
        case Mode::V8086: return v8086_world(3, false);
        case Mode::V8086Extended: return v8086_world(0, true);
        case Mode::Paged: return paged_world(0, false);
        case Mode::PagedUser: return paged_world(3, false);
        case Mode::Pae: return paged_world(3, true);
        case Mode::Long0:
        case Mode::Long3:
        case Mode::Compatibility: return long_world(mode);
    }
    return protected_world(0);
}

bool at_real_place(Mode mode) {
    return mode == Mode::Real || mode == Mode::V8086 || mode == Mode::V8086Extended;
}

}  // namespace

const Machine& world(Mode mode) {
    static const std::vector<Machine> all = [] {
        std::vector<Machine> made;
        for (u8 n = 0; n < modes; ++n) made.push_back(make(Mode(n)));
        return made;
    }();
    return all[u8(mode)];
}

u32 code_address(Mode mode) { return at_real_place(mode) ? test::real_code_at : test::code_at; }

unsigned code_bits(Mode mode) {
    if (mode == Mode::Long0 || mode == Mode::Long3) return 64;
    return at_real_place(mode) || mode == Mode::Code16 ? 16 : 32;
}

}  // namespace ringside::fuzz
