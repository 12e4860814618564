// Commands and slices. How pictures are made is in player_view.cpp.
#include "ui/app/player.hpp"

#include <algorithm>
#include <fstream>

#include "sim/session/observations.hpp"

namespace ringside::ui {
namespace {

namespace fs = std::filesystem;

/// A source that is at hand: of the scenario's own tree, or of the VMMs beside it.
Listing::Source sources_below(const fs::path& tree) {
    return [tree](std::string_view file) {
        std::vector<std::string> lines;
        fs::path path = fs::path(file).relative_path();
        for (const fs::path& root : {tree, tree.parent_path()}) {
            std::ifstream in(root / path);
            if (!in) continue;
            for (std::string line; std::getline(in, line);) lines.push_back(line);
            break;
        }
        return lines;
    };
}

std::string preferred_technique(const session::Scenario& scenario) {
    const auto& all = scenario.techniques;
    if (std::find(all.begin(), all.end(), "trap-and-emulate") != all.end())
        return "trap-and-emulate";
    return all.empty() ? "native" : all.front();
}

constexpr int most_crossings = 200'000;  ///< that a guest step or a run to an address may pass

}  // namespace

Result<Player> Player::open(const session::Installation& installation, const std::string& scenario,
                            const std::string& technique) {
    Player player(installation);
    // A broken scenario elsewhere is no reason not to show this one.
    if (const auto all = installation.list(); all)
        for (const session::Scenario& one : *all)
            player.scenarios_.push_back({one.name, one.title.en});
    const Status loaded = player.load(scenario, technique);
    if (!loaded) return loaded.error();
    return player;
}

Status Player::load(const std::string& name, const std::string& technique_name) {
    const auto scenario = installation_.find(name);
    if (!scenario) return scenario.error();
    const std::string chosen =
        technique_name.empty() ? preferred_technique(*scenario) : technique_name;
    const auto technique = session::find_technique(chosen);
    if (!technique) return technique.error();
    const auto& has = scenario->techniques;
    if (std::find(has.begin(), has.end(), chosen) == has.end()) {
        std::string names;
        for (const std::string& one : has) names += (names.empty() ? "it has " : ", ") + one;
        return Diagnostic{"", 0, 0,
                          "the scenario \"" + scenario->name + "\" does not run under " + chosen,
                          names};
    }
    if (scenario->file != scenario_.file) {
        const Status measured = measure_native(*scenario);
        if (!measured) return measured.error();
    }
    session::SessionOptions options;
    options.technique = *technique;
    options.record = true;
    options.all_sensitive = technique->image.empty();
    if (!technique->image.empty()) options.natives = {&native_->effects};
    auto session = session::Session::open(installation_, *scenario, options);
    if (!session) return session.error();
    scenario_ = *scenario;
    if (std::none_of(scenarios_.begin(), scenarios_.end(),
                     [&](const Choice& c) { return c.name == scenario_.name; }))
        scenarios_.push_back({scenario_.name, scenario_.title.en});
    run_ = Loaded{std::move(*session), {}, {}, {}, {}};
    const session::Programs& programs = run_.session->programs();
    const Listing::Source source = sources_below(scenario_.tree);
    const unsigned bits = scenario_.in_64_bit_mode() ? 64 : 32;
    run_.book.guest = Listing(programs.guests.front().image, source, bits);
    run_.book.native = !programs.vmm;
    if (programs.vmm) run_.book.vmm = Listing(programs.vmm->image, source, bits);
    run_.unwritten = session::initial_observations(programs.guests.front().image);
    wrong_.clear();
    wrong_addresses_.clear();
    before_.reset();
    playing_ = false;
    shown_begin_ = shown_end_ = 0;
    show_all_ = false;
    go_to_lesson_start();
    return {};
}

Status Player::measure_native(const session::Scenario& scenario) {
    native_ = std::make_unique<Native>();
    const auto technique = session::find_technique("native");
    if (!technique) return technique.error();
    session::SessionOptions options;
    options.technique = *technique;
    options.all_sensitive = true;
    auto session = session::Session::open(installation_, scenario, options);
    if (!session) return session.error();
    // A guest that does not end soon is shown without a yardstick rather than late.
    constexpr u64 patience = 50'000'000;
    (*session)->apply(session::Run{patience});

    native_->effects = (*session)->counters().effects();
    if ((*session)->ending()) native_->observations = (*session)->observations();
    return {};
}

/// Past the VMM's start-up and the guest's: where the guest's own text begins.
void Player::go_to_lesson_start() {
    step_guest(0);
    const image::Symbol* main = run_.session->programs().guests.front().image.symbols.find("main");
    if (main && guest_place() != main->address) run_to_address(main->address);
    before_.reset();
}

void Player::apply(const session::Command& command) {
    run_.session->apply(command);
    catch_up();
}

/// Takes in what has been recorded since.
void Player::catch_up() {
    const auto& recording = run_.session->recording();
    run_.story.extend(recording);
    if (run_.session->events_so_far() == recording.size())
        run_.story.arrive_now(world(), run_.session->machine().cpu.cpl);
    run_.translations.extend(recording);
    const auto& results = run_.session->counters().wrong_results();
    for (size_t i = wrong_.size(); i < results.size(); ++i)
        wrong_.emplace(results[i].instruction, results[i].address);
}

/// The timeline scrolls when the present would leave it.
void Player::follow_cursor() {
    constexpr Cycle usual_span = 30'000;
    const Cycle now = run_.session->machine().now;
    const Cycle span = shown_end_ > shown_begin_ ? shown_end_ - shown_begin_ : usual_span;
    if (shown_end_ > shown_begin_ && now >= shown_begin_ && now <= shown_end_) return;
    shown_begin_ = now > span * 6 / 10 ? now - span * 6 / 10 : 0;
    shown_end_ = shown_begin_ + span;
}

/// The guest instruction that is about to run, in place or translated.
std::optional<u32> Player::guest_place() const {
    const World here = world();
    if (here == World::GuestKernel || here == World::GuestApplication) return u32(eip());
    if (here != World::Translated) return {};
    const session::Translations::Block* block =
        run_.translations.at(eip(), run_.session->events_so_far());
    if (!block) return {};
    for (const session::Translations::Piece& piece : block->pieces)
        if (piece.at == eip()) return piece.guest;
    return {};
}

/// Forward or back until the guest is about to run an instruction; 0: if it is not already.
void Player::step_guest(int count) {
    const auto outside = [this] {
        return is_below_guest(world()) && !run_.session->at_end() && !run_.session->at_start();
    };
    if (count != 0)
        apply(Step{Unit::Instruction, count});
    else if (is_below_guest(world()))
        apply(Step{Unit::Crossing, 1});
    for (int i = 0; i < most_crossings && outside(); ++i) {
        if (count >= 0) {
            apply(Step{Unit::Crossing, 1});
        } else {
            // The instant before the crossing that led into the VMM.
            apply(Step{Unit::Crossing, -1});
            while (outside() && eip() != 0) {
                const u64 here = run_.session->timeline().now();
                apply(Step{Unit::Instruction, -1});
                if (!is_below_guest(world()) || run_.session->timeline().now() + 1 != here) break;
                apply(Step{Unit::Crossing, -1});
            }
        }
    }
}

void Player::step_notable(int count) {
    const auto notable = [this](size_t i) {
        const Tone tone = words(i).tone;
        return tone == Tone::Silent || tone == Tone::Wrong;
    };
    const long here = run_.story.after(run_.session->events_so_far());
    if (count < 0) {
        for (long i = here - 1; i >= 0; --i)
            if (notable(size_t(i)))
                return apply(GoToEvent{run_.story.happenings()[size_t(i)].last});
        return;
    }
    for (size_t i = size_t(here + 1);; ++i) {
        while (i >= run_.story.happenings().size()) {
            if (run_.session->ending()) return apply(session::Run{});
            // Recording runs ahead of the present: the end of what is known is a place to go on
            // from.
            apply(GoToEvent{run_.session->recording().size()});
        }
        if (notable(i)) return apply(GoToEvent{run_.story.happenings()[i].last});
    }
}

void Player::run_to_address(u32 address) {
    for (int i = 0; i < most_crossings && !run_.session->at_end(); ++i) {
        apply(Step{is_below_guest(world()) ? Unit::Crossing : Unit::Instruction, 1});
        if (guest_place() == address) return;
    }
}

/// The instruction of the present guest's listing that stands where `address` stood in another
/// build's: the same source line, and of several instructions of the line the same one.
std::optional<u32> Player::counterpart(const CodeBook& old_book, u32 address) const {
    const std::string place = old_book.guest.place(address);
    const auto on_line = [&place](const Listing& listing) {
        std::vector<u32> all;
        for (const Listing::Row& row : listing.rows())
            if (row.kind == CodeRowKind::Instruction && listing.place(row.address) == place)
                all.push_back(row.address);
        return all;
    };
    const std::vector<u32> then = on_line(old_book.guest), now = on_line(run_.book.guest);
    const auto at = std::find(then.begin(), then.end(), address);
    if (at == then.end() || now.empty()) return {};
    return now[std::min(size_t(at - then.begin()), now.size() - 1)];
}

/// The new run goes to where the old one was in the guest's program.
void Player::choose_technique(const std::string& name) {
    const std::optional<u32> here = guest_place();
    const CodeBook old_book = run_.book;
    const Status loaded = load(scenario_.name, name);
    problem_ = loaded ? "" : loaded.error().text();
    if (!loaded || !here) return;
    const auto there = counterpart(old_book, *here);
    if (!there || guest_place() == there) return;
    const u64 start = run_.session->machine().instructions;
    run_to_address(*there);
    if (guest_place() != there) apply(GoToInstruction{start});
    before_.reset();
}

void Player::choose_scenario(const std::string& name) {
    const std::string now(run_.session->technique().name);
    const auto scenario = installation_.find(name);
    const bool keeps =
        scenario && std::find(scenario->techniques.begin(), scenario->techniques.end(), now) !=
                        scenario->techniques.end();
    const Status loaded = load(name, keeps ? now : "");
    problem_ = loaded ? "" : loaded.error().text();
}

Status Player::go_to_event(u64 event) {
    apply(GoToEvent{event ? event - 1 : 0});
    const size_t known = run_.session->recording().size();
    if (event == 0 || event > known)
        return Diagnostic{"", 0, 0,
                          "there is no event " + std::to_string(event) + ": this run has " +
                              std::to_string(known),
                          ""};
    // Arrive by a step, so that what it changed is marked.
    apply(Step{Unit::Instruction, -1});
    carry_out(Step{Unit::Instruction, 1});
    return {};
}

void Player::carry_out(const Command& command) {
    const bool moves =
        !std::holds_alternative<ShowCycles>(command) && !std::holds_alternative<Pause>(command);
    if (moves) {
        before_ = std::make_unique<cpu::State>(run_.session->machine().cpu);
        before_cycle_ = run_.session->machine().now;
        before_step_ = run_.session->timeline().now();
        problem_.clear();
    }
    std::visit(
        [this](const auto& c) {
            using T = std::decay_t<decltype(c)>;
            if constexpr (std::is_same_v<T, Step> || std::is_same_v<T, GoToEvent> ||
                          std::is_same_v<T, GoToCycle> || std::is_same_v<T, GoToInstruction>) {
                playing_ = false;
                apply(c);
            } else if constexpr (std::is_same_v<T, StepGuest>) {
                playing_ = false;
                step_guest(c.count);
            } else if constexpr (std::is_same_v<T, StepNotable>) {
                playing_ = false;
                step_notable(c.count);
            } else if constexpr (std::is_same_v<T, RunToAddress>) {
                playing_ = false;
                run_to_address(c.address);
            } else if constexpr (std::is_same_v<T, GoToStart>) {
                playing_ = false;
                apply(GoToInstruction{0});
            } else if constexpr (std::is_same_v<T, GoToEnd>) {
                // In slices, so that a long way can be watched and stopped.
                playing_ = true;
                rate_ = 0;
            } else if constexpr (std::is_same_v<T, Play>) {
                playing_ = true;
                rate_ = c.rate;
                credit_ = 1;
                last_slice_ = std::chrono::steady_clock::now();
            } else if constexpr (std::is_same_v<T, Pause>) {
                playing_ = false;
            } else if constexpr (std::is_same_v<T, ChooseTechnique>) {
                choose_technique(c.name);
            } else if constexpr (std::is_same_v<T, ChooseScenario>) {
                choose_scenario(c.name);
            } else if constexpr (std::is_same_v<T, ShowCycles>) {
                show_all_ = c.end <= c.begin;
                shown_begin_ = c.begin;
                shown_end_ = c.end;
            }
        },
        command);
}

bool Player::run_slice() {
    using clock = std::chrono::steady_clock;
    constexpr u64 piece = 20'000;
    constexpr auto slice = std::chrono::milliseconds(12);
    const auto start = clock::now();
    bool moved = false;
    if (rate_ > 0) {
        credit_ += rate_ * std::chrono::duration<double>(start - last_slice_).count();
        last_slice_ = start;
        credit_ = std::min(credit_, rate_ + 1);
    }
    while (playing_ && clock::now() - start < slice) {
        const u64 count = rate_ > 0 ? std::min<u64>(u64(credit_), piece) : piece;
        if (count == 0) break;
        if (!moved) {
            before_ = std::make_unique<cpu::State>(run_.session->machine().cpu);
            before_cycle_ = run_.session->machine().now;
            before_step_ = run_.session->timeline().now();
        }
        apply(Step{Unit::Instruction, i64(count)});
        credit_ -= double(count);
        moved = true;
        if (run_.session->at_end()) playing_ = false;
    }
    return moved;
}

std::chrono::milliseconds Player::pause() const {
    if (rate_ <= 0) return std::chrono::milliseconds(0);
    return std::chrono::milliseconds(std::clamp(long(1000 * (1 - credit_) / rate_), 5l, 250l));
}

}  // namespace ringside::ui
