// ringside: the command line. Data on stdout, diagnostics on stderr, status 0, 1 or 2.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/nearest.hpp"
#include "sim/cli/command.hpp"

namespace ringside::cli {
namespace {

constexpr const char* examples = R"(Examples:
  ringside list                          what there is to run
  ringside compare popf                  one guest under every technique
  ringside run popf --technique vt-x     one run, with its report
  ringside boot kernel.elf               any Multiboot image, serial port on stdout
  ringside asm hello.asm -o hello.elf    assemble a guest
  ringside isa                           the instructions that are modelled

`ringside COMMAND --help` says more about a command.)";

std::filesystem::path executable_path(const char* argv0) {
    std::error_code error;
    std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
    if (!error) return path;
    path = std::filesystem::canonical(argv0, error);
    return error ? std::filesystem::path(argv0) : path;
}

std::string hint_for(const std::string& word, const std::vector<std::string>& known,
                     const std::string& otherwise) {
    const std::string near = nearest(word, known);
    return near.empty() ? otherwise : "did you mean \"" + near + "\"?";
}

/// The commands' names, or the options of the command that was given.
std::vector<std::string> known_words(const CLI::App& app, bool options) {
    std::vector<std::string> names;
    if (!options) {
        for (const CLI::App* command : app.get_subcommands({}))
            names.push_back(command->get_name());
        return names;
    }
    const auto given = app.get_subcommands();
    for (const CLI::Option* option : (given.empty() ? app : *given.front()).get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

int bad_usage(const CLI::App& app, const CLI::ParseError& error) {
    std::string message = error.what();
    while (!message.empty() && (message.back() == '\n' || message.back() == '.'))
        message.pop_back();
    const auto given = app.get_subcommands();
    const std::string help =
        "see ringside " + (given.empty() ? "" : given.front()->get_name() + " ") + "--help";
    std::string hint = help;
    if (const auto left = app.remaining(true); !left.empty()) {
        const bool option = left.front().starts_with("-");
        const bool command = given.empty() && !option;
        message = command ? "there is no command \"" + left.front() + "\""
                          : "unexpected argument \"" + left.front() + "\"";
        hint = hint_for(left.front(), known_words(app, option), help);
    }
    return report({"", 0, 0, message, hint});
}

/// A full disk must not look like an answer.
int with_output_written(int status) {
    errno = 0;
    if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return status;
    const std::string cause = errno ? std::strerror(errno) : "the reader is gone";
    return report({"stdout", 0, 0, "cannot be written: " + cause, ""});
}

int run(int argc, char** argv) {
    const Program program{executable_path(argv[0])};
    CLI::App app{"One guest under every virtualization technique, on a simulated x86 machine."};
    app.name("ringside");
    app.footer(examples);
    app.set_help_flag("-h,--help", "Print this help and exit");
    app.set_version_flag("--version", "ringside 0.1.0");
    // Unknown words are collected, so that they can be answered with the nearest known one.
    app.allow_extras();

    std::vector<std::pair<CLI::App*, Action>> actions;
    for (const AddCommand add :
         {add_list, add_run, add_compare, add_boot, add_build, add_asm, add_disasm, add_isa}) {
        Action action = add(app, program);
        actions.emplace_back(app.get_subcommands({}).back(), std::move(action));
    }
    try {
        app.parse(argc, argv);
        if (!app.remaining(true).empty()) throw CLI::ExtrasError(app.remaining(true));
        if (app.get_subcommands().empty()) throw CLI::RequiredError("a command");
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        return bad_usage(app, error);
    }
    for (const auto& [command, action] : actions)
        if (command->parsed()) return with_output_written(action());
    return bad_input;
}

}  // namespace
}  // namespace ringside::cli

int main(int argc, char** argv) {
    try {
        return ringside::cli::run(argc, argv);
    } catch (
        const std::exception& error) {  // out of memory, say: what nobody below had an answer to
        std::fprintf(stderr, "ringside: %s\n", error.what());
        return ringside::cli::bad_input;
    }
}
