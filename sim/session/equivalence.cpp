// Popek and Goldberg's equivalence property, and a scenario's own checks, on finished runs.
#include <fmt/format.h>

#include <algorithm>

#include "sim/session/report.hpp"

namespace ringside::session {
namespace {

/// A line's worth of text around `offset`, fit for a sentence.
std::string excerpt(const std::string& text, size_t offset) {
    constexpr size_t longest = 40, before = 20;
    const size_t line = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
    const size_t start = std::max(line, offset > before ? offset - before : 0);
    std::string out;
    for (size_t i = start; i < text.size() && text[i] != '\n' && out.size() < longest; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        out += byte >= 0x20 && byte < 0x7f ? text[i] : '?';
    }
    return out;
}

const Observation* find(const std::vector<Observation>& all, const std::string& name) {
    for (const Observation& one : all)
        if (one.name == name) return &one;
    return nullptr;
}

std::optional<Difference> first_difference(const GuestReport& run, const GuestReport& native) {
    using What = Difference::What;
    if (!run.different_observations.empty()) {
        const std::string& name = run.different_observations.front();
        const Observation* here = find(run.observations, name);
        const Observation* there = find(native.observations, name);
        const auto words = [](const Observation* one) {
            return one ? fmt::format("{}", one->value) : std::string("missing");
        };
        return Difference{What::Observation, run.name, name, words(there), words(here), {}, {}};
    }
    if (run.outcome != native.outcome)
        return Difference{What::Outcome,
                          run.name,
                          "",
                          std::string(name_of(native.outcome)),
                          std::string(name_of(run.outcome)) + " (" + run.reason + ")",
                          {},
                          {}};
    if (run.serial_differs) {
        const auto [a, b] = std::mismatch(run.serial.begin(), run.serial.end(),
                                          native.serial.begin(), native.serial.end());
        const auto offset = static_cast<size_t>(a - run.serial.begin());
        return Difference{
            What::Serial, run.name, "", excerpt(native.serial, offset), excerpt(run.serial, offset),
            {},           {}};
    }
    if (run.exit_status != native.exit_status)
        return Difference{What::Outcome,
                          run.name,
                          "",
                          fmt::format("exit status {}", native.exit_status),
                          fmt::format("exit status {}", run.exit_status),
                          {},
                          {}};
    return {};
}

bool is_as_declared(const GuestReport& run, const Declared* declared) {
    if (!declared) return *run.equivalent && run.outcome == Outcome::Completed;
    if (run.outcome != declared->outcome) return false;
    // A run that did not come to its end has written only part of what it saw.
    if (run.outcome != Outcome::Completed) return true;
    return std::is_permutation(run.different_observations.begin(), run.different_observations.end(),
                               declared->observations.begin(), declared->observations.end()) &&
           run.serial_differs == declared->serial_differs;
}

}  // namespace

void compare_with_native(GuestReport& run, const GuestReport& native, const Declared* declared) {
    run.different_observations.clear();
    for (const Observation& one : native.observations) {
        const Observation* here = find(run.observations, one.name);
        if (!here || here->value != one.value) run.different_observations.push_back(one.name);
    }
    for (const Observation& one : run.observations)
        if (!find(native.observations, one.name)) run.different_observations.push_back(one.name);
    run.serial_differs = run.serial != native.serial;
    run.first_difference = first_difference(run, native);
    run.equivalent = !run.first_difference;
    run.as_declared = is_as_declared(run, declared);
}

void apply_checks(GuestReport& run, const std::vector<Check>& checks) {
    const std::optional<u64>& exit_value = run.exit_value;
    run.failed_checks.clear();
    const auto fail = [&](std::string words) { run.failed_checks.push_back(std::move(words)); };
    for (const Check& check : checks) {
        if (!check.guest.empty() && !run.name.empty() && check.guest != run.name) continue;
        if (check.serial_equals && run.serial != *check.serial_equals)
            fail("the serial output is not the expected one");
        if (check.serial_contains && run.serial.find(*check.serial_contains) == std::string::npos)
            fail(fmt::format("the serial output does not contain \"{}\"", *check.serial_contains));
        if (check.exit_value && !exit_value)
            fail(fmt::format("the guest did not exit; expected value {}", *check.exit_value));
        if (check.exit_value && exit_value && *exit_value != *check.exit_value)
            fail(fmt::format("the exit value is {}, expected {}", *exit_value, *check.exit_value));
        if (check.observation) {
            const Observation* here = find(run.observations, *check.observation);
            if (!here)
                fail(fmt::format("there is no observation \"{}\"", *check.observation));
            else if (here->value != check.equals)
                fail(fmt::format("{} is {}, expected {}", *check.observation, here->value,
                                 check.equals));
        }
    }
}

void summarize_guests(RunReport& run) {
    run.observations.clear();
    run.measurements.clear();
    run.different_observations.clear();
    run.failed_checks.clear();
    run.first_difference.reset();
    run.equivalent.reset();
    run.serial_differs = false;
    run.as_declared = run.outcome == Outcome::Completed;
    for (const GuestReport& guest : run.guests) {
        const std::string prefix = guest.name + ".";
        for (const Observation& one : guest.observations)
            run.observations.push_back({prefix + one.name, one.value});
        for (const Observation& one : guest.measurements)
            run.measurements.push_back({prefix + one.name, one.value});
        for (const std::string& one : guest.different_observations)
            run.different_observations.push_back(prefix + one);
        for (const std::string& one : guest.failed_checks)
            run.failed_checks.push_back(guest.name + ": " + one);
        if (guest.equivalent) run.equivalent = run.equivalent.value_or(true) && *guest.equivalent;
        if (!run.first_difference) run.first_difference = guest.first_difference;
        run.serial_differs |= guest.serial_differs;
        run.as_declared &= guest.as_declared;
    }
}

}  // namespace ringside::session
