// Who looks on while a machine runs: knows where the worlds and the probe points lie, counts,
// records.
#pragma once
#include <span>
#include <unordered_map>
#include <vector>

#include "sim/cpu/fetch.hpp"
#include "sim/machine/machine.hpp"
#include "sim/session/counters.hpp"
#include "sim/session/programs.hpp"
#include "sim/session/recording.hpp"

namespace ringside::session {

/// Changes nothing in the machine. It has an address that the machine's derived caches know it by:
/// it is neither copied nor moved.
class Watcher final : public trace::Sink, public cpu::CodeMap {
  public:
    struct Options {
        bool record = false;                       ///< keep every event, not only the counts
        const SensitiveEffects* native = nullptr;  ///< the yardstick; outlives the watcher
    };

    /// `programs` and `machine` must outlive the watcher.
    Watcher(const Programs& programs, const machine::Machine& machine, const Options& options);
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    void on(const trace::Event& event) override;
    u32 world_at(HostPhys at) const override { return static_cast<u32>(worlds_.at(at)); }
    i32 probe_at(HostPhys at) const override;
    u64 version() const override { return version_; }

    const WorldMap& worlds() const { return worlds_; }
    /// Where guest-physical 0 lies; none before a VMM has said so.
    std::optional<HostPhys> guest_memory() const { return guest_memory_; }
    const Counters& counters() const { return counters_; }
    const std::vector<Recorded>& recording() const { return recording_; }
    /// The steps that the machine had done before each recorded event's step.
    const std::vector<u64>& steps() const { return steps_; }

    /// The steps done when the guest was entered for the first time.
    u64 guest_started() const { return guest_started_; }
    /// Has the guest asked for the end of the run? Under a VMM, which then ends it.
    bool guest_exited() const { return guest_exited_; }

  private:
    struct Place {
        std::vector<const image::ProbePoint*> probes;  ///< often one
    };
    void place_probes(const image::Image& image, HostPhys base);
    void on_probe(const trace::Event& event, World world);
    void publish(const Recorded& probe);
    std::vector<ProbeValue> values(const image::ProbePoint& probe) const;
    u64 step_of(const trace::Event& event) const;

    const Programs& programs_;
    const machine::Machine& machine_;
    bool record_;
    WorldMap worlds_;
    std::optional<HostPhys> guest_memory_;
    u64 version_ = 1;
    std::vector<Place> places_;
    std::unordered_map<u64, i32> place_at_;
    Counters counters_;
    std::vector<Recorded> recording_;
    std::vector<u64> steps_;
    u64 guest_started_ = 0;
    bool guest_exited_ = false;
    u64 last_probe_step_ = never;  ///< a probe that changes the map is met twice
};

/// Linear memory as the CPU sees it now, without disturbing it: `width` bytes, if they are mapped.
std::optional<u32> peek(const machine::Machine& machine, LinAddr address, unsigned width);

}  // namespace ringside::session
