// ringside run: a scenario under one technique, with its report.
#include <fmt/format.h>

#include <algorithm>

#include "sim/base/nearest.hpp"
#include "sim/cli/command.hpp"
#include "sim/session/chrome_trace.hpp"
#include "sim/session/compare.hpp"

namespace ringside::cli {
namespace {

struct Options {
    std::string scenario;
    std::string technique = "native";
    std::string option;
    std::string cpu;
    std::string until;
    std::string report = "text";
    std::string guest;
    std::optional<std::string> vmm_options;
    std::vector<std::string> guest_options;
    std::string trace;  ///< a file, or empty
};

/// The instant of the first event of that name: how many instructions have retired then.
Result<u64> instant_of(const std::string& event, const session::Installation& installation,
                       const session::Scenario& scenario, session::SessionOptions options) {
    options.record = true;
    auto session = session::Session::open(installation, scenario, options);
    if (!session) return session.error();
    session::Session& run = **session;
    std::vector<std::string> seen;
    for (size_t next = 0;;) {
        for (; next < run.recording().size(); ++next) {
            const session::Recorded& recorded = run.recording()[next];
            const std::string name = recorded.name();
            if (name == event) return recorded.event.instruction + 1;
            if (std::find(seen.begin(), seen.end(), name) == seen.end()) seen.push_back(name);
        }
        if (run.ending()) break;
        run.apply(session::Run{100'000});
    }
    const std::string near = nearest(event, seen);
    return Diagnostic{"", 0, 0, "the run has no event \"" + event + "\"",
                      near.empty() ? "" : "did you mean \"" + near + "\"?"};
}

/// "instruction:N", "cycle:N", "event:NAME": lowers the scenario's own limits.
Status set_until(const std::string& text, const session::Installation& installation,
                 session::Scenario& scenario, const session::SessionOptions& options) {
    const Diagnostic wrong{
        "", 0, 0, "--until takes instruction:N, cycle:N or event:NAME, not \"" + text + "\"", ""};
    const size_t colon = text.find(':');
    if (colon == std::string::npos) return wrong;
    const std::string unit = text.substr(0, colon), value = text.substr(colon + 1);
    if (unit == "event") {
        const auto instant = instant_of(value, installation, scenario, options);
        if (!instant) return instant.error();
        scenario.stop.instructions = *instant;
        return {};
    }
    if (value.empty() || value.size() > 18 ||
        value.find_first_not_of("0123456789") != std::string::npos)
        return wrong;
    if (unit == "instruction")
        scenario.stop.instructions = std::stoull(value);
    else if (unit == "cycle")
        scenario.stop.cycles = std::stoull(value);
    else
        return wrong;
    return {};
}

int print(const session::RunReport& run, const session::Comparison& about, const Options& options) {
    fmt::print("{}", options.report == "json" ? to_json(run, about.scenario, about.cpu)
                                              : to_text(run, about.scenario, about.cpu));
    return run.as_declared && run.failed_checks.empty() ? success : checks_failed;
}

/// Whose run a part of a native run is: the machine has room for one guest.
Result<size_t> guest_named(const session::Scenario& scenario, const std::string& name,
                           const session::Technique& technique) {
    const auto& guests = scenario.guests;
    if (name.empty()) {
        if (guests.size() == 1 || !technique.image.empty()) return size_t{0};
        return Diagnostic{"", 0, 0, "natively a machine has one guest: choose it with --guest",
                          "there are " + guests[0].name + " and " + guests[1].name};
    }
    if (!technique.image.empty())
        return Diagnostic{"", 0, 0, "--guest is for native runs: a VMM runs every guest", ""};
    std::vector<std::string> names;
    for (size_t i = 0; i < guests.size(); ++i) {
        if (guests[i].name == name) return i;
        names.push_back(guests[i].name);
    }
    const std::string near = nearest(name, names);
    return Diagnostic{"", 0, 0, "the scenario has no guest \"" + name + "\"",
                      near.empty() ? "" : "did you mean \"" + near + "\"?"};
}

/// The same run again, recorded: runs repeat exactly.
Status write_trace(const session::Installation& installation, const session::Scenario& scenario,
                   session::SessionOptions how, const std::string& file) {
    how.record = true;
    const auto session = session::Session::open(installation, scenario, how);
    if (!session) return session.error();
    return write_file(file, trace_of(**session));
}

/// A part of a run, which is held against nothing.
int run_part(const session::Installation& installation, session::Scenario& scenario,
             const session::SessionOptions& wanted, const Options& options) {
    if (const Status set = set_until(options.until, installation, scenario, wanted); !set)
        return report(set.error());
    if (!options.trace.empty())
        if (const Status written = write_trace(installation, scenario, wanted, options.trace);
            !written)
            return report(written.error());
    const auto session = session::Session::open(installation, scenario, wanted);
    if (!session) return report(session.error());
    (*session)->apply(session::Run{});
    return print((*session)->report(), {scenario.name, (*session)->machine().profile->name, {}},
                 options);
}

int run(const Program& program, const Options& options) {
    const auto installation = program.installation();
    if (!installation) return report(installation.error());
    auto scenario = installation->find(options.scenario);
    if (!scenario) return report(scenario.error());
    const auto technique = session::find_technique(options.technique);
    if (!technique) return report(technique.error());
    session::SessionOptions one{*technique, options.option, options.cpu};
    one.vmm_options = options.vmm_options;
    one.guest_options = options.guest_options;
    if (!options.until.empty() || !options.trace.empty()) {
        const auto guest = guest_named(*scenario, options.guest, *technique);
        if (!guest) return report(guest.error());
        one.guest = *guest;
    }
    if (!options.until.empty()) return run_part(*installation, *scenario, one, options);
    if (!options.guest.empty() && options.trace.empty())
        return report(
            {"", 0, 0, "--guest goes with --until or --trace: a whole run shows every guest", ""});
    const auto comparison = session::compare(
        *installation, *scenario,
        {{*technique}, options.option, options.cpu, options.vmm_options, options.guest_options});
    if (!comparison) return report(comparison.error());
    if (!options.trace.empty())
        if (const Status written = write_trace(*installation, *scenario, one, options.trace);
            !written)
            return report(written.error());
    return print(comparison->runs.front(), *comparison, options);
}

}  // namespace

Action add_run(CLI::App& app, const Program& program) {
    CLI::App* command = app.add_subcommand("run", "Run a scenario under one technique");
    command->footer(
        "Examples:\n"
        "  ringside run popf                                    on the bare machine\n"
        "  ringside run popf --technique trap-and-emulate\n"
        "  ringside run ringlet --technique vt-x --report json\n"
        "  ringside run ringlet --until instruction:100000\n"
        "  ringside run popf --technique trap-and-emulate --until event:trap.emulate\n"
        "  ringside run ringlet --technique vt-x --vmm-options paging=shadow\n"
        "  ringside run popf --technique vt-x --trace popf.json  for ui.perfetto.dev\n\n"
        "Exit status 0 when the run gave what the scenario declares, 1 when not, 2 on bad input.");
    auto options = std::make_shared<Options>();
    command->add_option("SCENARIO", options->scenario, "A name that `list` prints, or a folder")
        ->required();
    command->add_option(
        "--technique", options->technique,
        "native (default), trap-and-emulate, binary-translation, paravirtual, vt-x, "
        "hosted-vt-x, hosted-binary-translation");
    command->add_option("--option", options->option, "Another build of the guest, as `safe`");
    command->add_option("--vmm-options", options->vmm_options, "Words for the VMM's command line");
    command->add_option("--guest-options", options->guest_options,
                        "Words for the guest's command line; given again: for the next guest");
    command->add_option("--guest", options->guest,
                        "With --until or --trace, of several guests: which to run natively");
    command->add_option("--cpu", options->cpu, "A CPU profile");
    command->add_option("--until", options->until, "Stop at instruction:N, cycle:N or event:NAME");
    command->add_option("--report", options->report, "text (default) or json")
        ->check(CLI::IsMember({"text", "json"}));
    command->add_option("--trace", options->trace,
                        "Write every event to a file (Chrome Trace Event JSON, for Perfetto)");
    return [options, &program] { return run(program, *options); };
}

}  // namespace ringside::cli
