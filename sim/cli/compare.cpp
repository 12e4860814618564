// ringside compare: one guest under every technique, as a table.
#include "sim/session/compare.hpp"

#include <fmt/format.h>

#include "sim/cli/command.hpp"

namespace ringside::cli {
namespace {

struct Options {
    std::string scenario;
    std::vector<std::string> techniques;
    std::string option;
    std::string cpu;
    std::string report = "text";
    std::optional<std::string> vmm_options;
    std::vector<std::string> guest_options;
};

int compare(const Program& program, const Options& options) {
    const auto installation = program.installation();
    if (!installation) return report(installation.error());
    const auto scenario = installation->find(options.scenario);
    if (!scenario) return report(scenario.error());
    session::CompareOptions wanted{
        {}, options.option, options.cpu, options.vmm_options, options.guest_options};
    for (const std::string& name : options.techniques) {
        const auto technique = session::find_technique(name);
        if (!technique) return report(technique.error());
        wanted.techniques.push_back(*technique);
    }
    const auto comparison = session::compare(*installation, *scenario, wanted);
    if (!comparison) return report(comparison.error());
    fmt::print("{}", options.report == "json" ? to_json(*comparison) : to_text(*comparison));
    return session::as_declared(*comparison) ? success : checks_failed;
}

}  // namespace

Action add_compare(CLI::App& app, const Program& program) {
    CLI::App* command = app.add_subcommand("compare", "Run a scenario under every technique");
    command->footer(
        "Examples:\n"
        "  ringside compare popf\n"
        "  ringside compare ringlet --techniques native,vt-x\n"
        "  ringside compare nanobenchmarks-64                     a guest of 64-bit code\n"
        "  ringside compare ringlet --report json\n\n"
        "Exit status 0 when every technique gave what the scenario declares, 1 when not, 2 on bad\n"
        "input.");
    auto options = std::make_shared<Options>();
    command->add_option("SCENARIO", options->scenario, "A name that `list` prints, or a folder")
        ->required();
    command->add_option("--techniques", options->techniques, "Some only, with commas between")
        ->delimiter(',');
    command->add_option("--option", options->option, "Another build of the guest, as `safe`");
    command->add_option("--vmm-options", options->vmm_options,
                        "Words for the command line of every VMM");
    command->add_option("--guest-options", options->guest_options,
                        "Words for the guest's command line; given again: for the next guest");
    command->add_option("--cpu", options->cpu, "A CPU profile");
    command->add_option("--report", options->report, "text (default) or json")
        ->check(CLI::IsMember({"text", "json"}));
    return [options, &program] { return compare(program, *options); };
}

}  // namespace ringside::cli
