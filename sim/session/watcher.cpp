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

Watcher::Watcher(const Programs& programs, const machine::Machine& machine, const Options& options)
    : programs_(programs),
      machine_(machine),
      record_(options.record),
      worlds_(programs.vmm ? World::Vmm : World::Guest),
      counters_(options.native) {
    place_probes(programs.kernel().image, {0});
    if (!programs.vmm) guest_memory_ = HostPhys{0};
}

void Watcher::place_probes(const image::Image& image, HostPhys base) {
    for (const image::ProbePoint& probe : image.probes) {
        const auto physical = image.physical(probe.address);
        if (!physical) continue;
        const auto [at, is_new] =
            place_at_.try_emplace(base.value + *physical, static_cast<i32>(places_.size()));
        if (is_new) places_.emplace_back();
        places_[static_cast<size_t>(at->second)].probes.push_back(&probe);
    }
    ++version_;
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
    counters_.count(event, world, "");
    if (!record_) return;
    recording_.push_back({event, world, "", {}});
    steps_.push_back(step);
}

void Watcher::on_probe(const trace::Event& event, World world) {
    // By value: placing the guest's probes may move the table.
    const std::vector<const image::ProbePoint*> probes = places_[event.a].probes;
    for (const image::ProbePoint* probe : probes) {
        const bool publishes = probe->name == "guest.memory" || probe->name == "translation.cache";
        counters_.count(event, world, probe->name);
        if (probe->name == "guest.start" && guest_started_ == 0) guest_started_ = step_of(event);
        if (probe->name == "guest.exit") guest_exited_ = true;
        if (!publishes && !record_) continue;
        Recorded recorded{event, world, probe->name, values(*probe)};
        if (publishes) publish(recorded);
        if (!record_) continue;
        recording_.push_back(std::move(recorded));
        steps_.push_back(step_of(event));
    }
}

void Watcher::publish(const Recorded& probe) {
    const auto base = probe.argument("base"), size = probe.argument("size");
    if (!base || !size) return;
    const bool guest = probe.probe == "guest.memory";
    const WorldMap::Range range{*base, *size, guest ? World::Guest : World::Translated};
    const auto& known = worlds_.ranges();
    if (std::find(known.begin(), known.end(), range) != known.end()) return;
    worlds_.add({*base}, *size, range.world);
    ++version_;
    if (!guest) return;
    guest_memory_ = HostPhys{*base};
    place_probes(programs_.guest.image, *guest_memory_);
}

std::vector<ProbeValue> Watcher::values(const image::ProbePoint& probe) const {
    std::vector<ProbeValue> out;
    for (const image::ProbeArgument& argument : probe.arguments) {
        const auto value = argument.operand.evaluate(
            [&](u8 reg) { return static_cast<u32>(machine_.cpu.regs.gpr[reg]); },
            [&](u32 address, unsigned width) {
                return peek(machine_, machine_.cpu.seg[decode::DS].linear(address),
                            width);
            });
        out.push_back({argument.name, value});
    }
    return out;
}

}  // namespace ringside::session
