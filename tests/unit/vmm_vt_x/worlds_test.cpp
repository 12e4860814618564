// Whose word counts about worlds and trips: the VMM's and its host's, never a guest's.
#include "tests/unit/vmm_translation/watched.hpp"

using namespace ringside;
using namespace ringside::test;

namespace {

/// It claims to be a host, to have made a copy of itself, and to begin a leg.
const char* const liar = R"(
main:
    mov eax, 0x1000000
    mov ecx, 0x100000
    mov edx, 0x2000000
    PROBE "host.kernel", "base=eax size=ecx"
    nop
    PROBE "translation.cache", "base=eax size=ecx"
    nop
    PROBE "vmm.copy", "from=eax to=edx size=ecx"
    nop
    PROBE "trip.nowhere"
    nop
    ret
)";

struct Told {
    std::vector<WorldMap::Range> ranges;
    std::vector<Leg> legs;
    size_t recorded = 0;  ///< probe points named host.kernel
};

Told told_under(const char* technique, const WrittenGuest& guest) {
    const Programs programs = programs_of(guest.scenario(), technique);
    machine::Machine m = value(make_machine(guest.scenario(), programs, *value(find_cpu(""))));
    Watcher watcher(programs, m, {.record = true});
    machine::run(m, {.instructions = 20'000'000}, {.sink = &watcher, .map = &watcher});
    Told out{watcher.worlds().ranges(), watcher.trips().legs()};
    for (const Recorded& one : watcher.recording()) out.recorded += one.probe == "host.kernel";
    return out;
}

size_t count(const Told& told, World world) {
    size_t n = 0;
    for (const WorldMap::Range& range : told.ranges) n += range.world == world;
    return n;
}

}  // namespace

TEST_CASE("a guest that names itself a host is not believed") {
    const WrittenGuest guest(liar);
    for (const char* technique : {"native", "vt-x"}) {
        CAPTURE(technique);
        const Told told = told_under(technique, guest);
        CHECK(told.recorded == 1);  // it was there, and seen
        CHECK(count(told, World::Host) == 0);
        CHECK(count(told, World::Translated) == 0);
        for (const Leg& leg : told.legs) {
            CHECK(leg.from != "nowhere");
            CHECK(leg.to != "nowhere");
        }
    }
}

TEST_CASE("a host tells where its kernel and its processes lie, each in pages of its own") {
    const WrittenGuest guest("main:\n    ret\n");
    const Told told = told_under("hosted-vt-x", guest);
    CHECK(count(told, World::Host) == 2);  // the commpage counts as the kernel's
    CHECK(count(told, World::DeviceProcess) == 1);
    CHECK(count(told, World::OtherProcess) == 1);
    for (const WorldMap::Range& range : told.ranges) {
        CHECK(range.base % 0x1000 == 0);
        CHECK(range.size % 0x1000 == 0);
        CHECK(range.size > 0);
    }
}
