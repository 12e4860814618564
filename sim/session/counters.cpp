#include "sim/session/counters.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace ringside::session {

void Counters::count(const trace::Event& event, World world, std::string_view probe, size_t guest) {
    switch (event.kind) {
        case trace::EventKind::RingChange: ++counts_.ring_crossings; break;
        case trace::EventKind::Exception: ++counts_.traps; break;
        case trace::EventKind::VmExit: ++counts_.vm_exits; break;
        case trace::EventKind::VmEntryFailure:
            if (failed_entries_.size() < most_failed_entries)
                failed_entries_.push_back(trace::explain_entry_failure(event));
            break;
        case trace::EventKind::Probe:
            if (probe == "hypercall") ++counts_.hypercalls;
            if (probe == "bt.block.end") ++counts_.translated_blocks;
            if (probe == "shadow.traced") ++counts_.traced_stores;
            break;
        case trace::EventKind::Sensitive:
            if (world == World::Guest) count_sensitive(event, guest);
            break;
        default: break;
    }
}

void Counters::count_translated(u32 kind) {
    TranslatedBy& by = counts_.translated_by;
    u64* const kinds[] = {&by.copied, &by.rewritten, &by.call_out, &by.in_cache, &by.control};
    if (kind < std::size(kinds)) ++*kinds[kind];
}

void Counters::count_sensitive(const trace::Event& event, size_t guest) {
    const Key key{event.address.value, static_cast<isa::Op>(event.op)};
    if (guest >= effects_.size()) effects_.resize(guest + 1);
    auto& here = effects_[guest][key];
    const size_t occurrence = here.size();
    if (here.size() < most_effects) here.push_back(event.b);

    // Deprivileged kernel code runs at CPL 1 or 2: ring 3 is where applications always were.
    if (event.cpl_before != 1 && event.cpl_before != 2) return;
    auto& [count, wrong] = silent_[{guest, key}];
    ++count;
    const SensitiveEffects* const yardstick = guest < natives_.size() ? natives_[guest] : nullptr;
    if (!yardstick) return;
    const auto native = yardstick->find(key);
    if (native == yardstick->end() || occurrence >= native->second.size()) return;
    if (native->second[occurrence] == event.b) return;
    ++wrong;
    if (wrong_.size() < most_wrong)
        wrong_.push_back({guest, event.address.value, key.second, event.phys, event.instruction});
}

std::vector<SilentSensitive> Counters::silent_sensitive() const {
    std::vector<SilentSensitive> out;
    for (const auto& [where, counts] : silent_) {
        const auto& [guest, key] = where;
        out.push_back({guest, isa::row(key.second).name, key.first, counts.first, counts.second});
    }
    return out;
}

}  // namespace ringside::session
