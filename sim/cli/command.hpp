// What every subcommand of `ringside` is: its options, and what it does with them.
#pragma once
#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>

#include "sim/base/diagnostic.hpp"
#include "sim/base/files.hpp"
#include "sim/base/result.hpp"
#include "sim/session/installation.hpp"

namespace ringside::cli {

/// Exit statuses of `ringside`, except for `boot`, which passes on the machine's.
enum ExitStatus : int { success = 0, checks_failed = 1, bad_input = 2 };

/// What the subcommands need to know about the program itself.
struct Program {
    std::filesystem::path executable;
    Result<session::Installation> installation() const {
        return session::Installation::of(executable);
    }
};

/// Adds a subcommand; the returned function runs it after its options were parsed.
using Action = std::function<int()>;
using AddCommand = Action (*)(CLI::App& app, const Program& program);

Action add_list(CLI::App& app, const Program& program);
Action add_run(CLI::App& app, const Program& program);
Action add_compare(CLI::App& app, const Program& program);
Action add_boot(CLI::App& app, const Program& program);
Action add_build(CLI::App& app, const Program& program);
Action add_asm(CLI::App& app, const Program& program);
Action add_disasm(CLI::App& app, const Program& program);
Action add_isa(CLI::App& app, const Program& program);

/// Holds an option to a whole number: without it "-1" and numbers beyond 64 bits become others.
CLI::Validator whole_number();

/// "ringside: place: cause (hint)" on stderr; the status for bad input.
int report(const Diagnostic& diagnostic);

/// Writes beside the target and renames: the target is whole or not there.
Status write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace ringside::cli
