// The paravirtual VMM by its probe points.
#include "tests/unit/vmm_translation/watched.hpp"

using namespace ringside;
using namespace ringside::test;

TEST_CASE("the probe point of a hypercall tells the number and all five arguments") {
    const Scenario scenario = value(Installation(RINGSIDE_DATA_DIR).find("ringlet"));
    const Passed passed = run(scenario, programs_of(scenario, "paravirtual"));
    const std::vector<Recorded>& hypercalls = passed.probes.at("hypercall");
    for (const Recorded& one : hypercalls)
        for (const char* name : {"number", "a1", "a2", "a3", "a4", "a5"})
            CHECK(one.argument(name).has_value());

    // mmu_update(requests, count, done, domain): what is in ESI is the fourth, and no other is.
    constexpr u32 mmu_update = 1, domain_self = 0x7ff0;
    u64 updates = 0;
    for (const Recorded& one : hypercalls) {
        if (one.argument("number") != mmu_update) continue;
        ++updates;
        CHECK(one.argument("a2") >= 1u);
        CHECK(one.argument("a2") <= 16u);  // ringlet's batch
        CHECK(one.argument("a3") == 0u);
        CHECK(one.argument("a4") == domain_self);
    }
    CHECK(updates > 0);
}

TEST_CASE("the fifth argument is what the guest has in EDI") {
    const WrittenGuest guest("paravirtual.asm",
                             "bits 32\n%include \"common/paravirt/guest.inc\"\nsection .text\n"
                             "main:\n    HYPERCALL XEN_VERSION, 0, 2, 3, 4, 5\n    ret\n"
                             "section .data\nalign 4\nobservations:\n.end:\n");
    const Passed passed = run(guest.scenario(), programs_of(guest.scenario(), "paravirtual"));
    CHECK(passed.count("hypercall", "a5", 5) >= 1);
    CHECK(passed.count("hypercall", "a4", 4) >= 1);
}

TEST_CASE("a guest that yields gives the CPU to the other before it makes another hypercall") {
    const Scenario scenario = value(Installation(RINGSIDE_DATA_DIR).find("telegraph"));
    const Passed passed = run(scenario, programs_of(scenario, "paravirtual"));
    const std::vector<Recorded>&hypercalls = passed.probes.at("hypercall"),
          &switches = passed.probes.at("pv.switch");
    constexpr u32 sched_op = 29, yield = 0;
    u64 yields = 0;
    for (size_t i = 0; i + 1 < hypercalls.size(); ++i) {
        const Recorded& one = hypercalls[i];
        if (one.argument("number") != sched_op || one.argument("a1") != yield) continue;
        ++yields;
        const Cycle next = hypercalls[i + 1].event.when;
        CHECK(std::any_of(switches.begin(), switches.end(), [&](const Recorded& s) {
            return s.event.when > one.event.when && s.event.when < next;
        }));
    }
    CHECK(yields > 0);
}
