// An event tells the world of the instruction it belongs to; so where a crossing leads to is known
// from the event that comes after it.
#include "sim/session/story.hpp"

#include <algorithm>

namespace ringside::session {
namespace {

using trace::EventKind;

bool explains_ring_change(EventKind kind) {
    switch (kind) {
        case EventKind::Exception:
        case EventKind::ExternalInterrupt:
        case EventKind::SoftwareInterrupt:
        case EventKind::InterruptReturn:
        case EventKind::VmExit:
        case EventKind::VmEntry: return true;
        default: return false;
    }
}

bool belong_together(EventKind a, EventKind b) {
    return (a == EventKind::RingChange && explains_ring_change(b)) ||
           (b == EventKind::RingChange && explains_ring_change(a));
}

bool same_instruction(const Recorded& a, const Recorded& b) {
    return a.event.instruction == b.event.instruction && a.event.address == b.event.address &&
           b.probe.empty();
}

}  // namespace

Lane lane_of(World world, unsigned cpl) {
    switch (world) {
        case World::Guest: return cpl == 3 ? Lane::GuestApplication : Lane::GuestKernel;
        case World::Translated: return Lane::Translated;
        case World::Vmm: return Lane::Vmm;
        // The host's processes run some code that lies with its kernel's: the ring tells.
        case World::Host: return cpl == 3 ? Lane::HostProcess : Lane::Host;
        case World::DeviceProcess:
        case World::OtherProcess: return Lane::HostProcess;
    }
    return Lane::Vmm;
}

/// Where an instruction lies is unknown when its page was not mapped; then the ring tells.
Lane Story::world_at(const Recorded& r, unsigned cpl) const {
    constexpr u64 no_address = u64{1} << 52;
    const bool unknown = r.event.phys.value >= no_address && cpl > 0;
    // In non-root operation no VMM runs; only an entry is told from inside by the VMM.
    const bool inside = r.event.non_root && r.event.kind != EventKind::VmEntry;
    if (r.world == World::Vmm && (unknown || inside))
        return cpl == 3 ? Lane::GuestApplication : guest_world_;
    return lane_of(r.world, cpl);
}

void Story::extend(std::span<const Recorded> recording) {
    for (; taken_ < recording.size(); ++taken_) {
        const Recorded& next = recording[taken_];
        if (!happenings_.empty() && happenings_.back().last + 1 == taken_) {
            Happening& last = happenings_.back();
            const trace::Event& main = recording[last.main].event;
            if (main.instruction == next.event.instruction &&
                belong_together(main.kind, next.event.kind)) {
                last.last = taken_;
                last.end = next.event.when;
                last.crossing = true;
                // The change of ring knows both rings; an IRET is told when it has already
                // returned.
                const trace::Event& change = main.kind == EventKind::RingChange ? main : next.event;
                last.ring_from = change.cpl_before;
                last.ring_to = change.cpl_after;
                leave_from(world_at(next, last.ring_from));
                if (main.kind == EventKind::RingChange) last.main = taken_;
                await(happenings_.size() - 1);
                continue;
            }
        }
        // The translator's account of each instruction is for the code panel, not a happening.
        if (next.probe == "bt.insn") continue;
        const Lane here = world_at(next, next.event.cpl_before);
        // SYSCALL is told twice: that it changed the ring, and what it did. Both are before it led
        // anywhere.
        const bool of_crossing = !arrived_ && same_instruction(recording[crossing().last], next);
        if (!of_crossing) arrive(here, next.event.cpl_before, next.event.when);
        const bool called = called_into(here, next);
        // The account of a trip's legs is no happening either, unless it tells that the code became
        // another's.
        if (next.probe.starts_with("trip.") && !called) continue;
        add(taken_, next);
        if (called) call(here, next);
    }
    if (!spans_.empty() && taken_ > 0)
        spans_.back().end = std::max(spans_.back().end, recording[taken_ - 1].event.when);
}

void Story::arrive_now(Lane here, u8 ring) {
    if (!arrived_) arrive(here, ring, crossing().end);
}

void Story::await(size_t happening) {
    crossing_ = happening;
    arrived_ = false;
}

/// The last happening turns out to have begun in `from`. If nothing else has happened in its stay,
/// so did that.
void Story::leave_from(Lane from) {
    const size_t last = happenings_.size() - 1;
    happenings_[last].from = from;
    if (last > 0 && !happenings_[last - 1].crossing) return;
    spans_.back().lane = from;
    spans_.back().ring = happenings_[last].ring_from;
    if (last > 0) happenings_[last - 1].to = from;
}

void Story::arrive(Lane here, u8 ring, Cycle when) {
    if (!happenings_.empty()) {
        const Happening& past = happenings_.back();
        seen_[past.non_root][past.ring_from & 3][unsigned(past.from)] = true;
    }

    if (spans_.empty()) {
        spans_.push_back({here, ring, 0, when});
        return;
    }
    if (arrived_) return;
    arrived_ = true;
    Happening& crossed = crossing();
    crossed.to = here;
    spans_.back().end = crossed.end;
    spans_.push_back({here, ring, crossed.end, when});
}

/// A VMM and its host call each other as functions do, in one ring: a probe point tells.
bool Story::called_into(Lane here, const Recorded& r) const {
    if (r.probe.empty() || spans_.empty() || !arrived_) return false;
    const Lane before = spans_.back().lane;
    return before != here && is_below_guest(before) && is_below_guest(here);
}

void Story::call(Lane here, const Recorded& r) {
    Happening& crossing = happenings_.back();
    crossing.from = spans_.back().lane;
    crossing.crossing = true;
    spans_.back().end = r.event.when;
    spans_.push_back({here, r.event.cpl_before, r.event.when, r.event.when});
}

void Story::add(u64 index, const Recorded& recorded) {
    const trace::Event& e = recorded.event;
    Happening h;
    h.first = h.last = h.main = index;
    h.instruction = e.instruction;
    h.begin = h.end = e.when;
    h.from = h.to = world_at(recorded, e.cpl_before);
    if (h.from == Lane::GuestKernel || h.from == Lane::Translated) guest_world_ = h.from;
    h.ring_from = e.cpl_before;
    h.ring_to = e.cpl_after;
    h.crossing = recorded.is_crossing();
    // An entry is told from inside, but it is the VMM that makes it.
    h.non_root = e.non_root && e.kind != EventKind::VmEntry;
    happenings_.push_back(h);
    if (h.crossing) await(happenings_.size() - 1);
}

long Story::after(u64 events) const {
    const auto at = std::partition_point(happenings_.begin(), happenings_.end(),
                                         [events](const Happening& h) { return h.last < events; });
    return long(at - happenings_.begin()) - 1;
}

}  // namespace ringside::session
