// The 8259A pair against its data sheet.
#include <doctest/doctest.h>

#include "sim/dev/pic.hpp"

using namespace ringside;
using namespace ringside::dev;
namespace pc = ringside::isa::pc;
using namespace ringside::isa::pc::port;

namespace {
void initialize(PicPair& pic, u8 icw4 = pc::pic::icw4_8086, u8 base1 = 0x20, u8 base2 = 0x28) {
    const u8 icw1 = pc::pic::icw1 | pc::pic::icw1_icw4;
    pic.out(pic1_command, icw1, 0);
    pic.out(pic1_data, base1, 0);
    pic.out(pic1_data, 1 << pc::irq::cascade, 0);
    pic.out(pic1_data, icw4, 0);
    pic.out(pic2_command, icw1, 0);
    pic.out(pic2_data, base2, 0);
    pic.out(pic2_data, pc::irq::cascade, 0);
    pic.out(pic2_data, icw4, 0);
}
void pulse(PicPair& pic, unsigned line) {
    pic.set_line(line, false);
    pic.set_line(line, true);
}
u8 isr(PicPair& pic, u16 port = pic1_command) {
    pic.out(port, pc::pic::ocw3 | pc::pic::ocw3_read | pc::pic::ocw3_isr, 0);
    const u8 value = pic.in(port, 0);
    pic.out(port, pc::pic::ocw3 | pc::pic::ocw3_read, 0);
    return value;
}
constexpr u8 eoi = pc::pic::end_of_interrupt;
}  // namespace

TEST_CASE("every line gives its vector, through the second chip for lines 8 to 15") {
    for (unsigned line = 0; line < 16; ++line) {
        if (line == pc::irq::cascade) continue;
        CAPTURE(line);
        PicPair pic;
        initialize(pic);
        CHECK(!pic.intr());
        pulse(pic, line);
        CHECK(pic.intr());
        CHECK(pic.acknowledge() == 0x20 + line);
        CHECK(!pic.intr());
        CHECK(isr(pic) == (line < 8 ? 1 << line : 1 << pc::irq::cascade));
        CHECK(isr(pic, pic2_command) == (line < 8 ? 0 : 1 << (line - 8)));
    }
}

TEST_CASE("the vector base keeps only its upper five bits") {
    PicPair pic;
    initialize(pic, pc::pic::icw4_8086, 0x37, 0x4f);
    pulse(pic, 1);
    CHECK(pic.acknowledge() == 0x31);
    pic.out(pic1_command, eoi, 0);
    pulse(pic, 15);
    CHECK(pic.acknowledge() == 0x4f);
}

TEST_CASE("before initialization every line is masked") {
    PicPair pic;
    for (unsigned line = 0; line < 16; ++line) pulse(pic, line);
    CHECK(!pic.intr());
    CHECK(pic.in(pic1_data, 0) == 0xff);
}

TEST_CASE("a masked request waits in IRR and comes when it is unmasked") {
    PicPair pic;
    initialize(pic);
    pic.out(pic1_data, 0x10, 0);
    pulse(pic, 4);
    CHECK(!pic.intr());
    CHECK(pic.in(pic1_command, 0) == 0x10);
    pic.out(pic1_data, 0, 0);
    CHECK(pic.acknowledge() == 0x24);
}

TEST_CASE("a line in service holds back its own and lower priorities, not higher ones") {
    PicPair pic;
    initialize(pic);
    pulse(pic, 4);
    CHECK(pic.acknowledge() == 0x24);
    pulse(pic, 4);
    pulse(pic, 6);
    CHECK(!pic.intr());
    pulse(pic, 1);
    CHECK(pic.acknowledge() == 0x21);
    pic.out(pic1_command, eoi, 0);  // ends 1, the highest in service
    CHECK(isr(pic) == 0x10);
    CHECK(!pic.intr());
    pic.out(pic1_command, eoi, 0);
    CHECK(pic.acknowledge() == 0x24);
    pic.out(pic1_command, eoi, 0);
    CHECK(pic.acknowledge() == 0x26);
}

TEST_CASE("a specific EOI ends the named line only") {
    PicPair pic;
    initialize(pic);
    pulse(pic, 5);
    pic.acknowledge();
    pulse(pic, 2 - 1);
    pic.acknowledge();
    CHECK(isr(pic) == 0x22);
    pic.out(pic1_command, eoi | pc::pic::ocw2_specific | 5, 0);
    CHECK(isr(pic) == 0x02);
}

TEST_CASE("with automatic EOI nothing stays in service") {
    PicPair pic;
    initialize(pic, pc::pic::icw4_8086 | pc::pic::icw4_auto_eoi);
    pulse(pic, 3);
    CHECK(pic.acknowledge() == 0x23);
    CHECK(isr(pic) == 0);
}

TEST_CASE("a line that stays high asks only once") {
    PicPair pic;
    initialize(pic);
    pulse(pic, 0);
    pic.acknowledge();
    pic.out(pic1_command, eoi, 0);
    pic.set_line(0, true);
    CHECK(!pic.intr());
    pulse(pic, 0);
    CHECK(pic.intr());
}

TEST_CASE("a request that falls before INTA is spurious: line 7, nothing in service") {
    PicPair pic;
    initialize(pic);
    SUBCASE("on the first chip") {
        pulse(pic, 4);
        pic.set_line(4, false);
        CHECK(!pic.intr());
        CHECK(pic.acknowledge() == 0x27);
        CHECK(isr(pic) == 0);
    }
    SUBCASE("a request masked between INTR and INTA on the second chip") {
        Pic second(false, 0x70);
        CHECK(second.vector(second.acknowledge()) == 0x77);
    }
}

TEST_CASE("a second request of the second chip follows the EOIs of the first") {
    PicPair pic;
    initialize(pic);
    pulse(pic, 10);
    pulse(pic, 12);
    CHECK(pic.acknowledge() == 0x2a);
    pic.out(pic2_command, eoi, 0);
    CHECK(!pic.intr());
    pic.out(pic1_command, eoi, 0);
    CHECK(pic.acknowledge() == 0x2c);
}

TEST_CASE("rotation makes the served line the lowest") {
    PicPair pic;
    initialize(pic);
    pulse(pic, 0);
    pic.acknowledge();
    pic.out(pic1_command, eoi | pc::pic::ocw2_rotate, 0);
    pulse(pic, 0);
    pulse(pic, 7);
    CHECK(pic.acknowledge() == 0x27);
}

TEST_CASE("in special mask mode a masked line in service does not hold back lower ones") {
    PicPair pic;
    initialize(pic);
    pulse(pic, 1);
    pic.acknowledge();
    pic.out(pic1_command, pc::pic::ocw3 | pc::pic::ocw3_special | pc::pic::ocw3_special_valid, 0);
    pic.out(pic1_data, 1 << 1, 0);
    pulse(pic, 5);
    CHECK(pic.intr());
    CHECK(pic.acknowledge() == 0x25);
}

TEST_CASE("a poll acknowledges and tells the line") {
    PicPair pic;
    initialize(pic);
    pulse(pic, 6);
    pic.out(pic1_command, pc::pic::ocw3 | pc::pic::ocw3_poll, 0);
    CHECK(pic.peek(pic1_command, 0) == (pc::pic::poll_request | 6));
    CHECK(pic.in(pic1_command, 0) == (pc::pic::poll_request | 6));
    CHECK(isr(pic) == 0x40);
}

TEST_CASE("ICW1 clears the mask and forgets the requests") {
    PicPair pic;
    initialize(pic);
    pic.out(pic1_data, 0xfe, 0);
    pulse(pic, 3);
    initialize(pic);
    CHECK(pic.in(pic1_data, 0) == 0);
    CHECK(!pic.intr());
}
