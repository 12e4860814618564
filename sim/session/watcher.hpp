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
#include "sim/session/trips.hpp"

namespace ringside::session {

/// What the VMM's probe points have told of one guest; of a guest without a VMM, what is plain.
struct GuestState {
    enum class End : u8 { None, Exited, Halted, Stopped };
    std::optional<HostPhys> memory;  ///< where its physical 0 lies
    u64 size = 0;                    ///< of its memory, in bytes
    u64 started = 0;                 ///< the steps done when it was entered for the first time
    End end = End::None;             ///< it left by the debug exit; waits for nothing; was stopped
    u64 exit_value = 0;
};

/// Changes nothing in the machine. It has an address that the machine's derived caches know it by:
/// it is neither copied nor moved.
class Watcher final : public trace::Sink, public cpu::CodeMap {
  public:
    struct Options {
        bool record = false;             ///< keep every event, not only the counts
        Counters::Natives natives = {};  ///< the yardsticks; they outlive the watcher
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
    /// In the order of the boot modules.
    const std::vector<GuestState>& guests() const { return guests_; }
    /// The place in the VMM's image that lies there: the VMM may have made a copy of itself.
    HostPhys original(HostPhys at) const;
    /// Whose memory this is; the first guest's index if it is nobody's.
    size_t guest_at(HostPhys at) const;
    const Counters& counters() const { return counters_; }
    const Trips& trips() const { return trips_; }
    const std::vector<Recorded>& recording() const { return recording_; }
    /// The steps that the machine had done before each recorded event's step.
    const std::vector<u64>& steps() const { return steps_; }

    /// Has every guest come to its end? Under a VMM, which then ends the run.
    bool guests_ended() const;

  private:
    struct Place {
        std::vector<const image::ProbePoint*> probes;  ///< often one
    };
    void place_probes(const image::Image& image, HostPhys base);
    void place_probe(const image::ProbePoint& probe, HostPhys where);
    void place_copy(const Recorded& probe);
    void on_probe(const trace::Event& event, World world);
    void publish(const Recorded& probe);
    void note_guest(const Recorded& probe);
    std::vector<ProbeValue> values(const image::ProbePoint& probe) const;
    u64 step_of(const trace::Event& event) const;

    const Programs& programs_;
    const machine::Machine& machine_;
    bool record_;
    WorldMap worlds_;
    std::vector<GuestState> guests_;
    u64 version_ = 1;
    struct Copy {
        u64 from, to, size;
    };
    std::vector<Copy> copies_;
    std::vector<Place> places_;
    std::unordered_map<u64, i32> place_at_;
    Counters counters_;
    Trips trips_;
    std::vector<Recorded> recording_;
    std::vector<u64> steps_;
    u64 last_probe_step_ = never;  ///< a probe that changes the map is met twice
};

/// Linear memory as the CPU sees it now, without disturbing it: `width` bytes, if they are mapped.
std::optional<u32> peek(const machine::Machine& machine, LinAddr address, unsigned width);

}  // namespace ringside::session
