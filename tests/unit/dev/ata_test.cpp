// The IDE disks against the ATA standard.
#include <doctest/doctest.h>

#include <random>

#include "sim/dev/board.hpp"

using namespace ringside;
using namespace ringside::dev;
namespace a = ringside::isa::ata;

namespace {
constexpr u64 hz = 100'000'000;
constexpr u32 sectors = 5000;

u8 content(u64 sector, u32 byte) { return u8(sector * 7 + byte * 3 + (byte >> 8)); }
DiskImage image(u32 count = sectors) {
    std::vector<u8> bytes(u64{count} * a::sector_bytes);
    for (u64 n = 0; n < bytes.size(); ++n)
        bytes[n] = content(n / a::sector_bytes, u32(n % a::sector_bytes));
    return DiskImage(bytes);
}

/// A driver: programs the registers and waits as the standard's protocols say.
struct Host {
    Board board;
    Cycle now = 0;

    static Board with(DiskImage first, DiskImage second) {
        BoardConfig config;
        config.disks[0] = std::move(first);
        config.disks[1] = std::move(second);
        return Board(config);
    }
    explicit Host(DiskImage first = image(), DiskImage second = {})
        : board(with(std::move(first), std::move(second))) {}

    u8 get(u16 reg) { return u8(board.in(u16(a::command_block + reg), 1, now)); }
    void put(u16 reg, u8 value) { board.out(u16(a::command_block + reg), 1, value, now); }
    u8 alternate_status() { return u8(board.in(a::control_block, 1, now)); }
    bool interrupts() const { return board.disks().interrupt(); }
    u8 wait() {
        while (alternate_status() & a::status::busy) now += 100;
        return alternate_status();
    }
    void lba(u32 sector, u8 count, u8 device = 0) {
        put(a::reg::device, u8(a::device::fixed | a::device::lba | device | sector >> 24));
        put(a::reg::count, count);
        put(a::reg::lba0, u8(sector));
        put(a::reg::lba1, u8(sector >> 8));
        put(a::reg::lba2, u8(sector >> 16));
    }
    void command(u8 code) { put(a::reg::command, code); }
    std::vector<u8> read_block(u32 bytes) {
        std::vector<u8> out;
        for (u32 n = 0; n < bytes; n += 2) {
            const u32 word = board.in(a::command_block, 2, now);
            out.push_back(u8(word)), out.push_back(u8(word >> 8));
        }
        return out;
    }
};

bool holds(const std::vector<u8>& bytes, u64 sector) {
    for (u32 n = 0; n < bytes.size(); ++n)
        if (bytes[n] != content(sector + n / a::sector_bytes, n % a::sector_bytes)) return false;
    return true;
}
constexpr u8 idle = a::status::ready | a::status::seek_complete;
}  // namespace

TEST_CASE("READ SECTORS gives a sector and an interrupt at a time, and ends without one") {
    Host h;
    h.lba(1234, 3);
    h.command(a::command::read_sectors);
    CHECK(h.alternate_status() == a::status::busy);
    CHECK(!h.interrupts());
    for (u32 n = 0; n < 3; ++n) {
        CHECK(h.wait() == (idle | a::status::data_request));
        CHECK(h.interrupts());
        CHECK(h.alternate_status() == (idle | a::status::data_request));
        CHECK(h.interrupts());  // the alternate status leaves it
        h.get(a::reg::status);
        CHECK(!h.interrupts());
        CHECK(holds(h.read_block(a::sector_bytes), 1234 + n));
        if (n < 2) CHECK(h.alternate_status() == a::status::busy);
    }
    CHECK(h.wait() == idle);
    h.now += hz;
    CHECK(!h.interrupts());
    CHECK(h.get(a::reg::count) == 0);
    CHECK(h.get(a::reg::lba0) == u8(1236));
}

TEST_CASE("READ MULTIPLE moves a block for each interrupt, the last one shorter") {
    Host h;
    h.lba(10, 8);
    h.command(a::command::read_multiple);
    h.wait();
    CHECK(h.get(a::reg::error) == a::error::aborted);  // not set yet
    h.put(a::reg::count, 8);
    h.command(a::command::set_multiple);
    h.wait();
    h.lba(10, 20);
    h.command(a::command::read_multiple);
    u32 at = 10;
    for (const u32 block : {8u, 8u, 4u}) {
        CHECK((h.wait() & a::status::data_request) != 0);
        CHECK(h.interrupts());
        h.get(a::reg::status);
        CHECK(holds(h.read_block(block * a::sector_bytes), at));
        at += block;
    }
    CHECK(h.wait() == idle);
}

TEST_CASE("WRITE SECTORS asks for the first sector at once and interrupts after each") {
    Host h;
    const Host before = h;
    h.lba(77, 2);
    h.command(a::command::write_sectors);
    CHECK(h.alternate_status() == (idle | a::status::data_request));
    CHECK(!h.interrupts());
    for (u32 n = 0; n < 2; ++n) {
        for (u32 word = 0; word < a::sector_bytes / 4; ++word)
            h.board.out(a::command_block, 4, 0x01020304u * (n + 1), h.now);
        CHECK(h.alternate_status() == a::status::busy);
        CHECK(h.wait() == (n == 0 ? idle | a::status::data_request : idle));
        CHECK(h.interrupts());
        h.get(a::reg::status);
    }
    const DiskImage& disk = h.board.disks().disk(0).contents();
    CHECK(disk.byte(77 * 512) == 0x04);
    CHECK(disk.byte(78 * 512 + 3) == 0x02);
    CHECK(disk.byte(79 * 512) == content(79, 0));
    // The disk is part of the value: a copy made before has its own.
    CHECK(before.board.disks().disk(0).contents().byte(77 * 512) == content(77, 0));
    CHECK(disk != before.board.disks().disk(0).contents());
}

TEST_CASE("cylinder, head and sector name the same sectors, in the geometry that was set") {
    struct Row {
        u32 heads, per_track, cylinder, head, sector;
        u64 is;
    };
    for (const Row& row : {Row{0, 0, 0, 0, 1, 0}, Row{0, 0, 1, 2, 3, (1 * 16 + 2) * 63 + 2},
                           Row{4, 10, 30, 3, 10, (30 * 4 + 3) * 10 + 9}}) {
        CAPTURE(row.is);
        Host h;
        if (row.heads) {
            h.put(a::reg::device, u8(a::device::fixed | (row.heads - 1)));
            h.put(a::reg::count, u8(row.per_track));
            h.command(a::command::initialize_parameters);
            h.wait();
        }
        h.put(a::reg::device, u8(a::device::fixed | row.head));
        h.put(a::reg::count, 1);
        h.put(a::reg::sector, u8(row.sector));
        h.put(a::reg::cylinder_low, u8(row.cylinder));
        h.put(a::reg::cylinder_high, u8(row.cylinder >> 8));
        h.command(a::command::read_sectors);
        REQUIRE(h.wait() == (idle | a::status::data_request));
        CHECK(holds(h.read_block(a::sector_bytes), row.is));
    }
}

TEST_CASE("what is wrong ends with ERR and the bit that says what") {
    struct Row {
        const char* name;
        void (*act)(Host&);
        u8 error;
    };
    const Row rows[] = {
        {"beyond the end", [](Host& h) { h.lba(sectors, 1), h.command(a::command::read_sectors); },
         a::error::id_not_found},
        {"written beyond the end",
         [](Host& h) { h.lba(sectors + 9, 1), h.command(a::command::write_sectors); },
         a::error::id_not_found},
        {"sector 0 of a track",
         [](Host& h) {
             h.put(a::reg::device, a::device::fixed), h.put(a::reg::sector, 0);
             h.command(a::command::read_sectors);
         },
         a::error::id_not_found},
        {"verify past the end",
         [](Host& h) { h.lba(sectors - 1, 2), h.command(a::command::read_verify); },
         a::error::id_not_found},
        {"no such command", [](Host& h) { h.command(0xc8); }, a::error::aborted},  // READ DMA
        {"blocks of three",
         [](Host& h) { h.put(a::reg::count, 3), h.command(a::command::set_multiple); },
         a::error::aborted},
        {"a DMA mode",
         [](Host& h) {
             h.put(a::reg::features, a::feature::transfer_mode), h.put(a::reg::count, 0x42);
             h.command(a::command::set_features);
         },
         a::error::aborted},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Host h;
        row.act(h);
        CHECK(h.wait() == (idle | a::status::error));
        CHECK(h.interrupts());
        CHECK(h.get(a::reg::error) == row.error);
    }
}

TEST_CASE("a read that runs over the end gives what there is, then the error and its place") {
    Host h;
    h.lba(sectors - 1, 2);
    h.command(a::command::read_sectors);
    h.wait();
    CHECK(holds(h.read_block(a::sector_bytes), sectors - 1));
    CHECK(h.wait() == (idle | a::status::error));
    CHECK(h.get(a::reg::error) == a::error::id_not_found);
    CHECK((h.get(a::reg::lba0) | h.get(a::reg::lba1) << 8) == sectors);
}

TEST_CASE("commands without data end with an interrupt and no error") {
    for (const u8 code : {a::command::recalibrate, a::command::flush_cache, a::command::seek,
                          a::command::check_power, a::command::idle_immediate,
                          a::command::read_verify, a::command::diagnostic}) {
        CAPTURE(int(code));
        Host h;
        h.lba(5, 1);
        h.command(code);
        CHECK(h.wait() == idle);
        CHECK(h.interrupts());
    }
}

TEST_CASE("IDENTIFY DEVICE tells the size, the geometry and the commands") {
    Host h;
    h.put(a::reg::count, 4);
    h.command(a::command::set_multiple);
    h.wait();
    h.command(a::command::identify);
    REQUIRE(h.wait() == (idle | a::status::data_request));
    const std::vector<u8> bytes = h.read_block(a::sector_bytes);
    const auto word = [&](unsigned n) { return unsigned(bytes[2 * n] | bytes[2 * n + 1] << 8); };
    CHECK((word(a::identify::lba_sectors) | word(a::identify::lba_sectors + 1) << 16) == sectors);
    CHECK(word(a::identify::heads) == 16);
    CHECK(word(a::identify::sectors) == 63);
    CHECK(word(a::identify::cylinders) == sectors / (16 * 63));
    CHECK((word(a::identify::capabilities) & a::identify::lba_capable) != 0);
    CHECK(word(a::identify::current_multiple) == (a::identify::multiple_set | 4));
    CHECK(bytes[2 * a::identify::model + 1] == 'R');  // characters are swapped in their words
    CHECK(bytes[2 * a::identify::model] == 'i');
    CHECK(h.alternate_status() == idle);
}

TEST_CASE("a software reset ends a command and leaves the signature") {
    Host h;
    h.lba(1, 9);
    h.command(a::command::read_sectors);
    h.wait();
    h.board.out(a::control_block, 1, a::control::reset, h.now);
    CHECK(h.alternate_status() == a::status::busy);
    h.board.out(a::control_block, 1, a::control::no_interrupt, h.now);
    CHECK(h.wait() == idle);
    CHECK(h.get(a::reg::error) == a::error::diagnostic_passed);
    CHECK(h.get(a::reg::count) == 1);
    CHECK(h.get(a::reg::lba0) == 1);
    CHECK(h.get(a::reg::lba1) == 0);
    h.command(a::command::identify);
    h.wait();
    CHECK(!h.interrupts());  // nIEN
}

TEST_CASE("two disks on a cable: each answers for itself, and an absent one is never ready") {
    Host two(image(), image(100));
    two.lba(3, 1, a::device::second);
    two.command(a::command::read_sectors);
    REQUIRE(two.wait() == (idle | a::status::data_request));
    CHECK(two.interrupts());
    CHECK(holds(two.read_block(a::sector_bytes), 3));
    two.lba(200, 1, a::device::second);
    two.command(a::command::read_sectors);
    CHECK((two.wait() & a::status::error) != 0);  // it is smaller than the first
    two.put(a::reg::device, a::device::fixed);
    CHECK(two.wait() == idle);

    Host one;
    one.put(a::reg::device, a::device::fixed | a::device::second);
    CHECK(one.get(a::reg::status) == 0);
    one.command(a::command::identify);
    CHECK(one.get(a::reg::status) == 0);

    Host none{DiskImage{}};
    CHECK(none.get(a::reg::status) == 0xff);
    CHECK(none.alternate_status() == 0xff);
    none.command(a::command::identify);
    CHECK(!none.interrupts());
}

TEST_CASE("the disk interrupts on line 14 in its time") {
    Host h;
    h.lba(0, 1);
    h.command(a::command::read_sectors);
    const Cycle due = h.board.next_event();
    CHECK(due > h.now);
    CHECK(due <= h.now + hz / 50'000);
    h.board.advance(due);
    CHECK((h.board.pic().second().requested() & 1 << (isa::pc::irq::disk - 8)) != 0);
}

TEST_CASE("an image of odd size is padded, and zeros take no room") {
    const std::vector<u8> odd(700, 1);
    const DiskImage image(odd);
    CHECK(image.sectors() == 2);
    CHECK(image.byte(699) == 1);
    CHECK(image.byte(700) == 0);
}

TEST_CASE("random register traffic never breaks a disk, and two disks agree") {
    for (u32 seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        Host a1(image(40), image(20));
        Host b1 = a1;
        Cycle now = 0;
        for (int n = 0; n < 4000; ++n) {
            now += random() % 400;
            const u16 port =
                random() % 9 == 8 ? a::control_block : u16(a::command_block + random() % 8);
            const unsigned bytes = 1u << random() % 3;
            if (random() % 3) {
                REQUIRE(a1.board.in(port, bytes, now) == b1.board.in(port, bytes, now));
            } else {
                static constexpr u8 codes[] = {0x20, 0x30, 0xc4, 0xc5, 0xc6, 0xec, 0xe0, 0xef};
                const u32 value = random() % 2 ? codes[random() % 8] : random() % 4;
                a1.board.out(port, bytes, value, now);
                b1.board.out(port, bytes, value, now);
            }
        }
        REQUIRE(a1.board == b1.board);
    }
}
