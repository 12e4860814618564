// The 16550 against its data sheet.
#include <doctest/doctest.h>

#include "sim/dev/uart.hpp"

using namespace ringside;
using namespace ringside::dev;
namespace u = ringside::isa::pc::uart;

namespace {
constexpr u16 base = ringside::isa::pc::port::com1;
void say(Uart& uart, const char* text) {
    for (; *text; ++text) uart.out(base + u::data, u8(*text), 0);
}
}  // namespace

TEST_CASE("what is sent is collected, and the transmitter is always ready") {
    Uart uart(base);
    CHECK(uart.in(base + u::lsr, 0) == (u::lsr_empty | u::lsr_idle));
    say(uart, "Hello, ring 0\n");
    CHECK(uart.sent().text() == "Hello, ring 0\n");
}

TEST_CASE("registers keep the bits they have") {
    struct Row {
        u16 reg;
        u8 written, read;
    };
    const Row rows[] = {{u::ier, 0xff, 0x0f},     {u::lcr, 0x1b, 0x1b}, {u::mcr, 0xff, 0x1f},
                        {u::scratch, 0xa5, 0xa5}, {u::lsr, 0xff, 0x60}, {u::msr, 0x00, 0xb0}};
    for (const Row& row : rows) {
        CAPTURE(row.reg);
        Uart uart(base);
        uart.out(base + row.reg, row.written, 0);
        CHECK(uart.in(base + row.reg, 0) == row.read);
    }
}

TEST_CASE("DLAB shows the divisor in place of data and IER") {
    Uart uart(base);
    uart.out(base + u::lcr, u::lcr_dlab, 0);
    uart.out(base + u::divisor_low, 0x0c, 0);
    uart.out(base + u::divisor_high, 0x01, 0);
    CHECK(uart.in(base + u::divisor_low, 0) == 0x0c);
    CHECK(uart.in(base + u::divisor_high, 0) == 0x01);
    uart.out(base + u::lcr, 3, 0);
    CHECK(uart.in(base + u::ier, 0) == 0);
    CHECK(uart.sent().empty());
}

TEST_CASE("scripted bytes arrive at their cycle and are read in order") {
    Uart uart(base);
    uart.expect({{100, 'a'}, {200, 'b'}, {200, 'c'}});
    CHECK(uart.next_event() == 100);
    CHECK((uart.in(base + u::lsr, 99) & u::lsr_ready) == 0);
    CHECK((uart.in(base + u::lsr, 100) & u::lsr_ready) != 0);
    CHECK(uart.next_event() == never);  // without FIFOs the receiver is full
    CHECK(uart.in(base + u::data, 150) == 'a');
    CHECK(uart.next_event() == 200);
    CHECK(uart.in(base + u::data, 300) == 'b');
    CHECK(uart.in(base + u::data, 300) == 'c');
    CHECK((uart.in(base + u::lsr, 300) & u::lsr_ready) == 0);
    CHECK(uart.in(base + u::data, 300) == 0);
}

TEST_CASE("interrupts come in the order of their priority and go as the data sheet says") {
    Uart uart(base);
    uart.out(base + u::mcr, u::mcr_out2, 0);
    CHECK(uart.in(base + u::iir, 0) == u::iir_none);
    CHECK(!uart.interrupt());
    uart.out(base + u::ier, u::ier_empty | u::ier_received, 0);
    CHECK(uart.interrupt());
    uart.expect({{10, 'x'}});
    uart.advance(10);
    CHECK(uart.in(base + u::iir, 10) == u::iir_received);
    CHECK(uart.in(base + u::data, 10) == 'x');
    CHECK(uart.peek(base + u::iir, 10) == u::iir_empty);
    CHECK(uart.in(base + u::iir, 10) == u::iir_empty);  // reading it ends it
    CHECK(uart.in(base + u::iir, 10) == u::iir_none);
    CHECK(!uart.interrupt());
    uart.out(base + u::data, 'y', 20);
    CHECK(!uart.interrupt());
    CHECK(uart.next_event() == 21);
    uart.advance(21);
    CHECK(uart.interrupt());
    uart.out(base + u::mcr, 0, 21);  // the PC's OUT2 gate
    CHECK(!uart.interrupt());
}

TEST_CASE("the FIFO holds sixteen and asks at its trigger level") {
    Uart uart(base);
    uart.out(base + u::fcr, u::fcr_enable | 2 << u::fcr_trigger_shift, 0);
    uart.out(base + u::ier, u::ier_received, 0);
    std::vector<ArrivingByte> bytes;
    for (u8 i = 0; i < 20; ++i) bytes.push_back({Cycle(i), i});
    uart.expect(bytes);
    uart.advance(6);
    CHECK(uart.in(base + u::iir, 6) == (u::iir_timeout | u::iir_fifos));
    uart.advance(7);
    CHECK(uart.in(base + u::iir, 7) == (u::iir_received | u::iir_fifos));
    for (u8 i = 0; i < 20; ++i) CHECK(uart.in(base + u::data, 100) == i);  // none is lost
    CHECK(uart.in(base + u::iir, 100) == (u::iir_none | u::iir_fifos));
}

TEST_CASE("loopback returns what is sent, and overruns") {
    Uart uart(base);
    uart.out(base + u::mcr, u::mcr_loop | u::mcr_rts | u::mcr_out2, 0);
    CHECK(uart.in(base + u::msr, 0) == (u::msr_cts | u::msr_dcd));
    uart.out(base + u::data, 0xae, 0);
    CHECK(uart.in(base + u::data, 0) == 0xae);
    uart.out(base + u::data, 1, 0);
    uart.out(base + u::data, 2, 0);
    CHECK((uart.in(base + u::lsr, 0) & u::lsr_overrun) != 0);
    CHECK((uart.in(base + u::lsr, 0) & u::lsr_overrun) == 0);  // reading ends it
    CHECK(uart.in(base + u::data, 0) == 2);
    CHECK(uart.sent().empty());
}

TEST_CASE("a log is equal by content and gives its text from any offset") {
    ByteLog a, b;
    std::string expected;
    for (int i = 0; i < 10000; ++i) {
        a.append(u8(i * 7));
        expected.push_back(char(u8(i * 7)));
    }
    b = a;
    CHECK(a == b);
    b.append(1);
    CHECK(a != b);
    CHECK(a.size() == 10000);
    for (u64 offset : {0u, 1u, 4095u, 4096u, 4097u, 8192u, 9999u, 10000u, 20000u}) {
        CAPTURE(offset);
        CHECK(a.text(offset) == (offset < expected.size() ? expected.substr(offset) : ""));
    }
}
