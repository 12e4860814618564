// ringside boot: any image, serial port on stdout, the machine's end as the exit status.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/cli/command.hpp"
#include "sim/session/entry_failures.hpp"
#include "sim/session/report_json.hpp"
#include "sim/session/start_firmware.hpp"

namespace ringside::cli {
namespace {

struct Options {
    std::optional<std::string> image;  // an empty name is one too: it cannot be read
    std::vector<std::string> modules, module_options, disks;
    std::string image_options;
    std::string bios, date, serial2;
    bool screen = false;
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

Result<machine::Machine> from_image(const Options& options, const session::ImageSetup& setup,
                                    bool& watched) {
    const auto file = read_file(*options.image, most_image);
    if (!file) return file.error();
    std::vector<std::string> contents;
    for (const std::string& name : options.modules) {
        auto text = read_file(name, most_image);
        if (!text) return text.error();
        watched |= session::may_enter_guests(bytes_of(*text));
        contents.push_back(std::move(*text));
    }
    watched |= session::may_enter_guests(bytes_of(*file));
    std::vector<session::ModuleFile> modules;
    for (size_t i = 0; i < contents.size(); ++i) {
        std::string name = std::filesystem::path(options.modules[i]).filename().string();
        if (i < options.module_options.size()) name += " " + options.module_options[i];
        modules.push_back({std::move(name), bytes_of(contents[i])});
    }
    return session::load_image(bytes_of(*file), *options.image, modules, setup,
                               options.image_options);
}

Result<machine::Machine> from_rom(const Options& options, const session::ImageSetup& setup,
                                  bool& watched) {
    const auto file = read_file(options.bios, most_image);
    if (!file) return file.error();
    const auto rom = session::rom_image(bytes_of(*file), options.bios);
    if (!rom) return rom.error();
    watched |= session::may_enter_guests(bytes_of(*file));
    return session::switch_on(*rom, setup);
}

/// An image is entered as a boot loader would; without one the machine starts in a ROM: the
/// person's, or ours, which boots the first disk. `watched`: there is code in it that enters
/// guests.
Result<machine::Machine> make_machine(const Options& options, const Program& program,
                                      bool& watched) {
    session::ImageSetup setup = options.setup;
    if (!options.date.empty()) {
        const auto date = session::parse_date(options.date);
        if (!date) return date.error();
        setup.start_time = *date;
    }
    const bool boots_disk = !options.image && options.bios.empty();
    for (const std::string& name : options.disks) {
        const auto file = read_file(name, most_image);
        if (!file) return file.error();
        const auto disk = session::disk_image(bytes_of(*file), name);
        if (!disk) return disk.error();
        if (boots_disk && setup.disks.empty())
            if (const Status good = session::check_boot_sector(bytes_of(*file), name); !good)
                return good.error();
        watched |= session::may_enter_guests(bytes_of(*file));
        setup.disks.push_back(*disk);
    }
    if (options.image) return from_image(options, setup, watched);
    if (!options.bios.empty()) return from_rom(options, setup, watched);
    const auto installation = program.installation();
    if (!installation) return installation.error();
    const auto rom = session::assemble_firmware(installation->assets());
    if (!rom) return rom.error();
    return session::switch_on(*rom, setup);
}

/// What is wrong with the options as a whole; empty if nothing is.
std::string contradiction(const Options& options) {
    if (!options.image && options.bios.empty() && options.disks.empty())
        return "nothing to boot: give an IMAGE, --disk or --bios";
    if (options.image && !options.bios.empty())
        return "an IMAGE is entered without a BIOS: give one of the two";
    if (!options.image && !options.image_options.empty())
        return "--options goes with a Multiboot IMAGE";
    if (options.module_options.size() > options.modules.size())
        return "there are more --module-options than modules";
    std::vector<std::string> words = options.module_options;
    words.push_back(options.image_options);
    for (const std::string& one : words)
        if (std::string trouble = session::trouble_with_options(one); !trouble.empty())
            return trouble;
    if (!options.image && !options.modules.empty()) return "--module goes with a Multiboot IMAGE";
    if (options.disks.size() > std::size(machine::Config{}.disks))
        return "there are two disks at most";
    return "";
}

const std::string& what_was_booted(const Options& options) {
    if (options.image) return *options.image;
    return options.bios.empty() ? options.disks.front() : options.bios;
}

int boot(const Options& options, const Program& program) {
    if (const std::string wrong = contradiction(options); !wrong.empty())
        return report({"", 0, 0, wrong, "see ringside boot --help"});
    bool watched = false;
    auto machine = make_machine(options, program, watched);
    if (!machine) return report(machine.error());
    // Better now than after a long run for nothing.
    if (!options.serial2.empty())
        if (const Status done = write_file(options.serial2, ""); !done) return report(done.error());

    session::EntryFailures failures;
    const auto start = std::chrono::steady_clock::now();
    const session::Ending ending = session::run_image(
        *machine, options.max_instructions,
        [](std::string_view text) {
            std::fwrite(text.data(), 1, text.size(), stdout);
            std::fflush(stdout);
        },
        watched ? &failures : nullptr);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    if (!options.serial2.empty())
        if (const Status done = write_file(options.serial2, machine->board.serial_log(1).text());
            !done)
            return report(done.error());
    if (ending.outcome != session::Outcome::Completed)
        fmt::print(stderr, "ringside: {}: {}\n", what_was_booted(options), ending.reason);
    if (options.screen) fmt::print("{}", machine->board.vga().text(machine->ram));
    if (options.stats != "json") print_failures(failures);
    if (!options.stats.empty())
        print_statistics(*machine, wall.count(), options.stats == "json", failures);
    return ending.exit_status;
}

}  // namespace

Action add_boot(CLI::App& app, const Program& program) {
    CLI::App* command =
        app.add_subcommand("boot", "Run a Multiboot image, a flat binary, a disk or a ROM");
    command->footer(
        "Examples:\n"
        "  ringside boot kernel.elf\n"
        "  ringside boot vmm.elf --module guest.elf --stats json\n"
        "  ringside boot vmm.elf --module a.elf --module b.elf --serial2 second.txt\n"
        "  ringside boot code.bin --flat 0x100000\n"
        "  ringside boot --disk disk.img                 its boot sector, at 0000:7C00\n"
        "  ringside boot --disk xv6.img --disk fs.img --screen\n"
        "  ringside boot --bios rom.bin --disk disk.img  from the reset vector F000:FFF0\n"
        "  ringside boot kernel.elf --disk fs.img        a kernel that has a disk\n\n"
        "The first serial port goes to stdout, the second nowhere unless --serial2 names a file.\n"
        "What a program writes with the BIOS' INT 10h is on the\n"
        "screen only: --screen prints it at the end. Disks are never written back.\n\n"
        "Exit status: (value << 1 | 1) & 0xff after a debug exit, 0 on HLT with interrupts off, 2\n"
        "on bad input, 4 at the limit, 6 after a triple fault, a reset or what is not modelled.");
    auto options = std::make_shared<Options>();
    command->add_option("IMAGE", options->image, "The image");
    command->add_option("--disk", options->disks,
                        "An IDE disk's contents; given again: the second disk");
    command->add_option("--bios", options->bios,
                        "A ROM image (a multiple of 4 KiB), mapped to end at 4 GiB and at 1 MiB");
    command->add_option("--serial2", options->serial2,
                        "Where the output of the second serial port goes: a file");
    command->add_flag("--screen", options->screen, "Print the text screen at the end");
    command->add_option("--date", options->date,
                        "Where the real-time clock starts (default 2000-01-01T00:00:00)");
    command->add_option("--options", options->image_options, "Words for the image's command line");
    command->add_option("--module", options->modules, "A Multiboot module; may be given again");
    command->add_option("--module-options", options->module_options,
                        "Words for a module's command line; given again: for the next module");
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
    return [options, program] { return boot(*options, program); };
}

}  // namespace ringside::cli
