// One scenario under one technique: the only code that changes a Machine.
#pragma once
#include <memory>

#include "sim/machine/timeline.hpp"
#include "sim/session/commands.hpp"
#include "sim/session/lane.hpp"
#include "sim/session/report.hpp"
#include "sim/session/watcher.hpp"

namespace ringside::session {

/// How a run ended.
struct Ending {
    Outcome outcome{};
    std::string reason;
    int exit_status = 0;            ///< as `ringside boot` gives it
    std::optional<u64> exit_value;  ///< of a debug exit
};

struct SessionOptions {
    Technique technique;
    std::string option;          ///< a variant of the guest, or empty
    std::string cpu;             ///< a profile's name; empty = the scenario's
    bool record = false;         ///< keep every event
    bool all_sensitive = false;  ///< count sensitive instructions in ring 0 too: a native yardstick
    Counters::Natives natives = {};  ///< the yardsticks of the guests; they outlive the session
    size_t guest = 0;                ///< which one, if there is no VMM that could run them all
    std::optional<std::string> vmm_options = {};  ///< in the place of the scenario's
    std::vector<std::string> guest_options = {};  ///< in the place of the scenario's, in order
};

class Session {
  public:
    static Result<std::unique_ptr<Session>> open(const Installation& installation,
                                                 const Scenario& scenario,
                                                 const SessionOptions& options);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void apply(const Command& command);

    const machine::Machine& machine() const { return timeline_.machine(); }
    const machine::Timeline& timeline() const { return timeline_; }
    const Scenario& scenario() const { return scenario_; }
    const Technique& technique() const { return options_.technique; }
    const Programs& programs() const { return programs_; }
    const WorldMap& worlds() const { return watcher_.worlds(); }
    /// Whose code the CPU is about to run.
    Lane lane() const;
    const Counters& counters() const { return watcher_.counters(); }
    /// Of each guest that the programs hold; natively that is one.
    const std::vector<GuestState>& guests() const { return watcher_.guests(); }
    size_t guest_at(HostPhys at) const { return watcher_.guest_at(at); }
    HostPhys original(HostPhys at) const { return watcher_.original(at); }

    /// Everything that has ever happened, in order; going back forgets nothing.
    const std::vector<Recorded>& recording() const { return watcher_.recording(); }
    /// How many of them have happened at the present instant.
    size_t events_so_far() const;

    /// Known once the run has come to its end; going back does not forget it.
    const std::optional<Ending>& ending() const { return ending_; }
    bool at_start() const { return timeline_.now() == 0; }
    bool at_end() const { return ending_ && timeline_.now() == timeline_.furthest(); }

    /// What a guest has written to its array of that name, at the present instant.
    std::vector<Observation> observations(size_t guest = 0) const;
    /// What it has written to the array `measurements`: numbers that no other run need give.
    std::vector<Observation> measurements(size_t guest = 0) const;
    /// What has come out of its serial port: COM1, or COM2 for the second guest.
    std::string serial(size_t guest = 0) const;
    /// The numbers of the whole run; all but the comparison with native. The run must have ended.
    RunReport report() const;

  private:
    Session(const Scenario& scenario, Programs programs, machine::Machine start,
            const SessionOptions& options);
    void step(const Step& step);
    void step_events(Unit unit, i64 count);
    void run_to(const machine::Limits& limits);
    void run_new(const machine::Limits& limits);
    void finish(const machine::Stop& stop);
    bool reached_a_limit();
    machine::Watch watch();
    machine::Watch replay() const;
    GuestReport guest_report(size_t guest) const;

    const Scenario scenario_;
    const SessionOptions options_;
    const Programs programs_;
    machine::Timeline timeline_;
    Watcher watcher_;
    std::optional<Ending> ending_;
};

/// The machine of a scenario with its programs loaded, before the first instruction.
Result<machine::Machine> make_machine(const Scenario& scenario, const Programs& programs,
                                      const timing::Profile& profile);
/// A CPU profile by name, or the default for an empty one.
Result<const timing::Profile*> find_cpu(const std::string& name);
/// The words and the exit status for how a machine stopped.
Ending ending_of(const machine::Stop& stop, const machine::Machine& machine);

}  // namespace ringside::session
