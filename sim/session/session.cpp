#include "sim/session/session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/nearest.hpp"
#include "sim/decode/text.hpp"
#include "sim/session/boot.hpp"
#include "sim/session/native_network.hpp"
#include "sim/session/observations.hpp"
#include "sim/session/patience.hpp"

namespace ringside::session {

using machine::Limits;
using machine::Stop;

Result<const timing::Profile*> find_cpu(const std::string& name) {
    if (name.empty()) return &timing::default_profile();
    if (const timing::Profile* profile = timing::find_profile(name)) return profile;
    std::vector<std::string> names;
    std::string all;
    for (const timing::Profile& one : timing::profiles()) {
        names.emplace_back(one.name);
        all += (all.empty() ? "there are " : ", ") + names.back();
    }
    const std::string near = nearest(name, names);
    return Diagnostic{"", 0, 0, "there is no CPU profile \"" + name + "\"",
                      near.empty() ? all : "did you mean \"" + near + "\"?"};
}

Result<machine::Machine> make_machine(const Scenario& scenario, const Programs& programs,
                                      const timing::Profile& profile) {
    machine::Config config;
    config.ram_bytes = u64{scenario.machine.ram_mib} << 20;
    if (scenario.machine.hz) config.hz = scenario.machine.hz;
    config.profile = &profile;
    const std::vector<u8> blank(size_t{scenario.machine.disk_kib} << 10);
    for (size_t n = 0; n < programs.guests.size() && n < config.disks.size(); ++n)
        config.disks[n] = dev::DiskImage(blank);
    machine::Machine machine(config);
    std::vector<ModuleFile> modules;
    for (const Program& module : programs.modules())
        modules.push_back({module.command_line(), module.bytes});
    if (Status booted = boot(machine.cpu, machine.ram, programs.kernel().image, modules); !booted)
        return booted.error();
    std::vector<dev::ArrivingByte> input;
    for (const SerialInput& one : scenario.input)
        for (const char c : one.bytes) input.push_back({one.at, static_cast<u8>(c)});
    std::stable_sort(input.begin(), input.end(),
                     [](const auto& a, const auto& b) { return a.when < b.when; });
    machine.board.expect_serial_input(input);
    return machine;
}

namespace {

/// " (fldpi)", if the instruction there can be read.
std::string instruction_text(const machine::Machine& machine, LinAddr address) {
    std::array<u8, 15> bytes{};
    size_t count = 0;
    for (; count < bytes.size(); ++count) {
        const auto byte = peek(machine, {address.value + count}, 1);
        if (!byte) break;
        bytes[count] = static_cast<u8>(*byte);
    }
    const auto text =
        decode::disassemble(std::span(bytes).first(count), address.value, machine.cpu.code_bits());
    return text ? " (" + text->text + ")" : "";
}

void set_ending(GuestReport& out, const Ending& ending) {
    out.outcome = ending.outcome;
    out.reason = ending.reason;
    out.exit_status = ending.exit_status;
    out.exit_value = ending.exit_value;
}

u64 serial_bytes(const machine::Machine& machine) {
    u64 sum = 0;
    for (unsigned port = 0; port < dev::Board::serial_ports; ++port)
        sum += machine.board.serial_log(port).size();
    return sum;
}

}  // namespace

Ending ending_of(const Stop& stop, const machine::Machine& machine) {
    constexpr int limit_status = 4, failed_status = 6;
    switch (stop.reason) {
        case Stop::DebugExit:
            return {Outcome::Completed,
                    fmt::format("the guest ended the run with value {}", stop.value),
                    static_cast<int>((stop.value << 1 | 1) & 0xff), stop.value};
        case Stop::Halted:
            return {Outcome::Completed, "HLT with nothing left that could wake the CPU", 0, {}};
        case Stop::Shutdown: return {Outcome::Failed, "triple fault", failed_status, {}};
        case Stop::Reset:
            return {Outcome::Failed, "the guest reset the machine", failed_status, {}};
        case Stop::NotModelled:
            return {Outcome::Unsupported,
                    fmt::format("not modelled: {}{}, at 0x{:x}", stop.what,
                                instruction_text(machine, stop.address), stop.address.value),
                    failed_status,
                    {}};
        case Stop::Limit:
        case Stop::Asked: break;
    }
    return {Outcome::Limit,
            fmt::format("the limit of {} instructions", machine.instructions),
            limit_status,
            {}};
}

namespace {

/// Natively: the machine of one guest hears what the other's sends.
Status join_network(const Installation& installation, const Scenario& scenario,
                    const SessionOptions& options, const timing::Profile& profile,
                    machine::Machine& machine) {
    machine.board.plug_in_network();
    for (size_t n = 0; n < scenario.guests.size(); ++n) {
        if (n == options.guest) continue;
        const Result<Programs> programs = make_programs(
            installation, scenario,
            {options.technique, options.option, n, options.vmm_options, options.guest_options});
        if (!programs) return programs.error();
        Result<machine::Machine> other = make_machine(scenario, *programs, profile);
        if (!other) return other.error();
        for (const dev::Frame& frame : frames_from(std::move(*other), machine, scenario.stop))
            machine.board.expect_frame(frame);
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const Installation& installation,
                                               const Scenario& scenario,
                                               const SessionOptions& options) {
    const auto profile = find_cpu(options.cpu.empty() ? scenario.machine.cpu : options.cpu);
    if (!profile) return profile.error();
    Result<Programs> programs = make_programs(installation, scenario,
                                              {options.technique, options.option, options.guest,
                                               options.vmm_options, options.guest_options});
    if (!programs) return programs.error();
    Result<machine::Machine> machine = make_machine(scenario, *programs, **profile);
    if (!machine) return machine.error();
    if (scenario.machine.network && !programs->vmm)
        if (const Status joined =
                join_network(installation, scenario, options, **profile, *machine);
            !joined)
            return joined.error();
    return std::unique_ptr<Session>(
        new Session(scenario, std::move(*programs), std::move(*machine), options));
}

Session::Session(const Scenario& scenario, Programs programs, machine::Machine start,
                 const SessionOptions& options)
    : scenario_(scenario),
      options_(options),
      programs_(std::move(programs)),
      timeline_(std::move(start)),
      watcher_(programs_, timeline_.machine(), {options.record, options.natives}) {}

machine::Watch Session::watch() { return {&watcher_, &watcher_, nullptr, options_.all_sensitive}; }

/// What has happened before is in the recording already.
machine::Watch Session::replay() const {
    return {nullptr, &watcher_, nullptr, options_.all_sensitive};
}

void Session::apply(const Command& command) {
    std::visit(
        [this](const auto& c) {
            using T = std::decay_t<decltype(c)>;
            const auto& recording = watcher_.recording();
            const auto& steps = watcher_.steps();
            // The last event or checkpoint that lies before is a known instant from which to run,
            // and so is the present where it lies before (`ahead`).
            const auto from_before = [&](bool ahead, auto event_lies, auto machine_lies,
                                         Limits limits) {
                const auto after =
                    std::partition_point(recording.begin(), recording.end(), event_lies);
                const auto index = static_cast<size_t>(after - recording.begin());
                const u64 known = std::max(index ? steps[index - 1] : 0,
                                           timeline_.last_checkpoint_where(machine_lies));
                if (!ahead || known > timeline_.now()) timeline_.go_to(known, watch(), replay());
                run_to(limits);
            };
            if constexpr (std::is_same_v<T, Step>) {
                step(c);
            } else if constexpr (std::is_same_v<T, Run>) {
                const u64 present = machine().instructions;
                run_to({c.instructions > never - present ? never : present + c.instructions, never,
                        never});
            } else if constexpr (std::is_same_v<T, GoToInstruction>) {
                from_before(
                    c.instruction >= machine().instructions,
                    [&](const Recorded& r) { return r.event.instruction <= c.instruction; },
                    [&](const machine::Machine& m) { return m.instructions <= c.instruction; },
                    {c.instruction, never, never});
            } else if constexpr (std::is_same_v<T, GoToCycle>) {
                from_before(
                    c.cycle >= machine().now,
                    [&](const Recorded& r) { return r.event.when <= c.cycle; },
                    [&](const machine::Machine& m) { return m.now <= c.cycle; },
                    {never, never, c.cycle});
            } else if constexpr (std::is_same_v<T, GoToEvent>) {
                while (!ending_ && c.event >= recording.size())
                    run_new({never, timeline_.furthest() + 65'536, never});
                if (recording.empty()) return;
                const u64 event = std::min<u64>(c.event, recording.size() - 1);
                timeline_.go_to(steps[event] + 1, watch(), replay());
            }
        },
        command);
}

void Session::step(const Step& step) {
    if (step.unit != Unit::Instruction) return step_events(step.unit, step.count);
    const u64 now = timeline_.now();
    if (step.count < 0) {
        const auto back = static_cast<u64>(-step.count);
        timeline_.go_to(back > now ? 0 : now - back, watch(), replay());
    } else {
        run_to({never, now + static_cast<u64>(step.count), never});
    }
}

void Session::step_events(Unit unit, i64 count) {
    const auto& recording = watcher_.recording();
    const auto& steps = watcher_.steps();
    const auto matches = [&](size_t i) {
        return unit == Unit::Event || recording[i].is_crossing();
    };
    for (; count < 0; ++count) {
        // The instant after the last matching event that is before the present.
        size_t i = events_so_far();
        while (i > 0 && (steps[i - 1] + 1 >= timeline_.now() || !matches(i - 1))) --i;
        timeline_.go_to(i ? steps[i - 1] + 1 : 0, watch(), replay());
        if (i == 0) return;
    }
    for (; count > 0; --count) {
        size_t i = events_so_far();
        for (;;) {
            while (i < recording.size() && !matches(i)) ++i;
            if (i < recording.size() || ending_) break;
            run_new({never, timeline_.furthest() + 65'536, never});
        }
        if (i >= recording.size()) return run_to({});
        timeline_.go_to(steps[i] + 1, watch(), replay());
    }
}

size_t Session::events_so_far() const {
    const auto& steps = watcher_.steps();
    return static_cast<size_t>(std::lower_bound(steps.begin(), steps.end(), timeline_.now()) -
                               steps.begin());
}

/// Forward: through what is known without recording it again, then on.
void Session::run_to(const Limits& limits) {
    if (timeline_.now() < timeline_.furthest()) {
        Limits known = limits;
        known.steps = std::min(limits.steps, timeline_.furthest());
        timeline_.run(known, replay());
        if (timeline_.now() < timeline_.furthest()) return;
    }
    run_new(limits);
}

/// From the furthest instant on. The scenario's limits are looked at in pieces that lie at the same
/// steps whatever the caller's limits are, so that a run ends at the same instant however it is
/// cut.
void Session::run_new(const Limits& limits) {
    constexpr u64 piece = 16'384;
    timeline_.go_to(timeline_.furthest(), watch(), replay());
    Limits bounds = limits;
    bounds.instructions = std::min(limits.instructions, scenario_.stop.instructions);
    bounds.cycles = std::min(limits.cycles, scenario_.stop.cycles);
    while (!ending_) {
        Limits next = bounds;
        next.steps = std::min(limits.steps, (timeline_.now() / piece + 1) * piece);
        const Stop stop = timeline_.run(next, watch());
        if (stop.reason != Stop::Limit) return finish(stop);
        if (reached_a_limit()) return;
        if (timeline_.now() >= limits.steps || machine().instructions >= limits.instructions ||
            machine().now >= limits.cycles)
            return;
    }
}

void Session::finish(const Stop& stop) {
    ending_ = ending_of(stop, machine());
    const bool only_guest_stopped =
        guests().size() == 1 && guests()[0].end == GuestState::End::Stopped;
    if (!programs_.vmm || (watcher_.guests_ended() && !only_guest_stopped)) return;
    // With one guest, HLT may be the guest's own last word.
    if (stop.reason != Stop::DebugExit && !(stop.reason == Stop::Halted && guests().size() > 1))
        return;
    // A VMM that ends the run on its own account has given up; its last words say why.
    std::string words = serial();
    while (words.ends_with('\n')) words.pop_back();
    ending_->outcome = Outcome::Failed;
    ending_->reason = "the VMM gave up: " + words.substr(words.rfind('\n') + 1);
}

bool Session::reached_a_limit() {
    static_assert(most_guests <= dev::Board::serial_ports);
    const StopLimits& stop = scenario_.stop;
    std::string which;
    if (machine().instructions >= stop.instructions)
        which = fmt::format("{} instructions", stop.instructions);
    else if (machine().now >= stop.cycles)
        which = fmt::format("{} cycles", stop.cycles);
    else if (serial_bytes(machine()) > stop.serial_bytes)
        which = fmt::format("{} bytes of serial output", stop.serial_bytes);
    else if (out_of_patience(machine(), stop.instructions))
        which = fmt::format("{} steps that complete no instruction",
                            idle_steps_allowed(stop.instructions));
    else
        return false;
    ending_ = ending_of({}, machine());
    ending_->reason = "the scenario's limit of " + which;
    return true;
}

std::string Session::serial(size_t guest) const {
    std::string text = machine().board.serial_log(static_cast<unsigned>(guest)).text();
    if (text.size() > scenario_.stop.serial_bytes) text.resize(scenario_.stop.serial_bytes);
    return text;
}

std::vector<Observation> Session::observations(size_t guest) const {
    const auto& memory = guests()[guest].memory;
    if (!memory) return {};
    return read_observations(programs_.guests[guest].image, machine().ram, *memory);
}

std::vector<Observation> Session::measurements(size_t guest) const {
    const auto& memory = guests()[guest].memory;
    if (!memory) return {};
    return read_observations(programs_.guests[guest].image, machine().ram, *memory, "measurements");
}

/// One of several guests: how it ended is what the VMM's probe points told.
GuestReport Session::guest_report(size_t guest) const {
    GuestReport out;
    out.serial = serial(guest);
    out.observations = observations(guest);
    out.measurements = measurements(guest);
    const GuestState& state = guests()[guest];
    switch (state.end) {
        case GuestState::End::Exited: {
            Stop stop;
            stop.reason = Stop::DebugExit;
            stop.value = static_cast<u32>(state.exit_value);
            set_ending(out, ending_of(stop, machine()));
            break;
        }
        case GuestState::End::Halted: {
            Stop stop;
            stop.reason = Stop::Halted;
            set_ending(out, ending_of(stop, machine()));
            break;
        }
        case GuestState::End::Stopped:
            set_ending(out, {Outcome::Failed, "the VMM stopped the guest", 6, {}});
            break;
        case GuestState::End::None:
            set_ending(out, *ending_);
            if (out.outcome == Outcome::Completed) {
                out.outcome = Outcome::Failed;
                out.reason = "the run ended before the guest did: " + out.reason;
            }
            break;
    }
    return out;
}

Lane Session::lane() const {
    const machine::Machine& m = machine();
    const mem::Walk walk = mem::peek_walk(m.ram, m.cpu.paging_mode(), m.cpu.code_address(),
                                          {false, true, m.cpu.cpl == 3});
    const bool mapped = walk.outcome == mem::Walk::Mapped;
    return lane_of(worlds().at(mapped ? walk.physical : HostPhys{~u64{0}}), m.cpu.cpl);
}

RunReport Session::report() const {
    RINGSIDE_CHECK(ending_.has_value() && at_end());
    RunReport out;
    out.technique = options_.technique.name;
    set_ending(out, *ending_);
    out.instructions = machine().instructions;
    out.cycles = machine().now;
    const machine::Meter& meter = timeline_.meter();
    const auto spent = [&](World world) { return meter.cycles[static_cast<size_t>(world)]; };
    out.cycles_by = {spent(World::Guest),
                     spent(World::Translated),
                     spent(World::Vmm),
                     spent(World::Host),
                     spent(World::DeviceProcess),
                     spent(World::OtherProcess),
                     meter.transition,
                     meter.idle};
    RINGSIDE_CHECK(out.cycles_by.sum() == out.cycles);
    const Counts& counts = counters().counts();
    out.ring_crossings = counts.ring_crossings;
    out.traps = counts.traps;
    out.vm_exits = counts.vm_exits;
    out.hypercalls = counts.hypercalls;
    out.translated_blocks = counts.translated_blocks;
    out.translated_by = counts.translated_by;
    out.traced_stores = counts.traced_stores;
    out.serial = serial();
    if (guests().size() == 1) out.observations = observations();
    if (guests().size() == 1) out.measurements = measurements();
    if (guests().size() > 1)
        for (size_t i = 0; i < guests().size(); ++i) {
            out.guests.push_back(guest_report(i));
            out.guests.back().name = scenario_.guests[i].name;
        }
    out.legs = watcher_.trips().legs();
    out.trips = watcher_.trips().trips();
    out.silent_sensitive = counters().silent_sensitive();
    out.failed_entries = counters().failed_entries();
    return out;
}

}  // namespace ringside::session
