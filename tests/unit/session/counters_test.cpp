// Counters, fed with events made by hand.
#include "sim/session/counters.hpp"

#include <doctest/doctest.h>

using namespace ringside;
using namespace ringside::session;
using trace::Event;
using trace::EventKind;

namespace {

Event sensitive(u64 address, isa::Op op, u8 cpl, u64 after) {
    Event event;
    event.kind = EventKind::Sensitive;
    event.address = {address};
    event.op = static_cast<u16>(op);
    event.cpl_before = cpl;
    event.b = after;
    return event;
}

Event plain(EventKind kind) {
    Event event;
    event.kind = kind;
    return event;
}

}  // namespace

TEST_CASE("counts come from core events and from probe points by name") {
    Counters counters({});
    counters.count(plain(EventKind::RingChange), World::Vmm, "");
    counters.count(plain(EventKind::Exception), World::Guest, "");
    counters.count(plain(EventKind::Exception), World::Vmm, "");
    counters.count(plain(EventKind::VmExit), World::Guest, "");
    counters.count(plain(EventKind::Probe), World::Vmm, "hypercall");
    counters.count(plain(EventKind::Probe), World::Vmm, "bt.block.end");
    counters.count(plain(EventKind::Probe), World::Vmm, "bt.block.begin");
    counters.count(plain(EventKind::SoftwareInterrupt), World::Guest, "");
    const Counts& counts = counters.counts();
    CHECK(counts.ring_crossings == 1);
    CHECK(counts.traps == 2);
    CHECK(counts.vm_exits == 1);
    CHECK(counts.hypercalls == 1);
    CHECK(counts.translated_blocks == 1);
}

TEST_CASE("a silent sensitive instruction is wrong where its result is not native's") {
    Counters native({});
    for (const u64 after : {0x200u, 0x0u, 0x200u})
        native.count(sensitive(0x100, isa::Op::POPF, 0, after), World::Guest, "");
    CHECK(native.silent_sensitive().empty());  // ring 0 is not deprivileged

    struct Row {
        const char* name;
        u8 cpl;
        World world;
        std::vector<u64> afters;
        u64 count, wrong;
    };
    const Row rows[] = {
        {"all as native", 1, World::Guest, {0x200, 0, 0x200}, 3, 0},
        {"one differs", 1, World::Guest, {0x200, 0x200, 0x200}, 3, 1},
        {"more often than native", 1, World::Guest, {0x200, 0, 0x200, 5}, 4, 0},
        {"applications are not counted", 3, World::Guest, {0, 0, 0}, 0, 0},
        {"the VMM is not counted", 1, World::Vmm, {0, 0, 0}, 0, 0},
        {"translated code is not counted", 1, World::Translated, {0, 0, 0}, 0, 0},
    };
    for (const Row& row : rows) {
        SUBCASE(row.name) {
            Counters counters({&native.effects()});
            for (const u64 after : row.afters)
                counters.count(sensitive(0x100, isa::Op::POPF, row.cpl, after), row.world, "");
            const auto silent = counters.silent_sensitive();
            REQUIRE(silent.size() == (row.count ? 1 : 0));
            CHECK(counters.wrong_results().size() == row.wrong);
            if (row.count) {
                CHECK(silent[0].count == row.count);
                CHECK(silent[0].wrong == row.wrong);
                CHECK(silent[0].address == 0x100);
            }
        }
    }
}

TEST_CASE("the map of worlds answers with the latest range that holds an address") {
    WorldMap map(World::Vmm);
    map.add({0x1000000}, 0x1000000, World::Guest);
    map.add({0x1800000}, 0x1000, World::Translated);
    CHECK(map.at({0xffffff}) == World::Vmm);
    CHECK(map.at({0x1000000}) == World::Guest);
    CHECK(map.at({0x1800fff}) == World::Translated);
    CHECK(map.at({0x1801000}) == World::Guest);
    CHECK(map.at({0x1ffffff}) == World::Guest);
    CHECK(map.at({0x2000000}) == World::Vmm);
}
