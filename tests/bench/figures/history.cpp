#include "tests/bench/figures/history.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>
#include <vector>

#include "sim/base/check.hpp"
#include "sim/session/installation.hpp"
#include "sim/session/session.hpp"

namespace ringside::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using session::Session;
using session::Step;

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::unique_ptr<Session> open(const fs::path& folder, const std::string& guest, u64 instructions) {
    fs::create_directories(folder / "scenarios" / "long");
    std::ofstream(folder / "scenarios" / "long" / "long.asm") << guest;
    std::ofstream(folder / "scenarios" / "long" / "scenario.toml")
        << "name = \"long\"\ntitle = \"Long\"\nsummary = \"Long\"\ntechniques = [\"native\"]\n"
           "[guest]\nsource = \"long.asm\"\n[stop]\ninstructions = "
        << 2 * instructions << "\n";
    const session::Installation installation(folder);
    const auto scenario = installation.find("long");
    RINGSIDE_CHECK(scenario.ok());
    session::SessionOptions options{*session::find_technique("native"), "", "", true, false};
    auto opened = Session::open(installation, *scenario, options);
    RINGSIDE_CHECK(opened.ok());
    return std::move(*opened);
}

/// Takes one step back, and says how long it took.
double step_back(Session& session) {
    const u64 before = session.machine().instructions;
    const auto start = Clock::now();
    session.apply(Step{session::Unit::Instruction, -1});
    const double took = milliseconds_since(start);
    RINGSIDE_CHECK(session.machine().instructions + 1 == before);
    return took;
}

}  // namespace

HistoryFigures measure_history(const fs::path& folder, const std::string& guest, u64 instructions) {
    const std::unique_ptr<Session> session = open(folder, guest, instructions);
    HistoryFigures figures;
    const auto start = Clock::now();
    session->apply(session::Run{instructions});
    figures.instructions = session->machine().instructions;
    RINGSIDE_CHECK(figures.instructions == instructions);
    figures.forward_mips = double(instructions) / milliseconds_since(start) / 1000;
    figures.checkpoints = session->timeline().checkpoints();
    figures.history_mib = session->timeline().history_bytes() >> 20;

    std::vector<double> took;
    for (int n = 0; n < 100; ++n) took.push_back(step_back(*session));
    std::mt19937_64 random(1);
    for (int n = 0; n < 40; ++n) {
        session->apply(session::GoToInstruction{random() % instructions + 1});
        for (int more = 0; more < 3; ++more) took.push_back(step_back(*session));
    }
    // Just behind a checkpoint, the step back begins at the one before: the worst place there is.
    constexpr u64 first_spacing = 250'000;
    for (int n = 0; n < 40; ++n) {
        const u64 at = random() % (instructions / first_spacing) * first_spacing;
        session->apply(session::GoToInstruction{std::max<u64>(at, 1)});
        took.push_back(step_back(*session));
    }
    std::ranges::sort(took);
    figures.median_ms = took[took.size() / 2];
    figures.worst_ms = took.back();
    return figures;
}

}  // namespace ringside::bench
