// Serial console, counters and observations from what a run has shown so far.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sim/session/report.hpp"
#include "ui/view/bottom_views.hpp"

namespace ringside::ui {

SerialView make_serial_view(const std::string& serial);

/// The numbers of a run up to the present.
struct Tally {
    u64 instructions = 0;
    u64 cycles = 0;
    session::CyclesBy by;
    u64 ring_crossings = 0, traps = 0, vm_exits = 0, hypercalls = 0, translated_blocks = 0;
    bool native = false;
};
CounterView make_counter_view(const Tally& tally);

/// A value that the guest has or has not yet written.
struct Seen {
    std::string name;
    u32 value = 0;
    bool written = false;
    std::string culprit;  ///< for a value that differs: the instruction that caused it
};
/// `native`: the final values of the bare machine; none when there is nothing to compare with.
ObservationView make_observation_view(
    const std::vector<Seen>& here, const std::optional<std::vector<session::Observation>>& native,
    bool is_native);

}  // namespace ringside::ui
