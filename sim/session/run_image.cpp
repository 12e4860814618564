#include "sim/session/run_image.hpp"

#include <algorithm>
#include <cstdio>

#include "sim/dev/date.hpp"
#include "sim/isa/multiboot.hpp"
#include "sim/session/firmware_tables.hpp"
#include "sim/session/patience.hpp"

namespace ringside::session {
namespace {

/// Files that begin like an ELF, or hold a Multiboot header where it must lie, are no flat code.
bool looks_like_multiboot(const image::Bytes& file) {
    if (const auto magic = image::read_at<u32>(file, 0); magic && *magic == 0x464c457f) return true;
    namespace multiboot = isa::multiboot;
    for (u64 at = 0; at + multiboot::header_min_size <= multiboot::header_search;
         at += multiboot::header_alignment)
        if (const auto word = image::read_at<u32>(file, at);
            word && *word == multiboot::header_magic)
            return true;
    return false;
}

}  // namespace

Result<machine::Config> machine_config(const ImageSetup& setup) {
    const auto profile = find_cpu(setup.cpu);
    if (!profile) return profile.error();
    machine::Config config;
    config.ram_bytes = u64{setup.ram_mib} << 20;
    config.profile = *profile;
    config.start_time = setup.start_time;
    RINGSIDE_CHECK(setup.disks.size() <= std::size(config.disks));
    std::ranges::copy(setup.disks, config.disks.begin());
    return config;
}

Result<i64> parse_date(const std::string& text) {
    int year = 0, hour = 0, minute = 0, second = 0, end = 0;
    unsigned month = 0, day = 0;
    const bool date = std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &end) == 3;
    if (date && text[size_t(end)] == 'T') {
        int more = 0;
        if (std::sscanf(&text[size_t(end)], "T%2d:%2d:%2d%n", &hour, &minute, &second, &more) == 3)
            end += more;
    }
    const i64 days = dev::days_of({year, month, day});
    if (!date || size_t(end) != text.size() || hour > 23 || minute > 59 || second > 59 ||
        dev::date_of(days) != dev::Date{year, month, day})
        return Diagnostic{"--date", 0, 0, "\"" + text + "\" is no date",
                          "a date is written 2000-01-31, with a time 2000-01-31T23:59:58"};
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

Result<machine::Machine> load_image(const image::Bytes& file, const std::string& name,
                                    std::span<const ModuleFile> modules, const ImageSetup& setup,
                                    const std::string& options) {
    const Result<machine::Config> config = machine_config(setup);
    if (!config) return config.error();
    if (file.empty()) return Diagnostic{name, 0, 0, "is empty", ""};
    const bool multiboot = looks_like_multiboot(file);
    auto image =
        multiboot ? image::parse(file, name) : image::parse_flat(file, setup.flat_address, name);
    if (!image) return image.error();
    if (!options.empty()) image->name += " " + options;
    machine::Machine machine(*config);
    leave_firmware_tables(machine.ram, unsigned(setup.disks.size()));
    const Status booted = multiboot ? boot(machine.cpu, machine.ram, *image, modules)
                                    : boot_flat(machine.cpu, machine.ram, *image);
    if (!booted) return booted.error();
    return machine;
}

Ending run_image(machine::Machine& machine, u64 instructions,
                 const std::function<void(std::string_view)>& serial, trace::Sink* sink) {
    constexpr u64 piece = 200'000;  // about a millisecond
    u64 shown = 0;
    for (;;) {
        machine::Limits limits;
        limits.instructions = instructions;
        limits.steps = machine.steps + piece;
        const machine::Stop stop = machine::run(machine, limits, {.sink = sink});
        if (machine.board.serial_log().size() > shown) {
            const std::string text = machine.board.serial_log().text(shown);
            shown += text.size();
            serial(text);
        }
        if (stop.reason != machine::Stop::Limit || machine.instructions >= instructions)
            return ending_of(stop, machine);
        if (out_of_patience(machine, instructions)) {
            Ending ending = ending_of(stop, machine);
            ending.reason = "the limit of steps that complete no instruction";
            return ending;
        }
    }
}

}  // namespace ringside::session
