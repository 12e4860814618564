#include "sim/session/watcher.hpp"

#include <algorithm>

namespace ringside::session {

std::optional<u32> peek(const machine::Machine& machine, LinAddr address, unsigned width) {
    u32 value = 0;
    for (unsigned i = 0; i < width; ++i) {
        const LinAddr at{(address.value + i) & 0xffff'ffff};
        const mem::Walk walk =
            mem::peek_walk(machine.ram, machine.cpu.paging_mode(), at, mem::Access{});
        if (walk.outcome != mem::Walk::Mapped || !machine.ram.contains(walk.physical)) return {};
        value |= static_cast<u32>(machine.ram.read(walk.physical, 1)) << (8 * i);
    }
    return value;
}

namespace {

/// The probe points that tell whose code lies in a range of memory.
std::optional<World> world_told_by(std::string_view probe) {
    if (probe == "guest.memory") return World::Guest;
    if (probe == "translation.cache") return World::Translated;
    if (probe == "host.kernel") return World::Host;
    if (probe == "host.device_process") return World::DeviceProcess;
    if (probe == "host.other_process") return World::OtherProcess;
    return {};
}

}  // namespace

Watcher::Watcher(const Programs& programs, const machine::Machine& machine, const Options& options)
    : programs_(programs),
      machine_(machine),
      record_(options.record),
      worlds_(programs.vmm ? World::Vmm : World::Guest),
      guests_(programs.guests.size()),
      counters_(options.natives) {
    place_probes(programs.kernel().image, {0});
    if (!programs.vmm) guests_.front() = {HostPhys{0}, machine.ram.size()};
}

size_t Watcher::guest_at(HostPhys at) const {
    for (size_t i = 0; i < guests_.size(); ++i)
        if (guests_[i].memory && at.value - guests_[i].memory->value < guests_[i].size) return i;
    return 0;
}

bool Watcher::guests_ended() const {
    return std::all_of(guests_.begin(), guests_.end(),
                       [](const GuestState& guest) { return guest.end != GuestState::End::None; });
}

void Watcher::place_probes(const image::Image& image, HostPhys base) {
    for (const image::ProbePoint& probe : image.probes) {
        const auto physical = image.physical(probe.address);
        if (!physical) continue;
        place_probe(probe, {base.value + *physical});
    }
    ++version_;
}

void Watcher::place_probe(const image::ProbePoint& probe, HostPhys where) {
    const auto [at, is_new] = place_at_.try_emplace(where.value, static_cast<i32>(places_.size()));
    if (is_new) places_.emplace_back();
    places_[static_cast<size_t>(at->second)].probes.push_back(&probe);
}

i32 Watcher::probe_at(HostPhys at) const {
    const auto found = place_at_.find(at.value);
    return found == place_at_.end() ? -1 : found->second;
}

/// The machine's counters stand still while a block runs; the event's own tells how far it is.
u64 Watcher::step_of(const trace::Event& event) const {
    const u64 ahead =
        event.instruction > machine_.instructions ? event.instruction - machine_.instructions : 0;
    return machine_.steps + ahead;
}

void Watcher::on(const trace::Event& event) {
    const World world = worlds_.at(event.phys);
    const u64 step = step_of(event);
    if (event.kind == trace::EventKind::Probe) {
        if (step == last_probe_step_) return;
        last_probe_step_ = step;
        return on_probe(event, world);
    }
    counters_.count(event, world, "", guest_at(event.phys));
    if (!record_) return;
    recording_.push_back({event, world, "", {}});
    steps_.push_back(step);
}

void Watcher::on_probe(const trace::Event& event, World world) {
    // By value: placing the guest's probes may move the table.
    const std::vector<const image::ProbePoint*> probes = places_[event.a].probes;
    for (const image::ProbePoint* probe : probes) {
        // Only the word of the VMM and its host counts: a guest may have probe points of these
        // names too.
        const bool trusted = world == World::Vmm || world == World::Host;
        const std::string_view name = probe->name;
        constexpr std::string_view trip = "trip.";
        counters_.count(event, world, name);
        if (trusted && name.starts_with(trip)) trips_.pass(name.substr(trip.size()), event.when);
        const bool of_guest = trusted && name.starts_with("guest.");
        const bool of_range = trusted && world_told_by(name);
        const bool of_copy = trusted && name == "vmm.copy";
        const bool of_translation = trusted && name == "bt.insn";
        if (!of_guest && !of_range && !of_copy && !of_translation && !record_) continue;
        Recorded recorded{event, world, probe->name, values(*probe)};
        if (of_translation) counters_.count_translated(recorded.argument("kind").value_or(~0u));
        if (of_range) publish(recorded);
        if (of_guest) note_guest(recorded);
        if (of_copy) place_copy(recorded);
        if (!record_) continue;
        recording_.push_back(std::move(recorded));
        steps_.push_back(step_of(event));
    }
}

HostPhys Watcher::original(HostPhys at) const {
    for (const Copy& copy : copies_)
        if (at.value - copy.to < copy.size) return {at.value - copy.to + copy.from};
    return at;
}

/// The VMM has made a copy of itself: its probe points are there too.
void Watcher::place_copy(const Recorded& probe) {
    const auto from = probe.argument("from"), to = probe.argument("to"),
               size = probe.argument("size");
    if (!from || !to || !size) return;
    copies_.push_back({*from, *to, *size});
    const image::Image& image = programs_.kernel().image;
    for (const image::ProbePoint& one : image.probes) {
        const auto physical = image.physical(one.address);
        if (physical && *physical - u64{*from} < *size) place_probe(one, {*physical - *from + *to});
    }
    ++version_;
}

/// The guest that a VMM's probe point is about: the one that its argument `guest` tells, or the
/// first.
void Watcher::note_guest(const Recorded& probe) {
    const size_t index = probe.argument("guest").value_or(0);
    if (index >= guests_.size()) return;
    GuestState& guest = guests_[index];
    if (probe.probe == "guest.start" && guest.started == 0) guest.started = step_of(probe.event);
    if (guest.end != GuestState::End::None) return;
    if (probe.probe == "guest.exit") {
        guest.end = GuestState::End::Exited;
        guest.exit_value = probe.argument("value").value_or(0);
    }
    if (probe.probe == "guest.halt") guest.end = GuestState::End::Halted;
    if (probe.probe == "guest.stopped") guest.end = GuestState::End::Stopped;
}

void Watcher::publish(const Recorded& probe) {
    const auto base = probe.argument("base"), size = probe.argument("size");
    if (!base || !size) return;
    const World world = *world_told_by(probe.probe);
    const bool guest = world == World::Guest;
    const size_t index = probe.argument("guest").value_or(0);
    if (guest && index >= guests_.size()) return;
    const WorldMap::Range range{*base, *size, world};
    const auto& known = worlds_.ranges();
    if (std::find(known.begin(), known.end(), range) != known.end()) return;
    worlds_.add({*base}, *size, range.world);
    ++version_;
    if (!guest) return;
    guests_[index].memory = HostPhys{*base};
    guests_[index].size = *size;
    place_probes(programs_.guests[index].image, *guests_[index].memory);
}

std::vector<ProbeValue> Watcher::values(const image::ProbePoint& probe) const {
    std::vector<ProbeValue> out;
    for (const image::ProbeArgument& argument : probe.arguments) {
        const auto value = argument.operand.evaluate(
            [&](u8 reg) { return static_cast<u32>(machine_.cpu.regs.gpr[reg]); },
            [&](u32 address, unsigned width) {
                return peek(machine_, machine_.cpu.seg[decode::DS].linear(address), width);
            });
        out.push_back({argument.name, value});
    }
    return out;
}

}  // namespace ringside::session
