// Hosted binary translation, watched: a guest's OUT goes the long way, the two worlds share no
// address space and no table, and an interrupt in the VMM's time is asserted again in the host's.
#include <set>

#include "tests/unit/vmm_translation/watched.hpp"

using namespace ringside;
using namespace ringside::test;

namespace {

constexpr u64 kernel_begin = 0xfc000000, vmm_begin = 0xfc800000, vmm_end = 0xfcc00000;

const char* const sender =
    "main:\n    mov dx, 0x3f8\n    mov al, 'h'\n    out dx, al\n    mov al, 'i'\n    out dx, al\n"
    "    ret\n";

Passed hosted(const WrittenGuest& guest) {
    return run(guest.scenario(), programs_of(guest.scenario(), "hosted-binary-translation"));
}

/// The probe points of a trip, and what each has as argument `argument`.
struct Passage {
    const char* probe;
    const char* argument;
    u32 value;
};

}  // namespace

TEST_CASE("the guest's OUT goes from VMM to host to device process and back, leg by leg") {
    const WrittenGuest guest(sender);
    const Passed run = hosted(guest);
    CHECK(run.serial.ends_with("hi"));
    constexpr u32 ask_port = 2, exit_port = 1, call_print = 3, call_run = 11, com1 = 0x3f8;
    constexpr Passage legs[] = {{"vmm.ask", "asked", ask_port},
                                {"world.to_host", "ask", ask_port},
                                {"host.to_process", "exit", exit_port},
                                {"device.port", "port", com1},
                                {"host.system_call", "call", call_print},
                                {"host.system_call", "call", call_run},
                                {"host.to_guest", "guest", 0},
                                {"world.to_vmm", "guest", 0},
                                {"vmm.answered", "asked", ask_port}};
    // Follow each of the two bytes: from its call-out, the next passage of each leg in turn.
    size_t trips = 0;
    const auto& outs = run.probes.at("device.port");
    for (const Recorded& out : outs) {
        if (out.argument("port") != com1 || out.argument("is_in") != 0u) continue;
        if (out.argument("value") != u32('h') && out.argument("value") != u32('i')) continue;
        ++trips;
        // Backwards to the ask, then forwards leg by leg.
        Cycle at = 0;
        for (const Recorded& ask : run.probes.at("vmm.ask"))
            if (ask.event.when < out.event.when) at = ask.event.when;
        Cycle before = 0;
        for (const Recorded& callout : run.probes.at("bt.callout"))
            if (callout.event.when < at) before = callout.event.when;
        CHECK(before > 0);
        for (const Passage& leg : legs) {
            CAPTURE(leg.probe);
            const auto& passed = run.probes.at(leg.probe);
            const auto next = std::find_if(passed.begin(), passed.end(), [&](const Recorded& one) {
                return one.event.when >= at && one.argument(leg.argument) == leg.value;
            });
            REQUIRE(next != passed.end());
            at = next->event.when;
        }
        // And all of it before the guest's next call-out.
        for (const Recorded& callout : run.probes.at("bt.callout"))
            if (callout.event.when > out.event.when) {
                CHECK(at < callout.event.when);
                break;
            }
    }
    CHECK(trips == 2);
}

TEST_CASE("host and VMM are peers: each with its own address space, tables and stack") {
    const WrittenGuest guest(sender);
    const Programs programs = programs_of(guest.scenario(), "hosted-binary-translation");
    machine::Machine m = value(make_machine(guest.scenario(), programs, *value(find_cpu(""))));
    const auto& symbols = programs.vmm->image.symbols;
    const auto in_function = [&](u64 linear, const char* name) {
        const auto found = symbols.at(u32(linear));
        return found && found->symbol->name == name;
    };
    struct World {
        std::set<u64> spaces, gdts, idts, tasks;
        u64 instructions = 0;
    } host, vmm;
    machine::Stop stop;
    bool started = false;
    u64 wrong = 0;
    do {
        const u64 linear = m.cpu.seg[decode::CS].base + m.cpu.regs.rip;
        const bool ring_0 = m.cpu.cpl == 0;
        const bool in_vmm = linear >= vmm_begin && linear < vmm_end;
        const bool between = in_function(linear, "world_switch") || in_function(linear, "memcpy") ||
                             in_function(linear, "memset");
        started = started || in_function(linear, "world_switch");
        if (started && ring_0 && !between) {
            World& world = in_vmm ? vmm : host;
            ++world.instructions;
            world.spaces.insert(m.cpu.cr3);
            world.gdts.insert(m.cpu.gdtr.base);
            world.idts.insert(m.cpu.idtr.base);
            world.tasks.insert(m.cpu.tr.base);
            const u64 sp = m.cpu.regs.gpr[4];
            if (in_vmm ? sp < vmm_begin || sp >= vmm_end : sp < kernel_begin || sp >= vmm_begin)
                ++wrong;
        }
        // The translated guest and its applications: only in the VMM's space.
        if (started && m.cpu.cpl == 1 && !vmm.spaces.contains(m.cpu.cr3)) ++wrong;
        stop = machine::run(m, {.steps = m.steps + 1}, {});
    } while (stop.reason == machine::Stop::Limit && m.steps < 5'000'000);
    CHECK(stop.reason == machine::Stop::DebugExit);
    CHECK(host.instructions > 1000);
    CHECK(vmm.instructions > 1000);
    CHECK(wrong == 0);
    // Its own, before the guest runs, and the shadow of the guest's only one.
    CHECK(vmm.spaces.size() == 2);
    for (const u64 space : vmm.spaces) CHECK(!host.spaces.contains(space));
    for (const auto member : {&World::gdts, &World::idts, &World::tasks}) {
        CHECK((host.*member).size() == 1);
        CHECK((vmm.*member).size() == 1);
        CHECK(*(host.*member).begin() < vmm_begin);
        CHECK(*(vmm.*member).begin() >= vmm_begin);
    }
}

TEST_CASE("an interrupt in the VMM's time is the host's: asserted again there by INT") {
    const WrittenGuest guest(
        "main:\n    mov ecx, 300000\n.next:\n    dec ecx\n    jnz .next\n    ret\n");
    const Programs programs = programs_of(guest.scenario(), "hosted-binary-translation");
    machine::Machine m = value(make_machine(guest.scenario(), programs, *value(find_cpu(""))));
    Watcher watcher(programs, m, {.record = true});
    CHECK(
        machine::run(m, {.instructions = 20'000'000}, {.sink = &watcher, .map = &watcher}).reason ==
        machine::Stop::DebugExit);
    constexpr u32 ask_interrupt = 1, timer_vector = 0x20;
    size_t asked = 0, again = 0, taken = 0, progress = 0;
    for (const Recorded& one : watcher.recording()) {
        if (one.probe == "vmm.ask" && one.argument("asked") == ask_interrupt) ++asked;
        if (one.probe == "calculator.progress") ++progress;
        const bool timer = one.event.vector == timer_vector;
        if (timer && one.event.kind == trace::EventKind::ExternalInterrupt) ++taken;
        if (timer && one.event.kind == trace::EventKind::SoftwareInterrupt) ++again;
    }
    CHECK(asked > 0);
    CHECK(again == asked);
    CHECK(taken > asked);  // the others came in the host's own time
    CHECK(progress > 0);   // which the host gave to its ordinary process, too
}

TEST_CASE("what a hosted VMM gives up says so on the guest's line, by way of the host") {
    const WrittenGuest guest("main:\n    cli\n    hlt\n");
    const Passed run = hosted(guest);
    CHECK(run.serial.starts_with("vmm: the guest halted with interrupts off at 0010"));
    CHECK(run.count("guest.stopped") == 1);
    CHECK(run.stop.reason == machine::Stop::DebugExit);
    CHECK(run.stop.value == 0x7f);
}

TEST_CASE("a guest that halts is not asked again before it has an interrupt") {
    const Installation installation(RINGSIDE_DATA_DIR);
    const Scenario scenario = value(installation.find("hlt"));
    const Passed run = test::run(scenario, programs_of(scenario, "hosted-binary-translation"));
    CHECK(run.serial.starts_with("woken = 3"));
    constexpr u32 ask_wait = 3;
    const size_t waits = run.count("vmm.ask", "asked", ask_wait);
    CHECK(waits >= 3);
    CHECK(waits <= 8);
}

TEST_CASE("every probe point of a VMM has a line of its source") {
    const Installation installation(RINGSIDE_DATA_DIR);
    const Scenario scenario = value(installation.find("hlt"));
    for (const std::string technique : {"binary-translation", "hosted-binary-translation"}) {
        CAPTURE(technique);
        const Programs programs = programs_of(scenario, technique);
        const image::Image& image = programs.vmm->image;
        size_t seen = 0;
        for (const image::ProbePoint& probe : image.probes) {
            if (probe.name == "bt.lookup.hit") continue;  // in translated code
            CAPTURE(probe.name);
            CAPTURE(probe.address);
            const auto line = image.lines.at(probe.address);
            REQUIRE(line.has_value());
            CHECK(line->file.find("scenarios/vmms/") != std::string::npos);
            CHECK(line->line > 0);
            ++seen;
        }
        CHECK(seen >= 15);
    }
}
