// The page walk in every paging mode: where it ends, what it marks, what it refuses and how.
#include <doctest/doctest.h>

#include <string>

#include "sim/isa/ept.hpp"
#include "sim/isa/paging.hpp"
#include "sim/isa/vectors.hpp"
#include "sim/mem/tlb.hpp"
#include "sim/mem/walk.hpp"

using namespace ringside;
using mem::Access, mem::PagingMode, mem::Walk;
namespace pg = isa::paging;
namespace pf = isa::pf;

namespace {

constexpr u64 all = pg::P | pg::RW | pg::US;
constexpr u64 pml4 = 0x1000, pdpt = 0x2000, pd = 0x3000, pt = 0x4000, page = 0x5000;
constexpr u64 linear = 0x7f123456789a;
constexpr u64 index(unsigned level) {
    const unsigned shift = 12 + 9 * (level - 1);
    return field(linear, shift + 8, shift);
}
constexpr u64 entry_at(unsigned level) {
    constexpr u64 tables[] = {0, pt, pd, pdpt, pml4};
    return tables[level] + 8 * index(level);
}

PagingMode four_level() {
    PagingMode m;
    m.cr0 = isa::cr0::PE | isa::cr0::PG | isa::cr0::WP;
    m.cr4 = isa::cr4::PAE;
    m.cr3 = pml4;
    m.efer = isa::efer::LME | isa::efer::LMA | isa::efer::NXE;
    return m;
}
/// linear → page through four tables of full rights.
mem::Ram four_tables() {
    mem::Ram ram(1 << 20);
    ram.write({entry_at(4)}, 8, pdpt | all);
    ram.write({entry_at(3)}, 8, pd | all);
    ram.write({entry_at(2)}, 8, pt | all);
    ram.write({entry_at(1)}, 8, page | all);
    return ram;
}

constexpr Access to_read{}, to_write{.write = true}, to_fetch{.fetch = true},
    user_read{.user = true}, user_write{.write = true, .user = true},
    user_fetch{.fetch = true, .user = true}, implicit_read{.implicit = true};

}  // namespace

TEST_CASE("4-level paging reaches 4-KByte, 2-MByte and 1-GByte pages") {
    mem::Ram ram = four_tables();
    CHECK(walk(ram, four_level(), {linear}, to_read).physical.value == page + 0x89a);
    ram.write({entry_at(2)}, 8, 0x600000 | all | pg::PS);
    const Walk large = walk(ram, four_level(), {linear}, to_read);
    CHECK(large.physical.value == 0x600000 + (linear & 0x1fffff));
    CHECK(large.page_shift == 21);
    ram.write({entry_at(3)}, 8, 0xc0000000 | all | pg::PS);
    const Walk huge = walk(ram, four_level(), {linear}, to_read);
    CHECK(huge.physical.value == 0xc0000000 + (linear & 0x3fffffff));
    CHECK(huge.page_shift == 30);
}

TEST_CASE("a walk marks every level accessed, the page dirty when written") {
    for (const bool writes : {false, true}) {
        CAPTURE(writes);
        mem::Ram ram = four_tables();
        REQUIRE(walk(ram, four_level(), {linear}, writes ? to_write : to_read).outcome ==
                Walk::Mapped);
        for (unsigned level = 1; level <= 4; ++level) {
            CAPTURE(level);
            const u64 expected = pg::A | (writes && level == 1 ? pg::D : 0);
            CHECK((ram.read({entry_at(level)}, 8) & (pg::A | pg::D)) == expected);
        }
    }
}

TEST_CASE("what a 4-level walk refuses, and the error code it gives") {
    struct Case {
        std::string what;
        unsigned level;
        u64 entry;
        Access access;
        u32 code;
    };
    const Case cases[] = {
        {"no PML4E", 4, 0, to_read, 0},
        {"no PDPTE, user", 3, 0, user_read, pf::U},
        {"no PDE, write", 2, 0, to_write, pf::W},
        {"no PTE, fetch", 1, 0, to_fetch, pf::I},
        {"supervisor PDPTE", 3, pd | pg::P | pg::RW, user_read, pf::P | pf::U},
        {"read-only PML4E", 4, pdpt | pg::P | pg::US, user_write, pf::P | pf::U | pf::W},
        {"read-only PDE and CR0.WP", 2, pt | pg::P | pg::US, to_write, pf::P | pf::W},
        {"execute-disabled PML4E", 4, pdpt | all | pg::XD, to_fetch, pf::P | pf::I},
        {"execute-disabled PTE", 1, page | all | pg::XD, user_fetch, pf::P | pf::U | pf::I},
        {"PS in a PML4E", 4, pdpt | all | pg::PS, to_read, pf::P | pf::RSVD},
        {"an address beyond MAXPHYADDR", 1, page | all | bit(36), to_read, pf::P | pf::RSVD},
        {"bit 51", 3, pd | all | bit(51), to_write, pf::P | pf::W | pf::RSVD},
        {"low bits of a 2-MByte page", 2, bit(13) | all | pg::PS, to_read, pf::P | pf::RSVD},
        {"low bits of a 1-GByte page", 3, bit(29) | all | pg::PS, to_read, pf::P | pf::RSVD},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        mem::Ram ram = four_tables();
        ram.write({entry_at(c.level)}, 8, c.entry);
        const Walk w = walk(ram, four_level(), {linear}, c.access);
        CHECK(w.outcome == Walk::PageFault);
        CHECK(w.error_code == c.code);
        CHECK((ram.read({entry_at(4)}, 8) & pg::A) == 0);  // a refused access marks nothing
    }
}

TEST_CASE("what stays allowed") {
    struct Case {
        std::string what;
        unsigned level;
        u64 entry;
        Access access;
        PagingMode mode;
    };
    PagingMode no_wp = four_level(), no_nx = four_level();
    no_wp.cr0 &= ~isa::cr0::WP;
    no_nx.efer &= ~isa::efer::NXE;
    const Case cases[] = {
        {"a supervisor's write without WP", 1, page | pg::P | pg::US, to_write, no_wp},
        {"a read of an execute-disabled page", 1, page | all | pg::XD, user_read, four_level()},
        {"ignored bits 62:52 and 11:9", 2, pt | all | field(~u64{0}, 62, 52) << 52 | 0xe00, to_read,
         four_level()},
        {"PAT in a PTE", 1, page | all | pg::PS, to_read, four_level()},
        {"PAT in a 2-MByte page", 2, 0x600000 | all | pg::PS | bit(12), to_read, four_level()},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        mem::Ram ram = four_tables();
        ram.write({entry_at(c.level)}, 8, c.entry);
        CHECK(walk(ram, c.mode, {linear}, c.access).outcome == Walk::Mapped);
    }
    SUBCASE("but XD is reserved without EFER.NXE, and no fetch is told then") {
        mem::Ram ram = four_tables();
        ram.write({entry_at(1)}, 8, page | all | pg::XD);
        CHECK(walk(ram, no_nx, {linear}, to_fetch).error_code == (pf::P | pf::RSVD));
    }
}

TEST_CASE("SMEP keeps supervisors from running user pages, SMAP from touching them") {
    struct Case {
        u64 cr4;
        bool ac;
        Access access;
        bool allowed;
    };
    using isa::cr4::SMAP, isa::cr4::SMEP;
    const Case cases[] = {
        {0, false, to_fetch, true},         {SMEP, false, to_fetch, false},
        {SMEP, true, to_fetch, false},      {SMEP, false, user_fetch, true},
        {SMEP, false, to_read, true},       {SMAP, false, to_read, false},
        {SMAP, false, to_write, false},     {SMAP, true, to_read, true},
        {SMAP, true, to_write, true},       {SMAP, false, user_read, true},
        {SMAP, true, implicit_read, false}, {SMAP, false, to_fetch, true},
    };
    for (const Case& c : cases) {
        mem::Ram ram = four_tables();
        PagingMode mode = four_level();
        mode.cr4 |= c.cr4;
        mode.alignment_check = c.ac;
        CAPTURE(c.cr4);
        CAPTURE(c.ac);
        CAPTURE(c.access.fetch);
        const Walk w = walk(ram, mode, {linear}, c.access);
        CHECK((w.outcome == Walk::Mapped) == c.allowed);
        if (!c.allowed) CHECK((w.error_code & (pf::P | pf::U)) == pf::P);
        ram.write({entry_at(2)}, 8, pt | pg::P | pg::RW);  // a supervisor page
        if (!c.access.user) CHECK(walk(ram, mode, {linear}, c.access).outcome == Walk::Mapped);
    }
}

TEST_CASE("PAE paging goes through the PDPTE registers, not through memory") {
    constexpr u64 low = 0x40234567;  // PDPTE 1
    mem::Ram ram(1 << 20);
    PagingMode mode = four_level();
    mode.efer = isa::efer::NXE;
    mode.cr3 = 0x2020;
    mode.pdpte = {0, pd | pg::P, 0, 0};
    ram.write({pd + 8 * field(low, 29, 21)}, 8, pt | all);
    ram.write({pt + 8 * field(low, 20, 12)}, 8, page | all);
    CHECK(walk(ram, mode, {low}, user_write).physical.value == page + 0x567);
    ram.write({pd + 8 * field(low, 29, 21)}, 8, 0x600000 | all | pg::PS);
    CHECK(walk(ram, mode, {low}, to_read).physical.value == 0x600000 + (low & 0x1fffff));
    CHECK(walk(ram, mode, {0x80000000}, to_read).error_code == 0);
    // Bits 62:52, ignored in 4-level paging, are reserved here.
    ram.write({pd + 8 * field(low, 29, 21)}, 8, pt | all | bit(52));
    CHECK(walk(ram, mode, {low}, to_read).error_code == (pf::P | pf::RSVD));
}

TEST_CASE("4-MByte pages with PSE-36 reach above 4 GBytes, as far as MAXPHYADDR") {
    mem::Ram ram(1 << 20);
    PagingMode mode;
    mode.cr0 = isa::cr0::PE | isa::cr0::PG;
    mode.cr3 = 0x1000;
    mode.cr4 = isa::cr4::PSE;
    ram.write({0x1004}, 4, 0x00800000 | all | pg::PS | 0xf << 13);
    const Walk w = walk(ram, mode, {0x412345}, to_read);
    CHECK(w.physical.value == 0xf00812345);
    CHECK(w.page_shift == 22);
    for (const u64 reserved : {bit(17), bit(20), bit(21)}) {
        ram.write({0x1004}, 4, 0x00800000 | all | pg::PS | reserved);
        CHECK(walk(ram, mode, {0x412345}, to_read).error_code == (pf::P | pf::RSVD));
    }
    // Without PSE the bit says nothing: the entry names a table.
    mode.cr4 = 0;
    ram.write({0x1004}, 4, 0x2000 | all | pg::PS);
    ram.write({0x2000 + 4 * 0x12}, 4, 0x7000 | all);
    CHECK(walk(ram, mode, {0x412345}, to_read).physical.value == 0x7345);
}

TEST_CASE("EPT accessed and dirty flags, where the EPTP enables them") {
    namespace ept = isa::ept;
    constexpr u64 rwx = ept::R | ept::W | ept::X, leaf = rwx | ept::write_back << 3;
    for (const bool enabled : {false, true}) {
        CAPTURE(enabled);
        mem::Ram ram(1 << 20);
        ram.write({0x11000}, 8, 0x12000 | rwx);
        ram.write({0x12000}, 8, 0x13000 | rwx);
        ram.write({0x13000}, 8, leaf | ept::large_page);
        PagingMode mode;  // paging off: linear = guest-physical
        mode.eptp = ept::pointer(0x11000) | (enabled ? ept::enable_accessed_dirty : 0);
        const Walk seen = walk(ram, mode, {0x5678}, to_read);
        CHECK(seen.physical.value == 0x5678);
        CHECK(seen.ept_writable == !enabled);  // a write must still set D
        CHECK((ram.read({0x11000}, 8) & ept::accessed) == (enabled ? ept::accessed : 0));
        CHECK((ram.read({0x13000}, 8) & ept::dirty) == 0);
        CHECK(walk(ram, mode, {0x5678}, to_write).ept_writable);
        CHECK((ram.read({0x13000}, 8) & (ept::accessed | ept::dirty)) ==
              (enabled ? ept::accessed | ept::dirty : 0));
    }
}

TEST_CASE("with EPT dirty flags the walk's own reads of guest entries count as writes") {
    namespace ept = isa::ept;
    constexpr u64 rwx = ept::R | ept::W | ept::X;
    mem::Ram ram = four_tables();
    ram.write({0x11000}, 8, 0x12000 | rwx);
    ram.write({0x12000}, 8, 0x13000 | rwx);
    // The guest's memory is readable only.
    ram.write({0x13000}, 8, ept::R | ept::X | ept::write_back << 3 | ept::large_page);
    PagingMode mode = four_level();
    mode.eptp = ept::pointer(0x11000);
    for (unsigned level = 1; level <= 4; ++level)
        ram.write({entry_at(level)}, 8, ram.read({entry_at(level)}, 8) | pg::A);
    CHECK(walk(ram, mode, {linear}, to_read).outcome == Walk::Mapped);
    mode.eptp |= ept::enable_accessed_dirty;
    const Walk w = walk(ram, mode, {linear}, to_read);
    REQUIRE(w.outcome == Walk::EptViolation);
    CHECK(w.guest_physical.value == entry_at(4));
    CHECK((w.ept_qualification & 0x1ff) == (bit(0) | bit(1) | (ept::R | ept::X) << 3 | bit(7)));
}

TEST_CASE("INVLPG takes all pieces of a large page, other contexts keep theirs") {
    mem::Tlb tlb;
    const auto piece = [](u64 number, u16 pcid, u8 shift, bool global = false) {
        mem::TlbEntry e;
        e.page = e.frame = number;
        e.tag = {pcid};
        e.page_shift = shift;
        e.global = global;
        return e;
    };
    tlb.insert(false, piece(0x201, 1, 21));
    tlb.insert(false, piece(0x20f, 1, 21));
    tlb.insert(false, piece(0x230, 2, 21));
    tlb.insert(false, piece(0x405, 1, 12));
    tlb.flush_page(0x2ff, {1});
    CHECK_FALSE(tlb.find(false, 0x201, {1}));
    CHECK_FALSE(tlb.find(false, 0x20f, {1}));
    CHECK(tlb.find(false, 0x230, {2}));
    CHECK_FALSE(tlb.find(false, 0x230, {1}));
    CHECK(tlb.find(false, 0x405, {1}));
    tlb.insert(true, piece(0x7, 2, 12, true));
    CHECK(tlb.find(true, 0x7, {1}));  // a global page is everybody's
    tlb.flush_context({2});
    CHECK(tlb.find(true, 0x7, {1}));
    CHECK_FALSE(tlb.find(false, 0x230, {2}));
    tlb.flush_address(0x7, {1});
    CHECK(tlb.find(true, 0x7, {1}));
    tlb.flush_page(0x7, {1});
    CHECK_FALSE(tlb.find(true, 0x7, {1}));
}
