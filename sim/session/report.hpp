// What a run showed, as numbers and words: the same for a person and for a program.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sim/base/types.hpp"
#include "sim/session/scenario.hpp"
#include "sim/trace/entry_failure.hpp"

namespace ringside::session {

/// Cycles by the world of the executing address, and on the way between worlds. They add up.
struct CyclesBy {
    u64 guest = 0;       ///< code in guest memory
    u64 translated = 0;  ///< code in a translation cache: the guest's, in another form
    u64 vmm = 0;
    u64 host = 0;            ///< the kernel of a host that the VMM lives in, or beside
    u64 device_process = 0;  ///< the host's processes that do the guests' devices
    u64 other_process = 0;   ///< the host's other processes
    u64 transition = 0;      ///< delivery of exceptions and interrupts, IRET, VM exits and entries
    u64 idle = 0;            ///< waiting in HLT
    u64 sum() const {
        return guest + translated + vmm + host + device_process + other_process + transition + idle;
    }
    bool operator==(const CyclesBy&) const = default;
};

/// What a translator made of the guest's instructions, each as often as it was translated.
struct TranslatedBy {
    u64 copied = 0;     ///< as it is
    u64 rewritten = 0;  ///< another instruction stands for it
    u64 call_out = 0;   ///< the VMM is asked
    u64 in_cache = 0;   ///< emulated by code in the cache
    u64 control = 0;    ///< a branch: it leads to another block
    u64 sum() const { return copied + rewritten + call_out + in_cache + control; }
    bool operator==(const TranslatedBy&) const = default;
};

/// The way from one point of the trips out of a guest and back to the next: all cycles between the
/// two probe points, whoever spent them. `from` and `to` are what the points are called.
struct Leg {
    std::string from;
    std::string to;
    u64 count = 0;
    u64 cycles = 0;
    bool operator==(const Leg&) const = default;
};

/// One way out of a guest and back: the points that it passes, the last one the guest's again.
struct Trip {
    std::vector<std::string> path;
    u64 count = 0;
    std::vector<u64> cycles;  ///< of all of them: from path[i] to path[i + 1]
    bool operator==(const Trip&) const = default;
};

/// A value that the guest wrote down.
struct Observation {
    std::string name;
    u32 value = 0;
    bool operator==(const Observation&) const = default;
};

/// A sensitive instruction of a deprivileged guest kernel that ran without a trap.
struct SilentSensitive {
    size_t guest = 0;  ///< whose
    std::string mnemonic;
    u64 address = 0;
    u64 count = 0;
    u64 wrong = 0;  ///< how often its result differed from native
    bool operator==(const SilentSensitive&) const = default;
};

/// A place in a program, as far as it is known.
struct CodePlace {
    u64 address = 0;
    std::string symbol;  ///< the nearest label at or before it, with the distance
    std::string file;
    int line = 0;
    std::string text;  ///< the instruction, disassembled
    /// "popf.asm:31: popfd (main+0x1a)", with what is known.
    std::string words() const;
    bool operator==(const CodePlace&) const = default;
};

/// Where a run first left the path of the native run.
struct Difference {
    enum class What : u8 { Outcome, Serial, Observation } what{};
    std::string guest;   ///< whose; empty if there is only one
    std::string name;    ///< the observation's; empty for the others
    std::string native;  ///< the value, the text near the difference, or the outcome
    std::string here;
    std::optional<CodePlace> written_by;  ///< the instruction that wrote it
    std::optional<CodePlace> broken_by;   ///< the sensitive instruction whose result was wrong
    std::string words() const;
};

/// What one guest showed, and how it compares with the same guest run natively by itself.
struct GuestReport {
    std::string name;  ///< empty in a run with one guest
    Outcome outcome = Outcome::Completed;
    std::string reason;  ///< why it ended so, in words
    int exit_status = 0;
    std::optional<u64> exit_value;  ///< of a debug exit
    std::string serial;
    std::vector<Observation> observations;
    std::vector<Observation> measurements;  ///< as observations, but compared with nothing
    std::optional<bool> equivalent;         ///< none when there is no native run to compare with
    std::optional<Difference> first_difference;
    std::vector<std::string> different_observations;
    bool serial_differs = false;
    bool as_declared = true;  ///< outcome and differences are those that the scenario declares
    std::vector<std::string> failed_checks;
};

/// A run with one guest is that guest's. With several, the outcome is the machine's, the serial
/// output is COM1's, and the rest is `summarized` from the guests.
struct RunReport : GuestReport {
    std::string technique;
    u64 instructions = 0;
    u64 cycles = 0;
    CyclesBy cycles_by;
    u64 ring_crossings = 0;  ///< changes of CPL, in both directions
    u64 traps = 0;           ///< exceptions delivered, whoever handles them
    u64 vm_exits = 0;
    u64 hypercalls = 0;          ///< probe point "hypercall"
    u64 translated_blocks = 0;   ///< probe point "bt.block.end"
    TranslatedBy translated_by;  ///< probe point "bt.insn"
    u64 traced_stores = 0;       ///< to page tables, that faulted: probe point "shadow.traced"
    std::vector<Leg> legs;       ///< probe points "trip.NAME", in the order of their first time
    std::vector<Trip> trips;     ///< the most frequent first; none of more than Trips::longest legs
    std::vector<SilentSensitive> silent_sensitive;
    std::vector<trace::EntryFailure> failed_entries;  ///< VM entries, the first ones
    std::vector<GuestReport> guests;                  ///< if there are several: each
};

struct Comparison {
    std::string scenario;
    std::string cpu;
    std::vector<RunReport> runs;
};

std::string to_json(const RunReport& run, const std::string& scenario, const std::string& cpu);
std::string to_json(const Comparison& comparison);
std::string to_text(const RunReport& run, const std::string& scenario, const std::string& cpu);
std::string to_text(const Comparison& comparison);

/// Fills `equivalent`, the differences and `as_declared` of `run` from the native run.
void compare_with_native(GuestReport& run, const GuestReport& native, const Declared* declared);
/// Fills `failed_checks` from those of the scenario's checks that are the guest's.
void apply_checks(GuestReport& run, const std::vector<Check>& checks);
/// Fills what a run with several guests says of them all: equivalent when each is, and so on.
/// Observations and checks get the guest's name: "left.ticks".
void summarize_guests(RunReport& run);

}  // namespace ringside::session
