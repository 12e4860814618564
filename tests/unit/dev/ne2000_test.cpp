// The NE2000 against the DP8390's data sheet.
#include <doctest/doctest.h>

#include <numeric>

#include "sim/dev/board.hpp"

using namespace ringside;
using namespace ringside::dev;
namespace n = ringside::isa::ne2000;

namespace {
constexpr u64 hz = 100'000'000;
constexpr MacAddress mac{2, 0, 0, 0, 0, 1};
constexpr u8 first_page = 0x46, stop_page = 0x60, send_page = 0x40;

/// A driver for the card alone.
struct Driver {
    Ne2000 card{hz, mac};
    Cycle now = 0;

    u8 get(u8 reg) { return card.in(u16(n::base + reg), now); }
    void put(u8 reg, u8 value) { card.out(u16(n::base + reg), value, now); }
    void command(u8 bits) { put(n::reg::command, bits); }

    void remote(u16 at, u16 count, u8 direction) {
        put(n::reg::remote_address_0, u8(at));
        put(n::reg::remote_address_1, u8(at >> 8));
        put(n::reg::remote_count_0, u8(count));
        put(n::reg::remote_count_1, u8(count >> 8));
        command(u8(n::command::start | direction));
    }
    std::vector<u8> read(u16 at, u16 count) {
        remote(at, count, n::command::remote_read);
        std::vector<u8> out;
        while (out.size() < count) {
            const u32 word = card.in_data(2, now);
            out.push_back(u8(word)), out.push_back(u8(word >> 8));
        }
        return out;
    }
    void write(u16 at, const std::vector<u8>& bytes) {
        remote(at, u16(bytes.size()), n::command::remote_write);
        for (size_t i = 0; i < bytes.size(); i += 2)
            card.out_data(2, u32(bytes[i] | bytes[i + 1] << 8), now);
    }
    explicit Driver(u8 receive = n::receive::broadcast) {
        command(n::command::stop | n::command::remote_abort);
        put(n::reg::data_configuration, n::data_word);
        put(n::reg::receive_configuration, receive);
        put(n::reg::page_start, first_page);
        put(n::reg::page_stop, stop_page);
        put(n::reg::boundary, first_page);
        put(n::reg::interrupt_status, 0xff);
        put(n::reg::interrupt_mask, 0x7f);
        command(u8(n::command::stop | n::command::remote_abort | 1 << n::command::page_shift));
        for (u8 i = 0; i < 6; ++i) put(u8(n::reg::address + i), mac[i]);
        put(n::reg::current_page, first_page + 1);
        command(n::command::start | n::command::remote_abort);
    }
    u8 current_page() {
        command(u8(n::command::start | n::command::remote_abort | 1 << n::command::page_shift));
        const u8 page = get(n::reg::current_page);
        command(n::command::start | n::command::remote_abort);
        return page;
    }
    void arrive(std::vector<u8> frame) {
        card.expect({now + 1, std::make_shared<const std::vector<u8>>(std::move(frame))});
        card.advance(++now);
    }
};

std::vector<u8> frame(MacAddress to, size_t size, u8 fill = 0x11) {
    std::vector<u8> bytes(size, fill);
    std::copy(to.begin(), to.end(), bytes.begin());
    std::iota(bytes.begin() + 6, bytes.end(), fill);
    return bytes;
}
constexpr MacAddress everyone{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
}  // namespace

TEST_CASE("the PROM holds the address, each byte twice, and the signature") {
    Driver d;
    const std::vector<u8> prom = d.read(0, 32);
    for (unsigned i = 0; i < 6; ++i) {
        CHECK(prom[2 * i] == mac[i]);
        CHECK(prom[2 * i + 1] == mac[i]);
    }
    CHECK(prom[28] == 0x57);
    CHECK(prom[30] == 0x57);
    CHECK((d.get(n::reg::interrupt_status) & n::interrupt::remote_done) != 0);
    CHECK(d.card.interrupt());
    d.put(n::reg::interrupt_status, n::interrupt::remote_done);
    CHECK(!d.card.interrupt());
}

TEST_CASE("remote DMA reads what it wrote; the read goes round the ring") {
    Driver d;
    std::vector<u8> bytes(256);
    std::iota(bytes.begin(), bytes.end(), u8(0));
    d.write(send_page * 256, bytes);
    CHECK(d.read(send_page * 256, 256) == bytes);
    d.write((stop_page - 1) * 256, bytes);
    d.write(first_page * 256, {0xaa, 0xbb});
    const std::vector<u8> around = d.read((stop_page - 1) * 256 + 254, 4);
    CHECK(around == std::vector<u8>{254, 255, 0xaa, 0xbb});
}

TEST_CASE("a frame is sent in its time, and a cable hands it over") {
    for (const bool cable : {true, false}) {
        Driver d;
        if (cable) d.card.plug_in();
        const std::vector<u8> bytes = frame(everyone, 100);
        d.write(send_page * 256, bytes);
        d.put(n::reg::interrupt_status, 0xff);
        d.put(n::reg::transmit_page, send_page);
        d.put(n::reg::transmit_count_0, 100);
        d.put(n::reg::transmit_count_1, 0);
        d.command(n::command::start | n::command::remote_abort | n::command::transmit);
        CHECK((d.get(n::reg::command) & n::command::transmit) != 0);
        const Cycle due = d.card.next_event();
        CHECK(due == (104 * 8 + 160) * 10 + 1);  // ten cycles a bit
        d.now = due;
        CHECK((d.get(n::reg::command) & n::command::transmit) == 0);
        CHECK((d.get(n::reg::interrupt_status) & n::interrupt::transmitted) != 0);
        const std::vector<Frame> sent = d.card.take_sent();
        REQUIRE(sent.size() == (cable ? 1 : 0));
        if (cable) CHECK(*sent[0].bytes == bytes);
        if (cable) CHECK(sent[0].when == due);
        CHECK(d.card.take_sent().empty());
    }
}

TEST_CASE("a received frame lies in the ring behind its header") {
    Driver d;
    const std::vector<u8> bytes = frame(mac, 300);
    d.arrive(bytes);
    CHECK((d.get(n::reg::interrupt_status) & n::interrupt::received) != 0);
    CHECK(d.current_page() == first_page + 3);
    const std::vector<u8> header = d.read((first_page + 1) * 256, 4);
    CHECK(header == std::vector<u8>{n::receive::status_intact, first_page + 3, 304 & 0xff, 1});
    CHECK(d.read((first_page + 1) * 256 + 4, 300) == bytes);
}

TEST_CASE("the card takes what its filter lets through") {
    const MacAddress other{2, 0, 0, 0, 0, 2}, group{0x01, 0, 0x5e, 0, 0, 1};
    struct Row {
        const char* name;
        u8 receive;
        MacAddress to;
        size_t size;
        bool taken;
    };
    for (const Row& row :
         {Row{"its own", 0, mac, 60, true}, Row{"another's", 0, other, 60, false},
          Row{"promiscuous", n::receive::promiscuous, other, 60, true},
          Row{"broadcast", n::receive::broadcast, everyone, 60, true},
          Row{"no broadcast", 0, everyone, 60, false},
          Row{"a group that the hash lets through", n::receive::multicast, group, 60, true},
          Row{"groups off", n::receive::broadcast, group, 60, false},
          Row{"too short", 0, mac, 59, false},
          Row{"short, allowed", n::receive::runts, mac, 59, true},
          Row{"monitor only", n::receive::monitor, mac, 60, false}}) {
        CAPTURE(row.name);
        Driver d(row.receive);
        d.command(u8(n::command::start | n::command::remote_abort | 1 << n::command::page_shift));
        for (u8 i = 0; i < 8; ++i) d.put(u8(n::reg::multicast + i), 0xff);
        d.command(n::command::start | n::command::remote_abort);
        d.arrive(frame(row.to, row.size));
        CHECK(d.card.interrupt() == row.taken);
    }
}

TEST_CASE("a full ring loses frames and says so, and wraps when there is room again") {
    Driver d;
    unsigned taken = 0;
    for (;; ++taken) {
        d.put(n::reg::interrupt_status, 0xff);
        d.arrive(frame(mac, 1000, u8(taken)));
        if (d.get(n::reg::interrupt_status) & n::interrupt::overwrite) break;
    }
    CHECK(taken == 6);  // 25 pages, 4 for each
    CHECK(d.get(n::reg::tally_2) == 1);
    CHECK(d.get(n::reg::tally_2) == 0);
    // The driver has read up to the last frame.
    d.put(n::reg::boundary, u8(d.current_page() - 1));
    d.put(n::reg::interrupt_status, 0xff);
    const u8 at = d.current_page();
    d.arrive(frame(mac, 1000, 0x77));
    CHECK((d.get(n::reg::interrupt_status) & n::interrupt::received) != 0);
    CHECK(d.current_page() < at);
    CHECK(d.read(u16(at * 256 + 4), 1000) == frame(mac, 1000, 0x77));
}

TEST_CASE("stopped, it takes nothing; the reset port stops it") {
    Driver d;
    d.card.in(n::base + n::reset_port, d.now);
    CHECK((d.get(n::reg::interrupt_status) & n::interrupt::reset) != 0);
    d.arrive(frame(mac, 60));
    CHECK((d.get(n::reg::interrupt_status) & n::interrupt::received) == 0);
}

TEST_CASE("the board has the card on line 9 and its data port wide") {
    Board b(hz);
    namespace pc = isa::pc;
    b.out(n::base + n::reg::command, 1, n::command::stop | n::command::remote_abort, 0);
    b.out(n::base + n::reg::interrupt_mask, 1, n::interrupt::remote_done, 0);
    b.out(n::base + n::reg::remote_count_0, 1, 4, 0);
    b.out(n::base + n::reg::command, 1, n::command::start | n::command::remote_read, 0);
    CHECK(b.in(n::base + n::data_port, 4, 0) == 0x52520202);  // the default address is 02:'R':…
    CHECK((b.pic().second().requested() & 1 << (pc::irq::network - 8)) != 0);
}
