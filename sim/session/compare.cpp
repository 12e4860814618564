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
bool same_guest(const Guest& guest, const Technique& technique, const std::string& option) {
    return technique.variant == option || !guest.variant(technique.variant);
}

/// The guests on the bare machine, each in a session of its own, and their report: the numbers are
/// sums.
struct Native {
    std::vector<std::unique_ptr<Session>> sessions;
    RunReport report;

    const GuestReport& guest(size_t index) const {
        return report.guests.empty() ? report : report.guests[index];
    }
};

void add_numbers(RunReport& sum, const RunReport& one) {
    sum.instructions += one.instructions;
    sum.cycles += one.cycles;
    sum.cycles_by.guest += one.cycles_by.guest;
    sum.cycles_by.transition += one.cycles_by.transition;
    sum.cycles_by.idle += one.cycles_by.idle;
    sum.ring_crossings += one.ring_crossings;
    sum.traps += one.traps;
    sum.vm_exits += one.vm_exits;
    if (sum.outcome == Outcome::Completed && one.outcome != Outcome::Completed) {
        sum.outcome = one.outcome;
        sum.reason = one.reason;
        sum.exit_status = one.exit_status;
    }
}

Result<Native> run_natively(const Installation& installation, const Scenario& scenario,
                            const CompareOptions& options) {
    Native out;
    const Technique technique = *find_technique("native");
    for (size_t i = 0; i < scenario.guests.size(); ++i) {
        SessionOptions how{technique, options.option, options.cpu};
        how.all_sensitive = true;
        how.guest = i;
        how.guest_options = options.guest_options;
        auto session = Session::open(installation, scenario, how);
        if (!session) return session.error();
        (*session)->apply(Run{});
        RunReport run = (*session)->report();
        const bool alone = scenario.guests.size() == 1;
        if (!alone) run.name = scenario.guests[i].name;
        compare_with_native(run, run, scenario.declared_for("native", run.name));
        apply_checks(run, scenario.checks);
        if (i == 0)
            out.report = run;
        else
            add_numbers(out.report, run);
        if (!alone) out.report.guests.push_back(run);
        out.sessions.push_back(std::move(*session));
    }
    if (!out.report.guests.empty()) {
        out.report.name.clear();
        summarize_guests(out.report);
    }
    return out;
}

/// One of a run's guests against its native run.
void judge(GuestReport& guest, size_t index, const Native& native, const Session& session) {
    const Scenario& scenario = session.scenario();
    const Declared* declared = scenario.declared_for(session.technique().name, guest.name);
    compare_with_native(guest, native.guest(index), declared);
    if (guest.first_difference) explain(*guest.first_difference, session, index);
    // What differs on purpose is declared; the checks say what is right.
    if (!declared) apply_checks(guest, scenario.checks);
}

RunReport run_under(const Installation& installation, const Scenario& scenario,
                    const Technique& technique, const CompareOptions& options,
                    const Native& native) {
    SessionOptions how{technique, options.option, options.cpu};
    how.vmm_options = options.vmm_options;
    how.guest_options = options.guest_options;
    for (size_t i = 0; i < scenario.guests.size(); ++i)
        how.natives.push_back(same_guest(scenario.guests[i], technique, options.option)
                                  ? &native.sessions[i]->counters().effects()
                                  : nullptr);
    const auto session = Session::open(installation, scenario, how);
    if (!session) return unsupported(technique, session.error().text());
    (*session)->apply(Run{});
    RunReport run = (*session)->report();
    if (run.guests.empty()) {
        judge(run, 0, native, **session);
        return run;
    }
    for (size_t i = 0; i < run.guests.size(); ++i) judge(run.guests[i], i, native, **session);
    summarize_guests(run);
    return run;
}

bool names(const Scenario& scenario, const Technique& technique) {
    return std::find(scenario.techniques.begin(), scenario.techniques.end(), technique.name) !=
           scenario.techniques.end();
}

}  // namespace

Result<Comparison> compare(const Installation& installation, const Scenario& scenario,
                           const CompareOptions& options) {
    std::vector<Technique> wanted = options.techniques;
    if (wanted.empty())
        for (const std::string& name : scenario.techniques)
            if (const auto technique = find_technique(name)) wanted.push_back(*technique);
    if (options.vmm_options && std::all_of(wanted.begin(), wanted.end(),
                                           [](const Technique& one) { return one.image.empty(); }))
        return Diagnostic{scenario.file.string(), 0, 0,
                          "there are options for the VMM, and no run has one", ""};
    if (options.vmm_options)
        if (const std::string trouble = trouble_with_options(*options.vmm_options);
            !trouble.empty())
            return Diagnostic{scenario.file.string(), 0, 0, trouble, ""};

    const auto native = run_natively(installation, scenario, options);
    if (!native) return native.error();
    const RunReport& yardstick = native->report;

    Comparison out{scenario.name, native->sessions.front()->machine().profile->name, {}};
    for (const Technique& technique : wanted) {
        if (technique.name == yardstick.technique)
            out.runs.push_back(yardstick);
        else if (const auto image = vmm_image(technique, scenario); !image)
            out.runs.push_back(unsupported(technique, image.error().message));
        else if (!names(scenario, technique))
            out.runs.push_back(unsupported(technique, "the scenario does not name this technique"));
        else
            out.runs.push_back(run_under(installation, scenario, technique, options, *native));
    }
    return out;
}

bool as_declared(const Comparison& comparison) {
    return std::all_of(comparison.runs.begin(), comparison.runs.end(), [](const RunReport& run) {
        return run.as_declared && run.failed_checks.empty();
    });
}

}  // namespace ringside::session
