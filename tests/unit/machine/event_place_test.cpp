// Where an event says it happened: at the instruction that it belongs to, in the segment that this
// was fetched from, though the event loads CS with another.
#include <doctest/doctest.h>

#include "sim/isa/pc.hpp"
#include "tests/unit/machine/rings.hpp"

using namespace ringside;
using machine::Machine;
using trace::EventKind;

namespace {

constexpr u32 base = 0x5000, program_at = 0x6000;
constexpr u16 ring_1_code = 0x21;

/// Code of ring 1 in a segment with a base, in a kernel whose handlers lie in flat segments.
Machine program(std::string_view text) {
    Machine m = test::flat_machine("hlt");
    test::kernel_tables(m);
    const isa::Descriptor code = isa::segment32(base, 0xffffffff, isa::access(1, isa::code_type));
    test::put(m, test::gdt_at + (ring_1_code & ~7u), code.raw);
    m.poke({test::handlers_at + 16 * 0x80}, assembler::assemble_flat("iretd", 0));
    m.poke({program_at}, assembler::assemble_flat(text, program_at - base));
    test::enter_ring(m, 1);
    m.cpu.seg[decode::CS] = cpu::Segment::from(ring_1_code, code);
    m.cpu.regs.rip = program_at - base;
    return m;
}

std::vector<trace::Event> events_of(Machine& m, u64 steps) {
    test::Events events;
    test::step(m, steps, &events);
    return events.all;
}

void check_place(const trace::Event& event, u32 linear) {
    CAPTURE(int(event.kind));
    CHECK(event.address.value == linear);
    CHECK(event.phys.value == linear);  // paging is off
}

}  // namespace

TEST_CASE("an INT out of a segment with a base, and the IRET back into it") {
    Machine m = program("nop\n int 0x80\n nop");
    bool interrupt = false, back = false;
    for (const trace::Event& event : events_of(m, 3)) {
        interrupt |= event.kind == EventKind::SoftwareInterrupt;
        back |= event.kind == EventKind::InterruptReturn;
        check_place(event,
                    back || event.cpl_before == 0 ? test::handlers_at + 16 * 0x80 : program_at + 1);
    }
    CHECK(interrupt);
    CHECK(back);
}

TEST_CASE("a fault in a segment with a base") {
    Machine m = program("nop\n nop\n ud2");
    bool fault = false;
    for (const trace::Event& event : events_of(m, 3)) {
        fault |= event.kind == EventKind::Exception;
        check_place(event, program_at + 2);
    }
    CHECK(fault);
}

TEST_CASE("an external interrupt between two instructions of a segment with a base") {
    Machine m = program("nop\n nop\n nop");
    namespace port = isa::pc::port;
    for (const auto& [where, value] : {std::pair<u16, u32>{port::pic1_command, 0x11},
                                       {port::pic1_data, 0x20},
                                       {port::pic1_data, 4},
                                       {port::pic1_data, 1},
                                       {port::pic1_data, 0xfe},
                                       {port::pit_control, 0x30},
                                       {port::pit_counter0, 1},
                                       {port::pit_counter0, 0}})
        m.board.out(where, 1, value, m.now);
    m.now += 100'000;
    m.cpu.regs.flags |= isa::flags::IF;
    bool external = false;
    for (const trace::Event& event : events_of(m, 1)) {
        external |= event.kind == EventKind::ExternalInterrupt;
        check_place(event, program_at);
    }
    CHECK(external);
}
