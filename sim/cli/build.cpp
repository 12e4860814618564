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
    std::optional<std::string> vmm_options;
    std::vector<std::string> guest_options;
};

Status write_boot_file(const fs::path& folder, const session::Program& file) {
    return write_file(folder / file.file_name,
                      {reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()});
}

/// A word for the shell.
std::string shell_word(const std::string& text) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=+:,";
    if (text.find_first_not_of(plain) == std::string::npos) return text;
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

/// QEMU's own spelling: -initrd takes "FILE words,FILE words", a comma in it doubled.
std::string qemu_line(const fs::path& folder, const session::Programs& programs, bool long_mode) {
    const session::Program& kernel = programs.kernel();
    std::string line = long_mode ? "qemu-system-x86_64 -cpu max" : "qemu-system-i386";
    line += " -device isa-debug-exit -serial stdio";
    if (programs.guests.size() > 1) line += " -serial file:serial2.txt";
    line += " -kernel " + shell_word((folder / kernel.file_name).string());
    if (!kernel.options.empty()) line += " -append " + shell_word(kernel.options);
    std::string modules;
    for (const session::Program& module : programs.modules()) {
        if (!modules.empty()) modules += ',';
        for (const char c : (folder / module.command_line()).string())
            modules += c == ',' ? std::string(",,") : std::string(1, c);
    }
    return modules.empty() ? line : line + " -initrd " + shell_word(modules);
}

int build(const Program& program, const Options& options) {
    const auto installation = program.installation();
    if (!installation) return report(installation.error());
    const auto scenario = installation->find(options.scenario);
    if (!scenario) return report(scenario.error());
    const auto technique = session::find_technique(options.technique);
    if (!technique) return report(technique.error());
    // Without a VMM each guest is a kernel of its own.
    std::vector<session::Programs> machines;
    const size_t kernels = technique->image.empty() ? scenario->guests.size() : 1;
    for (size_t i = 0; i < kernels; ++i) {
        auto programs = session::make_programs(
            *installation, *scenario,
            {*technique, options.option, i, options.vmm_options, options.guest_options});
        if (!programs) return report(programs.error());
        machines.push_back(std::move(*programs));
    }

    // Only now is anything written: everything that could be wrong has been looked at.
    std::error_code error;
    fs::create_directories(options.folder, error);
    if (error)
        return report({options.folder, 0, 0, "cannot make the folder: " + error.message(), ""});
    const fs::path folder(options.folder);
    for (const session::Programs& programs : machines) {
        if (const Status done = write_boot_file(folder, programs.kernel()); !done)
            return report(done.error());
        for (const session::Program& module : programs.modules())
            if (const Status done = write_boot_file(folder, module); !done)
                return report(done.error());
        fmt::print("{}\n", qemu_line(folder, programs, scenario->in_64_bit_mode()));
    }
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
    command->add_option("--vmm-options", options->vmm_options, "Words for the VMM's command line");
    command->add_option("--guest-options", options->guest_options,
                        "Words for the guest's command line; given again: for the next guest");
    command->add_option("-o,--output", options->folder, "The folder to write to")->required();
    return [options, &program] { return build(program, *options); };
}

}  // namespace ringside::cli
