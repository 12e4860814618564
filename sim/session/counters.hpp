// What a run is counted by: the core's events and the probe points of the programs, nothing else.
#pragma once
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/isa/instructions.hpp"
#include "sim/session/report.hpp"
#include "sim/session/world.hpp"
#include "sim/trace/event.hpp"

namespace ringside::session {

/// What each sensitive instruction gave, in order, by its address. The yardstick of the other runs.
using SensitiveEffects = std::map<std::pair<u64, isa::Op>, std::vector<u64>>;

struct Counts {
    u64 ring_crossings = 0;
    u64 traps = 0;
    u64 vm_exits = 0;
    u64 hypercalls = 0;
    u64 translated_blocks = 0;
    u64 traced_stores = 0;
    TranslatedBy translated_by;
};

/// A sensitive instruction whose result was not native's.
struct WrongResult {
    size_t guest = 0;
    u64 address = 0;
    isa::Op op{};
    HostPhys phys;
    u64 instruction = 0;  ///< instructions retired before it
    bool operator==(const WrongResult&) const = default;
};

class Counters {
  public:
    /// What each guest's instructions gave natively. A null pointer, or none: then nothing of that
    /// guest's is called wrong. They must outlive the counters.
    using Natives = std::vector<const SensitiveEffects*>;
    explicit Counters(Natives natives) : natives_(std::move(natives)) {}

    /// `world` is that of the instruction the event belongs to, and `guest` whose it is if it is a
    /// guest's; `probe` the probe's name or empty.
    void count(const trace::Event& event, World world, std::string_view probe, size_t guest = 0);

    /// An instruction was translated; `kind` as in Translations::Piece.
    void count_translated(u32 kind);

    const Counts& counts() const { return counts_; }
    std::vector<SilentSensitive> silent_sensitive() const;
    /// The first of the VM entries that failed.
    const std::vector<trace::EntryFailure>& failed_entries() const { return failed_entries_; }
    /// The effects seen at CPL 0, or at any level in guest memory: of a native run, its yardstick.
    const SensitiveEffects& effects() const { return effects_.front(); }
    /// In the order of the run; at most `most_wrong` of them.
    const std::vector<WrongResult>& wrong_results() const { return wrong_; }

  private:
    void count_sensitive(const trace::Event& event, size_t guest);

    static constexpr size_t most_wrong = 10'000;
    static constexpr size_t most_effects = 1'000'000;  ///< of one instruction
    using Key = SensitiveEffects::key_type;
    Natives natives_;
    Counts counts_;
    std::vector<SensitiveEffects> effects_{1};                      ///< by guest
    std::map<std::pair<size_t, Key>, std::pair<u64, u64>> silent_;  ///< count, wrong
    std::vector<WrongResult> wrong_;
    static constexpr size_t most_failed_entries = 20;
    std::vector<trace::EntryFailure> failed_entries_;
};

}  // namespace ringside::session
