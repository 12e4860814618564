// ringside build: the images of a scenario, for other machines.
#include <fmt/format.h>

#include "sim/cli/command.hpp"
#include "sim/session/programs.hpp"

namespace ringside::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
    std::string scenario;
    std::string technique = "native";
    std::string option;
    std::string folder;
};

Status write_boot_file(const fs::path& folder, const session::Program& file) {
    return write_file(folder / file.file_name,
                      {reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()});
}

int build(const Program& program, const Options& options) {
    const auto installation = program.installation();
    if (!installation) return report(installation.error());
    const auto scenario = installation->find(options.scenario);
    if (!scenario) return report(scenario.error());
    const auto technique = session::find_technique(options.technique);
    if (!technique) return report(technique.error());
    const auto programs =
        session::make_programs(*installation, *scenario, {*technique, options.option});
    if (!programs) return report(programs.error());

    // Only now is anything written: everything that could be wrong has been looked at.
    std::error_code error;
    fs::create_directories(options.folder, error);
    if (error)
        return report({options.folder, 0, 0, "cannot make the folder: " + error.message(), ""});
    const fs::path folder(options.folder);
    if (const Status done = write_boot_file(folder, programs->kernel()); !done)
        return report(done.error());
    std::string line =
        fmt::format("qemu-system-i386 -device isa-debug-exit -serial stdio -kernel {}",
                    (folder / programs->kernel().file_name).string());
    if (const session::Program* module = programs->module()) {
        if (const Status done = write_boot_file(folder, *module); !done)
            return report(done.error());
        line += " -initrd " + (folder / module->file_name).string();
    }
    fmt::print("{}\n", line);
    return success;
}

}  // namespace

Action add_build(CLI::App& app, const Program& program) {
    CLI::App* command =
        app.add_subcommand("build", "Write the images of a scenario for other machines");
    command->footer(
        "Examples:\n"
        "  ringside build popf --technique native -o images\n"
        "  ringside build ringlet --technique trap-and-emulate -o images\n\n"
        "Writes what QEMU takes as -kernel (the VMM, or the guest itself) and -initrd (the "
        "guest),\n"
        "and prints the command line.");
    auto options = std::make_shared<Options>();
    command->add_option("SCENARIO", options->scenario, "A name that `list` prints, or a folder")
        ->required();
    command->add_option("--technique", options->technique, "native, trap-and-emulate, …");
    command->add_option("--option", options->option, "Another build of the guest, as `safe`");
    command->add_option("-o,--output", options->folder, "The folder to write to")->required();
    return [options, &program] { return build(program, *options); };
}

}  // namespace ringside::cli
