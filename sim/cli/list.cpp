// ringside list: what there is.
#include <fmt/format.h>

#include "sim/cli/command.hpp"

namespace ringside::cli {

Action add_list(CLI::App& app, const Program& program) {
    CLI::App* command = app.add_subcommand("list", "What scenarios, lessons and labs there are");
    command->footer("Example:\n  ringside list\n\nOne line each: NAME kind title.");
    return [&program] {
        const auto installation = program.installation();
        if (!installation) return report(installation.error());
        const auto scenarios = installation->list();
        if (!scenarios) return report(scenarios.error());
        for (const session::Scenario& one : *scenarios)
            fmt::print("{} {} {}\n", one.name, name_of(one.kind), one.title.en);
        return int(success);
    };
}

}  // namespace ringside::cli
