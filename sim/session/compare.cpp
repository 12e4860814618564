#include "sim/session/compare.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/session/blame.hpp"

namespace ringside::session {
namespace {

RunReport unsupported(const Technique& technique, std::string reason) {
    RunReport out;
    out.technique = technique.name;
    out.outcome = Outcome::Unsupported;
    out.reason = std::move(reason);
    out.exit_status = 2;
    out.as_declared = false;
    return out;
}

/// A variant that a technique needs may show other things; only the unchanged guest is a yardstick
/// for the results of single instructions.
bool same_guest(const Scenario& scenario, const Technique& technique, const std::string& option) {
    return !option.empty() || !scenario.variant(technique.variant);
}

}  // namespace

Result<Comparison> compare(const Installation& installation, const Scenario& scenario,
                           const CompareOptions& options) {
    std::vector<Technique> wanted = options.techniques;
    if (wanted.empty())
        for (const std::string& name : scenario.techniques)
            if (const auto technique = find_technique(name)) wanted.push_back(*technique);

    SessionOptions native_options{*find_technique("native"), options.option, options.cpu};
    native_options.all_sensitive = true;
    auto native = Session::open(installation, scenario, native_options);
    if (!native) return native.error();
    (*native)->apply(Run{});
    RunReport yardstick = (*native)->report();
    compare_with_native(yardstick, yardstick, scenario.declared_for("native"));
    apply_checks(yardstick, scenario.checks, (*native)->ending()->exit_value);

    Comparison out{scenario.name, (*native)->machine().profile->name, {}};
    for (const Technique& technique : wanted) {
        if (technique.name == native_options.technique.name) {
            out.runs.push_back(yardstick);
            continue;
        }
        if (std::find(scenario.techniques.begin(), scenario.techniques.end(), technique.name) ==
            scenario.techniques.end()) {
            out.runs.push_back(unsupported(technique, "the scenario does not name this technique"));
            continue;
        }
        SessionOptions run_options{technique, options.option, options.cpu};
        if (same_guest(scenario, technique, options.option))
            run_options.native = &(*native)->counters().effects();
        auto session = Session::open(installation, scenario, run_options);
        if (!session) {
            out.runs.push_back(unsupported(technique, session.error().text()));
            continue;
        }
        (*session)->apply(Run{});
        RunReport run = (*session)->report();
        const Declared* declared = scenario.declared_for(technique.name);
        compare_with_native(run, yardstick, declared);
        if (run.first_difference) explain(*run.first_difference, **session);
        // What differs on purpose is declared; the checks say what is right.
        if (!declared) apply_checks(run, scenario.checks, (*session)->ending()->exit_value);
        out.runs.push_back(std::move(run));
    }
    return out;
}

bool as_declared(const Comparison& comparison) {
    return std::all_of(comparison.runs.begin(), comparison.runs.end(), [](const RunReport& run) {
        return run.as_declared && run.failed_checks.empty();
    });
}

}  // namespace ringside::session
