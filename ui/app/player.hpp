// A session as a person plays with it: carries out commands, runs in slices, makes pictures. Lives
// on the worker's thread; nothing else touches the session.
#pragma once
#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "sim/session/installation.hpp"
#include "sim/session/session.hpp"
#include "sim/session/story.hpp"
#include "sim/session/translations.hpp"
#include "ui/view/code_book.hpp"
#include "ui/view/command.hpp"
#include "ui/view/make_code_view.hpp"
#include "ui/view/make_happening_view.hpp"
#include "ui/view/window_view.hpp"

namespace ringside::ui {

class Player {
  public:
    /// `technique` may be empty: then the one that shows most, of those that the scenario has.
    static Result<Player> open(const session::Installation& installation,
                               const std::string& scenario, const std::string& technique);

    void carry_out(const Command& command);
    /// To the instant after an event of the log, counted from 1.
    Status go_to_event(u64 event);

    bool running() const { return playing_; }
    /// Runs for a few milliseconds. \returns whether anything moved
    bool run_slice();
    /// How long a slow run waits for its next instruction.
    std::chrono::milliseconds pause() const;

    WindowView view();

  private:
    /// What the bare machine gives: the yardstick of one scenario.
    struct Native {
        session::SensitiveEffects effects;
        std::optional<std::vector<session::Observation>> observations;  ///< none: it did not end
    };
    /// All that goes with one session.
    struct Loaded {
        std::unique_ptr<session::Session> session;
        CodeBook book;
        session::Story story;
        session::Translations translations;
        std::vector<session::Observation> unwritten;  ///< what the slots hold before the guest runs
    };

    explicit Player(const session::Installation& installation) : installation_(installation) {}
    Status load(const std::string& scenario, const std::string& technique);
    Status measure_native(const session::Scenario& scenario);
    void go_to_lesson_start();
    void choose_technique(const std::string& name);
    void choose_scenario(const std::string& name);
    void step_guest(int count);
    void step_notable(int count);
    void run_to_address(u32 address);
    void apply(const session::Command& command);
    void catch_up();
    void follow_cursor();
    std::optional<u32> guest_place() const;
    std::optional<u32> counterpart(const CodeBook& old_book, u32 address) const;

    World world() const;
    bool has_host() const;
    u64 eip() const;
    EventWords words(size_t happening) const;
    EventContext context(size_t happening) const;
    std::string instruction_at(World world, u64 address) const;
    u64 last_vmm_address() const;    ///< linear, of the last event that was the VMM's; 0: none yet
    u64 last_guest_address() const;  ///< the same of the guest, run in place or translated
    std::vector<TranslatedRow> translated_rows() const;
    std::string culprit_of(const std::string& observation) const;

    ToolbarView toolbar_view() const;
    RingMapView ring_view() const;
    CodeView code_view() const;
    HappeningView happening_view() const;
    void tell_expected(HappeningView& view) const;
    TimelineView timeline_view() const;
    CounterView counter_view() const;
    ObservationView observation_view() const;

    const session::Installation installation_;
    std::vector<Choice> scenarios_;
    session::Scenario scenario_;
    std::unique_ptr<Native> native_ = std::make_unique<Native>();  ///< sessions point into it
    Loaded run_;
    std::set<std::pair<u64, u64>>
        wrong_;  ///< instruction count and address of wrong results so far
    std::set<u64> wrong_addresses_;
    std::unique_ptr<cpu::State> before_;  ///< the state that the last command started from
    Cycle before_cycle_ = 0;
    u64 before_step_ = 0;
    bool playing_ = false;
    double rate_ = 0;    ///< instructions a second; 0: as fast as it goes
    double credit_ = 0;  ///< of instructions, from time that has passed
    std::chrono::steady_clock::time_point last_slice_{};
    Cycle shown_begin_ = 0, shown_end_ = 0;  ///< of the timeline
    bool show_all_ = false;
    std::string problem_;
};

}  // namespace ringside::ui
