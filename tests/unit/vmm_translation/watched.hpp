// A guest under the translator in the simulator, with every probe point that it passes.
#pragma once
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "sim/machine/run.hpp"
#include "sim/session/guest_image.hpp"
#include "sim/session/session.hpp"

namespace ringside::test {

using namespace session;

template <class T>
T value(Result<T> result) {
    if (!result) FAIL(result.error().text());
    return std::move(*result);
}

struct Passed {
    std::string serial;
    machine::Stop stop;
    u64 ring_crossings = 0;
    size_t page_faults =
        0;  ///< the guest's own, those hidden from it, and under VT-x those that exit
    std::map<std::string, std::vector<Recorded>> probes;

    size_t count(const std::string& probe) const {
        const auto found = probes.find(probe);
        return found == probes.end() ? 0 : found->second.size();
    }
    /// How often the probe point was passed with `argument` = `wanted`.
    size_t count(const std::string& probe, const std::string& argument, u32 wanted) const {
        size_t n = 0;
        if (const auto found = probes.find(probe); found != probes.end())
            for (const Recorded& one : found->second) n += one.argument(argument) == wanted;
        return n;
    }
};

/// The programs of a scenario under a technique; `options` are words for the VMM, `guest_options`
/// for the guest.
inline Programs programs_of(const Scenario& scenario, const std::string& technique,
                            const std::string& options = "",
                            const std::string& guest_options = "") {
    RunChoice choice{value(find_technique(technique)), "", 0, {}, {guest_options}};
    if (!options.empty()) choice.vmm_options = options;
    return value(make_programs(Installation(RINGSIDE_DATA_DIR), scenario, choice));
}

inline Passed run(const Scenario& scenario, const Programs& programs,
                  u64 instructions = 20'000'000) {
    machine::Machine m = value(make_machine(scenario, programs, *value(find_cpu(""))));
    Watcher watcher(programs, m, {.record = true});
    Passed out;
    out.stop = machine::run(m, {.instructions = instructions}, {.sink = &watcher, .map = &watcher});
    constexpr u8 page_fault = 14;
    for (const Recorded& one : watcher.recording()) {
        const bool fault =
            one.event.kind == trace::EventKind::Exception && one.event.vector == page_fault;
        out.page_faults += fault || one.probe == "vtx.page_fault";
        if (!one.probe.empty()) out.probes[one.probe].push_back(one);
    }
    out.ring_crossings = watcher.counters().counts().ring_crossings;
    out.serial = m.board.serial_output();
    return out;
}

/// A guest written here: `body` holds its `main`, in the words of
/// scenarios/guests/common/guest.inc.
class WrittenGuest {
  public:
    explicit WrittenGuest(const std::string& body)
        : WrittenGuest("guest.asm", "bits 32\n%include \"common/guest.inc\"\nsection .text\n" +
                                        body + "\nsection .data\nalign 4\nobservations:\n.end:\n") {
    }
    /// The whole source.
    WrittenGuest(const std::string& file, const std::string& source)
        : folder_(std::filesystem::temp_directory_path() /
                  ("ringside-translation-" + std::to_string(::getpid()))) {
        namespace fs = std::filesystem;
        fs::remove_all(folder_);
        fs::create_directories(folder_);
        fs::copy("scenarios/guests/common", folder_ / "common", fs::copy_options::recursive);
        scenario_.name = "guest";
        scenario_.tree = folder_;
        std::ofstream(folder_ / file) << source;
        scenario_.guests.emplace_back();
        scenario_.guests[0].name = "guest";
        scenario_.guests[0].build.source = folder_ / file;
    }
    ~WrittenGuest() { std::filesystem::remove_all(folder_); }
    WrittenGuest(const WrittenGuest&) = delete;
    WrittenGuest& operator=(const WrittenGuest&) = delete;

    const Scenario& scenario() const { return scenario_; }
    Passed native() const { return run(scenario_, programs_of(scenario_, "native")); }
    Passed translated(const std::string& options = "") const {
        return run(scenario_, programs_of(scenario_, "binary-translation", options));
    }

  private:
    std::filesystem::path folder_;
    Scenario scenario_;
};

}  // namespace ringside::test
