// The local APIC and the I/O APIC, and how they and the 8259s share the CPU.
#include <doctest/doctest.h>

#include "sim/dev/board.hpp"

using namespace ringside;
using namespace ringside::dev;
namespace a = ringside::isa::apic;
namespace e = ringside::isa::apic::entry;
namespace r = ringside::isa::apic::reg;

namespace {
constexpr u64 hz = 100'000'000;
constexpr u32 fixed_self = u32(a::Shorthand::Self) << e::shorthand_shift;

LocalApic enabled() {
    LocalApic apic;
    apic.write(r::svr, a::svr_enable | 0x3f, 0);
    return apic;
}
void request(LocalApic& apic, u8 vector) { apic.write(r::icr_low, fixed_self | vector, 0); }

u32 read(Board& b, u64 base, u32 offset, Cycle now = 0) {
    return u32(b.read_memory({base + offset}, 4, now));
}
void write(Board& b, u64 base, u32 offset, u32 value, Cycle now = 0) {
    b.write_memory({base + offset}, 4, value, now);
}
void redirect(Board& b, unsigned pin, u32 low) {
    write(b, a::io_base, a::io::select, a::io::table + 2 * pin + 1);
    write(b, a::io_base, a::io::window, 0);
    write(b, a::io_base, a::io::select, a::io::table + 2 * pin);
    write(b, a::io_base, a::io::window, low);
}
u32 redirection(Board& b, unsigned pin) {
    write(b, a::io_base, a::io::select, a::io::table + 2 * pin);
    return read(b, a::io_base, a::io::window);
}
void enable(Board& b) { write(b, a::local_base, r::svr, a::svr_enable | 0xff); }
void end(Board& b) { write(b, a::local_base, r::eoi, 0); }
/// COM1 asks for an interrupt as soon as it may.
void use_serial(Board& b) {
    using namespace isa::pc;
    b.out(port::com1 + uart::mcr, 1, uart::mcr_out2, 0);
    b.out(port::com1 + uart::ier, 1, uart::ier_received, 0);
}
void initialize_pics(Board& b) {
    using namespace isa::pc;
    for (const u16 command : {port::pic1_command, port::pic2_command}) {
        const bool first = command == port::pic1_command;
        b.out(command, 1, pic::icw1 | pic::icw1_icw4, 0);
        b.out(u16(command + 1), 1, first ? 0x20 : 0x28, 0);
        b.out(u16(command + 1), 1, first ? 1 << irq::cascade : irq::cascade, 0);
        b.out(u16(command + 1), 1, pic::icw4_8086, 0);
    }
}
}  // namespace

TEST_CASE("after power-up the local APIC is off, its table masked") {
    LocalApic apic;
    CHECK(apic.read(r::svr, 0) == 0xff);
    CHECK(apic.read(r::version, 0) == a::version);
    CHECK(apic.read(r::dfr, 0) == 0xffffffff);
    for (u32 lvt = r::lvt_timer; lvt <= r::lvt_error; lvt += 0x10) {
        apic.write(lvt, 0x40, 0);  // the mask stays while it is off
        CHECK(apic.read(lvt, 0) == (e::masked | 0x40));
    }
    request(apic, 0x40);
    CHECK(!apic.interrupt_pending());
    apic.write(r::svr, a::svr_enable, 0);
    CHECK(!apic.interrupt_pending());  // what came while it was off is lost
}

TEST_CASE("vectors are taken in the order of their priority, nested by class") {
    LocalApic apic = enabled();
    request(apic, 0x31);
    request(apic, 0x45);
    request(apic, 0x47);
    CHECK(apic.requested().has(0x31));
    REQUIRE(apic.interrupt_pending());
    CHECK(apic.acknowledge() == 0x47);
    CHECK(!apic.interrupt_pending());  // 45h is of the same class
    CHECK(apic.read(r::ppr, 0) == 0x40);
    request(apic, 0x50);
    REQUIRE(apic.interrupt_pending());
    CHECK(apic.acknowledge() == 0x50);
    apic.write(r::eoi, 0, 0);
    CHECK(!apic.in_service().has(0x50));
    CHECK(apic.in_service().has(0x47));
    apic.write(r::eoi, 0, 0);
    CHECK(apic.acknowledge() == 0x45);
    apic.write(r::eoi, 0, 0);
    CHECK(apic.acknowledge() == 0x31);
}

TEST_CASE("the task priority holds back its class and those below") {
    struct Row {
        u32 tpr;
        u8 vector;
        bool taken;
    };
    for (const Row& row : {Row{0x00, 0x20, true}, Row{0x20, 0x2f, false}, Row{0x2f, 0x30, true},
                           Row{0xff, 0xf0, false}}) {
        CAPTURE(row.tpr);
        LocalApic apic = enabled();
        apic.write(r::tpr, row.tpr, 0);
        request(apic, row.vector);
        CHECK(apic.interrupt_pending() == row.taken);
        CHECK(apic.task_priority_class() == row.tpr >> 4);
    }
    LocalApic apic = enabled();
    CHECK(apic.acknowledge() ==
          0x3f);  // nothing there: the spurious vector, and nothing in service
    CHECK(apic.in_service().highest() == -1);
}

TEST_CASE("the timer counts down by its divisor, once or again and again") {
    struct Row {
        u32 divide;
        u64 by;
        bool periodic;
    };
    for (const Row& row : {Row{0b1011, 1, false}, Row{0b0000, 2, true}, Row{0b0011, 16, true},
                           Row{0b1010, 128, false}}) {
        CAPTURE(row.by);
        LocalApic apic = enabled();
        apic.write(r::divide, row.divide, 0);
        apic.write(r::lvt_timer, 0x55 | (row.periodic ? e::timer_periodic : 0), 0);
        apic.write(r::initial_count, 1000, 10);
        CHECK(apic.next_event() == 10 + 1000 * row.by);
        CHECK(apic.read(r::current_count, 10 + 400 * row.by) == 600);
        apic.advance(10 + 1000 * row.by - 1);
        CHECK(!apic.interrupt_pending());
        apic.advance(10 + 1000 * row.by);
        REQUIRE(apic.interrupt_pending());
        CHECK(apic.acknowledge() == 0x55);
        apic.write(r::eoi, 0, 10 + 1000 * row.by);
        CHECK(apic.next_event() == (row.periodic ? 10 + 2000 * row.by : never));
        CHECK(apic.read(r::current_count, 10 + 1300 * row.by) == (row.periodic ? 700 : 0));
        apic.advance(10 + 7777 * row.by);  // many periods at once are one request
        CHECK(apic.interrupt_pending() == row.periodic);
        CHECK(apic.next_event() == (row.periodic ? 10 + 8000 * row.by : never));
    }
}

TEST_CASE("a masked timer counts on and asks for nothing; a count of 0 stops it") {
    LocalApic apic = enabled();
    apic.write(r::divide, 0b1011, 0);
    apic.write(r::lvt_timer, 0x55 | e::masked, 0);
    apic.write(r::initial_count, 1000, 0);
    CHECK(apic.next_event() == never);
    CHECK(apic.read(r::current_count, 100) == 900);
    apic.advance(2000);
    CHECK(!apic.interrupt_pending());
    apic.write(r::lvt_timer, 0x55, 2000);
    apic.write(r::initial_count, 1000, 2000);
    apic.write(r::initial_count, 0, 2500);
    CHECK(apic.next_event() == never);
    CHECK(apic.read(r::current_count, 2600) == 0);
}

TEST_CASE("interrupts to itself: by shorthand, by its ID, by its logical address") {
    struct Row {
        const char* name;
        u32 high, low;
        bool comes;
    };
    const auto shorthand = [](a::Shorthand s) { return u32(s) << e::shorthand_shift; };
    for (const Row& row :
         {Row{"self", 0, shorthand(a::Shorthand::Self), true},
          Row{"all", 0, shorthand(a::Shorthand::All), true},
          Row{"others", 0, shorthand(a::Shorthand::Others), false},
          Row{"its ID", 3u << 24, 0, true}, Row{"another", 4u << 24, 0, false},
          Row{"broadcast", 0xffu << 24, 0, true}, Row{"logical", 0x06u << 24, e::logical, true},
          Row{"logical, another", 0x08u << 24, e::logical, false}}) {
        CAPTURE(row.name);
        LocalApic apic = enabled();
        apic.write(r::id, 3u << 24, 0);
        apic.write(r::ldr, 0x02u << 24, 0);
        apic.write(r::icr_high, row.high, 0);
        apic.write(r::icr_low, row.low | 0x77, 0);
        CHECK(apic.interrupt_pending() == row.comes);
        CHECK(!apic.not_modelled());
    }
}

TEST_CASE("illegal vectors and registers are errors, shown after a write to the ESR") {
    struct Row {
        const char* name;
        void (*act)(LocalApic&);
        u32 error;
    };
    for (const Row& row :
         {Row{"send", [](LocalApic& l) { request(l, 5); }, a::error::send_illegal_vector},
          Row{"receive",
              [](LocalApic& l) {
                  l.accept({5, a::Delivery::Fixed, false, false, 0xff});
              },
              a::error::receive_illegal_vector},
          Row{"register", [](LocalApic& l) { l.read(0x3f0, 0); }, a::error::illegal_register},
          Row{"register written", [](LocalApic& l) { l.write(0x40, 1, 0); },
              a::error::illegal_register}}) {
        CAPTURE(row.name);
        LocalApic apic = enabled();
        apic.write(r::lvt_error, 0x66, 0);
        row.act(apic);
        CHECK(apic.read(r::esr, 0) == 0);
        apic.write(r::esr, 0, 0);
        CHECK(apic.read(r::esr, 0) == row.error);
        CHECK(apic.interrupt_pending());
        CHECK(apic.acknowledge() == 0x66);
    }
}

TEST_CASE("IA32_APIC_BASE: what is legal, moving the page, turning it off") {
    CHECK(LocalApic::legal_base(0xfee00900));
    CHECK(!LocalApic::legal_base(0xfee00d00));  // x2APIC is not offered
    CHECK(!LocalApic::legal_base(0xfee00901));
    CHECK(!LocalApic::legal_base(u64{1} << 36 | 0x900));
    Board b(hz);
    CHECK(b.claims({a::local_base}));
    CHECK(b.claims({a::local_base + 0xfff}));
    CHECK(!b.claims({a::local_base + 0x1000}));
    CHECK(b.claims({a::io_base}));
    b.set_apic_base(0x200000 | a::base_msr::enable);
    CHECK(b.apic_base() == (0x200000 | a::base_msr::enable | a::base_msr::bootstrap));
    CHECK(b.claims({0x200000}));
    CHECK(!b.claims({a::local_base}));
    enable(b);
    b.set_apic_base(0x200000);
    CHECK(!b.claims({0x200000}));
    b.set_apic_base(0x200000 | a::base_msr::enable);
    CHECK(b.read_memory({0x200000 + r::svr}, 4, 0) == a::svr_reset);
}

TEST_CASE("an edge through the I/O APIC arrives once, and is lost while masked") {
    Board b(hz);
    enable(b);
    use_serial(b);
    redirect(b, isa::pc::irq::com1, e::masked | 0x34);
    b.expect_serial_input({{10, 'a'}, {20, 'b'}});
    b.advance(10);
    redirect(b, isa::pc::irq::com1, 0x34);
    CHECK(!b.interrupt_pending());
    b.in(isa::pc::port::com1, 1, 11);
    b.advance(20);
    REQUIRE(b.interrupt_pending());
    CHECK(b.acknowledge(20) == 0x34);
    end(b);
    CHECK(!b.interrupt_pending());  // the line is still up: no new edge
}

TEST_CASE("a level through the I/O APIC asks again after its end, as long as it is there") {
    Board b(hz);
    enable(b);
    use_serial(b);
    redirect(b, isa::pc::irq::com1, e::level | 0x34);
    b.expect_serial_input({{10, 'a'}});
    b.advance(10);
    REQUIRE(b.interrupt_pending());
    CHECK(b.acknowledge(10) == 0x34);
    CHECK((redirection(b, isa::pc::irq::com1) & e::remote_irr) != 0);
    CHECK(!b.interrupt_pending());
    end(b);
    REQUIRE(b.interrupt_pending());
    CHECK(b.acknowledge(10) == 0x34);
    b.in(isa::pc::port::com1, 1, 11);
    end(b);
    CHECK(!b.interrupt_pending());
    CHECK((redirection(b, isa::pc::irq::com1) & e::remote_irr) == 0);
}

TEST_CASE("the timer's line is pin 2 of the I/O APIC") {
    Board b(hz);
    enable(b);
    redirect(b, a::io::timer_pin, 0x30);
    using namespace isa::pc;
    b.out(port::pit_control, 1, 0x34, 0);
    b.out(port::pit_counter0, 1, 0xe8, 0);
    b.out(port::pit_counter0, 1, 0x03, 0);
    unsigned interrupts = 0;
    for (Cycle now = b.next_event(); now < hz / 10; now = b.next_event()) {
        b.advance(now);
        if (!b.interrupt_pending()) continue;
        CHECK(b.acknowledge(now) == 0x30);
        write(b, a::local_base, r::eoi, 0, now);
        ++interrupts;
    }
    CHECK(interrupts == 119);
}

TEST_CASE("the 8259s reach the CPU straight, through LINT0 or through pin 0 of the I/O APIC") {
    const u32 external = u32(a::Delivery::ExtInt) << e::delivery_shift;
    struct Row {
        const char* name;
        void (*prepare)(Board&, u32);
        bool comes;
    };
    for (const Row& row :
         {Row{"nobody knows the APIC", [](Board&, u32) {}, true},
          Row{"as firmware leaves it", [](Board&b, u32) { b.enter_virtual_wire_mode(); }, true},
          Row{"enabled, LINT0 masked", [](Board&b, u32) { enable(b); }, false},
          Row{"LINT0", [](Board&b, u32 x) { enable(b), write(b, a::local_base, r::lvt_lint0, x); },
              true},
          Row{"pin 0", [](Board&b, u32 x) { enable(b), redirect(b, 0, x); }, true},
          Row{"turned off", [](Board&b, u32) { enable(b), b.set_apic_base(a::local_base); },
              true}}) {
        CAPTURE(row.name);
        Board b(hz);
        initialize_pics(b);
        use_serial(b);
        row.prepare(b, external);
        b.expect_serial_input({{10, 'a'}});
        b.advance(10);
        REQUIRE(b.interrupt_pending() == row.comes);
        if (row.comes) CHECK(b.acknowledge(10) == 0x24);
    }
}

TEST_CASE("an interrupt of the local APIC goes before one of the 8259s") {
    Board b(hz);
    b.enter_virtual_wire_mode();
    initialize_pics(b);
    use_serial(b);
    b.expect_serial_input({{10, 'a'}});
    b.advance(10);
    write(b, a::local_base, r::icr_low, fixed_self | 0x80, 10);
    CHECK(b.acknowledge(10) == 0x80);
    CHECK(b.acknowledge(10) == 0x24);
}

TEST_CASE("what the APICs do not model stops the machine by name") {
    struct Row {
        const char* name;
        void (*act)(Board&);
    };
    for (const Row& row :
         {Row{"NMI to itself",
              [](Board& b) {
                  write(b, a::local_base, r::icr_low,
                        fixed_self | u32(a::Delivery::Nmi) << e::delivery_shift);
              }},
          Row{"a byte write", [](Board& b) { b.write_memory({a::local_base + r::tpr}, 1, 0, 0); }},
          Row{"TSC deadline",
              [](Board& b) { write(b, a::local_base, r::lvt_timer, e::timer_deadline | 0x30); }},
          Row{"SMI by I/O APIC",
              [](Board& b) { redirect(b, 3, u32(a::Delivery::Smi) << e::delivery_shift); }}}) {
        CAPTURE(row.name);
        Board b(hz);
        enable(b);
        CHECK(!b.wants_to_stop());
        row.act(b);
        CHECK(b.wants_to_stop());
        CHECK(b.not_modelled() != nullptr);
    }
}

TEST_CASE("looking at the APICs changes nothing, and a read of a part gives that part") {
    Board b(hz);
    enable(b);
    const Board before = b;
    CHECK(b.peek_memory({a::local_base + r::version}, 4, 5) == a::version);
    CHECK(b.peek_memory({a::local_base + r::version + 2}, 1, 5) == a::lvt_count - 1);
    CHECK(b.peek_memory({a::local_base + 0x40}, 4, 5) == 0);
    CHECK(b == before);
}
