// ringside boot: any image, serial port on stdout, the machine's end as the exit status.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "sim/cli/command.hpp"
#include "sim/session/entry_failures.hpp"
#include "sim/session/report_json.hpp"
#include "sim/session/run_image.hpp"

namespace ringside::cli {
namespace {

struct Options {
    std::string image;
    std::vector<std::string> modules;
    u64 max_instructions = 10'000'000'000;
    std::string stats;
    session::ImageSetup setup;
};

image::Bytes bytes_of(const std::string& text) {
    return {reinterpret_cast<const u8*>(text.data()), text.size()};
}

nlohmann::ordered_json json_of(const session::EntryFailures& failures) {
    auto out = nlohmann::ordered_json::array();
    for (const trace::EntryFailure& one : failures.failures()) out.push_back(session::json_of(one));
    return out;
}

void print_statistics(const machine::Machine& machine, double seconds, bool json,
                      const session::EntryFailures& failures) {
    if (json) {
        const nlohmann::ordered_json out = {{"instructions", machine.instructions},
                                            {"cycles", machine.now},
                                            {"wall_seconds", seconds},
                                            {"failed_entries", json_of(failures)}};
        fmt::print(stderr, "{}\n", out.dump());
        return;
    }
    fmt::print(stderr, "ringside: {} instructions, {} cycles, {:.3f} s, {:.1f} million a second\n",
               machine.instructions, machine.now, seconds,
               seconds > 0 ? static_cast<double>(machine.instructions) / seconds / 1e6 : 0.0);
}

/// The first few; a VMM that tries again and again would drown the rest.
void print_failures(const session::EntryFailures& failures) {
    constexpr size_t most = 5;
    const auto& all = failures.failures();
    for (size_t n = 0; n < all.size() && n < most; ++n)
        fmt::print(stderr, "ringside: VM entry at {:#x} failed: {}\n", all[n].address.value,
                   all[n].words());
    if (failures.count() > most)
        fmt::print(stderr, "ringside: {} VM entries failed in all\n", failures.count());
}

int boot(const Options& options) {
    const auto file = read_file(options.image, most_image);
    if (!file) return report(file.error());
    std::vector<std::string> contents;
    for (const std::string& name : options.modules) {
        auto text = read_file(name, most_image);
        if (!text) return report(text.error());
        contents.push_back(std::move(*text));
    }
    std::vector<session::ModuleFile> modules;
    for (size_t i = 0; i < contents.size(); ++i)
        modules.push_back(
            {std::filesystem::path(options.modules[i]).filename().string(), bytes_of(contents[i])});
    auto machine = session::load_image(bytes_of(*file), options.image, modules, options.setup);
    if (!machine) return report(machine.error());

    session::EntryFailures failures;
    const bool watched =
        session::may_enter_guests(bytes_of(*file)) ||
        std::any_of(contents.begin(), contents.end(), [](const std::string& module) {
            return session::may_enter_guests(bytes_of(module));
        });
    const auto start = std::chrono::steady_clock::now();
    const session::Ending ending = session::run_image(
        *machine, options.max_instructions,
        [](std::string_view text) {
            std::fwrite(text.data(), 1, text.size(), stdout);
            std::fflush(stdout);
        },
        watched ? &failures : nullptr);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    if (ending.outcome != session::Outcome::Completed)
        fmt::print(stderr, "ringside: {}: {}\n", options.image, ending.reason);
    if (options.stats != "json") print_failures(failures);
    if (!options.stats.empty())
        print_statistics(*machine, wall.count(), options.stats == "json", failures);
    return ending.exit_status;
}

}  // namespace

Action add_boot(CLI::App& app, const Program&) {
    CLI::App* command = app.add_subcommand("boot", "Run any Multiboot image or flat binary");
    command->footer(
        "Examples:\n"
        "  ringside boot kernel.elf\n"
        "  ringside boot vmm.elf --module guest.elf --stats json\n"
        "  ringside boot code.bin --flat 0x7c00\n\n"
        "The serial port goes to stdout. Exit status: (value << 1 | 1) & 0xff after a debug exit,\n"
        "0 on HLT with interrupts off, 2 on bad input, 4 at the limit, 6 after a triple fault or "
        "an\n"
        "instruction that is not modelled.");
    auto options = std::make_shared<Options>();
    command->add_option("IMAGE", options->image, "The image")->required();
    command->add_option("--module", options->modules, "A Multiboot module; may be given again");
    command->add_option("--max-instructions", options->max_instructions, "Stop there")
        ->check(whole_number())
        ->capture_default_str();
    command->add_option("--stats", options->stats, "Statistics on stderr: text or json")
        ->check(CLI::IsMember({"text", "json"}));
    command->add_option("--cpu", options->setup.cpu, "A CPU profile");
    command->add_option("--ram", options->setup.ram_mib, "Memory in MiB")
        ->check(CLI::Range(4, 1024))
        ->capture_default_str();
    command
        ->add_option("--flat", options->setup.flat_address,
                     "Where a file without a Multiboot header goes")
        ->check(whole_number());
    return [options] { return boot(*options); };
}

}  // namespace ringside::cli
