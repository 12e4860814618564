// The run loop: steps a machine until something asks it to stop.
#pragma once
#include <array>
#include <string>

#include "sim/cpu/fetch.hpp"
#include "sim/machine/machine.hpp"

namespace ringside::machine {

/// Where the cycles went. Every cycle is in exactly one of these.
struct Meter {
    static constexpr unsigned worlds = 8;
    std::array<u64, worlds> cycles{};        ///< by the world of the executing address
    std::array<u64, worlds> instructions{};  ///< retired, likewise
    u64 transition = 0;                      ///< deliveries, IRETs, VM entries and exits
    u64 idle = 0;                            ///< waiting in HLT
    u64 tlb_misses = 0;
    u64 total() const {
        u64 sum = transition + idle;
        for (const u64 c : cycles) sum += c;
        return sum;
    }
    bool operator==(const Meter&) const = default;
};

/// Who looks on. None of it is part of the machine; none of it changes what happens.
struct Watch {
    trace::Sink* sink = nullptr;
    const cpu::CodeMap* map = nullptr;
    Meter* meter = nullptr;
    bool all_sensitive = false;  ///< Sensitive events at CPL 0 too: a native run as the yardstick
};

/// Absolute bounds: the run stops before it would pass one.
struct Limits {
    u64 instructions = never;
    u64 steps = never;
    Cycle cycles = never;
};

struct Stop {
    enum Reason : u8 {
        Limit,
        DebugExit,    ///< value: what was written
        Halted,       ///< HLT with interrupts off, or nothing left that could wake it
        Shutdown,     ///< triple fault
        Reset,        ///< the guest reset the machine
        NotModelled,  ///< what: by name; address: CS:RIP's linear address
        Asked,        ///< the watcher asked to stop
    } reason = Limit;
    u32 value = 0;
    std::string what;
    LinAddr address{};
};

/// Runs until a limit or one of the other reasons. The result does not depend on how a run is cut
/// into calls.
Stop run(Machine& m, const Limits& limits, const Watch& watch);

}  // namespace ringside::machine
