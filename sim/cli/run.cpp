// ringside run: a scenario under one technique, with its report.
#include <fmt/format.h>

#include "sim/cli/command.hpp"
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
};

/// "instruction:N", "cycle:N": lowers the scenario's own limits.
Status set_until(const std::string& text, session::StopLimits& stop) {
    const Diagnostic wrong{"", 0, 0, "--until takes instruction:N or cycle:N, not \"" + text + "\"",
                           ""};
    const size_t colon = text.find(':');
    if (colon == std::string::npos) return wrong;
    const std::string unit = text.substr(0, colon), number = text.substr(colon + 1);
    if (number.empty() || number.size() > 18 ||
        number.find_first_not_of("0123456789") != std::string::npos)
        return wrong;
    const u64 value = std::stoull(number);
    if (unit == "instruction")
        stop.instructions = value;
    else if (unit == "cycle")
        stop.cycles = value;
    else
        return wrong;
    return {};
}

int run(const Program& program, const Options& options) {
    const auto installation = program.installation();
    if (!installation) return report(installation.error());
    auto scenario = installation->find(options.scenario);
    if (!scenario) return report(scenario.error());
    const auto technique = session::find_technique(options.technique);
    if (!technique) return report(technique.error());
    if (!options.until.empty())
        if (const Status set = set_until(options.until, scenario->stop); !set)
            return report(set.error());
    const auto comparison =
        session::compare(*installation, *scenario, {{*technique}, options.option, options.cpu});
    if (!comparison) return report(comparison.error());
    const session::RunReport& only = comparison->runs.front();
    const bool json = options.report == "json";
    fmt::print("{}", json ? to_json(only, comparison->scenario, comparison->cpu)
                          : to_text(only, comparison->scenario, comparison->cpu));
    return session::as_declared(*comparison) ? success : checks_failed;
}

}  // namespace

Action add_run(CLI::App& app, const Program& program) {
    CLI::App* command = app.add_subcommand("run", "Run a scenario under one technique");
    command->footer(
        "Examples:\n"
        "  ringside run popf                                    on the bare machine\n"
        "  ringside run popf --technique trap-and-emulate\n"
        "  ringside run ringlet --technique vt-x --report json\n"
        "  ringside run ringlet --until instruction:100000\n\n"
        "Exit status 0 when the run gave what the scenario declares, 1 when not, 2 on bad input.");
    auto options = std::make_shared<Options>();
    command->add_option("SCENARIO", options->scenario, "A name that `list` prints, or a folder")
        ->required();
    command->add_option("--technique", options->technique,
                        "native, trap-and-emulate, binary-translation, paravirtual, vt-x");
    command->add_option("--option", options->option, "Another build of the guest, as `safe`");
    command->add_option("--cpu", options->cpu, "A CPU profile");
    command->add_option("--until", options->until, "Stop at instruction:N or cycle:N");
    command->add_option("--report", options->report, "text (default) or json")
        ->check(CLI::IsMember({"text", "json"}));
    return [options, &program] { return run(program, *options); };
}

}  // namespace ringside::cli
