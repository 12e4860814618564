// The translator in the simulator, where every instruction can be watched: what runs in ring 1 is
// the translation cache and nothing else, and most of it is the guest's own instructions, copied.
#include <doctest/doctest.h>

#include <map>

#include "sim/machine/run.hpp"
#include "sim/session/session.hpp"

using namespace ringside;
using namespace ringside::session;

namespace {

constexpr u64 vmm_base = 0xfc000000;  // linear address of host-physical 0

/// As the probe point bt.insn numbers them.
enum class Kind : u32 { Ident, Rewritten, Callout, InCache, Control };

struct Watched {
    u64 outside_cache = 0;  ///< instructions run in ring 1 outside the translation cache
    u64 guest_code_in_ring0 = 0;
    u64 applications = 0;  ///< instructions run in ring 3
    std::map<Kind, u64>
        kernel;  ///< guest instructions run in ring 1, by what they were translated to
    machine::Stop stop;
};

template <class T>
T value(Result<T> result) {
    if (!result) FAIL(result.error().text());
    return std::move(*result);
}

Watched watch(const std::string& scenario_name, const char* technique_name) {
    const Installation installation(RINGSIDE_DATA_DIR);
    const Scenario scenario = value(installation.find(scenario_name));
    const Technique technique = value(find_technique(technique_name));
    const Programs programs = value(make_programs(installation, scenario, {technique, ""}));
    machine::Machine m = value(make_machine(scenario, programs, *value(find_cpu(""))));
    Watcher watcher(programs, m, {.record = true});

    Watched seen;
    std::map<u64, Kind> kind_at;  ///< linear address in the cache
    size_t events = 0;
    u64 repeating = 0;  ///< the instruction whose last step did not complete it
    do {
        const u64 linear = m.cpu.seg[decode::CS].base + m.cpu.regs.rip;
        const u8 cpl = m.cpu.cpl;
        if (cpl == 1) {
            const bool in_cache =
                linear >= vmm_base && watcher.worlds().at({linear - vmm_base}) == World::Translated;
            if (!in_cache) ++seen.outside_cache;
            // A repetition takes several steps: one instruction all the same.
            const auto kind = kind_at.find(linear);
            if (kind != kind_at.end() && linear != repeating) ++seen.kernel[kind->second];
        }
        if (cpl == 0 && watcher.guests().front().started != 0 && linear < vmm_base)
            ++seen.guest_code_in_ring0;
        if (cpl == 3) ++seen.applications;
        const u64 retired = m.instructions;
        seen.stop = machine::run(m, {.steps = m.steps + 1}, {.sink = &watcher, .map = &watcher});
        repeating = m.instructions == retired ? linear : 0;
        for (; events < watcher.recording().size(); ++events) {
            const Recorded& event = watcher.recording()[events];
            if (event.probe == "bt.insn")
                kind_at[*event.argument("tc")] = Kind(*event.argument("kind"));
        }
    } while (seen.stop.reason == machine::Stop::Limit && m.steps < 20'000'000);
    return seen;
}

}  // namespace

TEST_CASE(
    "the guest's kernel runs out of the translation cache only, and mostly as identical copies") {
    for (const char* name : {"popf", "ringlet"}) SUBCASE(name) {
            const Watched seen = watch(name, "binary-translation");
            CHECK(seen.stop.reason == machine::Stop::DebugExit);
            CHECK(seen.outside_cache == 0);
            CHECK(seen.guest_code_in_ring0 == 0);
            u64 all = 0;
            for (const auto& [kind, count] : seen.kernel) all += count;
            const u64 copied = seen.kernel.at(Kind::Ident);
            CAPTURE(all);
            CAPTURE(copied);
            CAPTURE(seen.kernel.at(Kind::Control));
            CHECK(copied > 1000);
            CHECK(double(copied) >= 0.95 * double(all));
            if (std::string(name) == "ringlet") CHECK(seen.applications > 10'000);
        }
}

TEST_CASE("a guest of the hosted translator runs out of the translation cache only, too") {
    const Watched seen = watch("popf", "hosted-binary-translation");
    CHECK(seen.stop.reason == machine::Stop::DebugExit);
    CHECK(seen.outside_cache == 0);
    CHECK(seen.guest_code_in_ring0 == 0);
    u64 all = 0;
    for (const auto& [kind, count] : seen.kernel) all += count;
    CHECK(double(seen.kernel.at(Kind::Ident)) >= 0.95 * double(all));
}
