// Fuzz target: any file as a program (ELF, Multiboot, flat code), a module, a disk or a ROM.
//
//   byte 0      what the file is taken for
//   then        the file; its second half is also the first program's module
#include "sim/image/image.hpp"
#include "sim/base/check.hpp"
#include "sim/session/run_image.hpp"
#include "sim/session/start_firmware.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/invariants.hpp"

namespace ringside::fuzz {
namespace {

constexpr u64 steps = 200;

void check_diagnostic(const Diagnostic& d) {
    RINGSIDE_CHECK(!d.message.empty());
    RINGSIDE_CHECK(!d.text().empty());
}

/// What the image tells about itself holds together, and asking anything of it is harmless.
void check_image(const image::Image& image, size_t file_size) {
    u64 held = 0;
    RINGSIDE_CHECK(!image.segments.empty());
    for (const image::Segment& s : image.segments) {
        held += s.bytes.size();
        RINGSIDE_CHECK(s.bytes.size() <= s.mem_size);
        RINGSIDE_CHECK(u64{s.paddr} + s.mem_size <= image.end());
        // Physical and linked addresses lead to each other, where no other segment lies in between.
        if (s.mem_size == 0) continue;
        RINGSIDE_CHECK(image.physical(s.vaddr).has_value());
        RINGSIDE_CHECK(image.linked(s.paddr).has_value());
    }
    RINGSIDE_CHECK(held <= file_size);  // nothing is made from mere claims
    for (const u32 address : {u32{0}, image.entry, ~u32{0}}) {
        const auto line = image.lines.at(address);
        if (line) RINGSIDE_CHECK(!image.lines.addresses(line->file, line->line).empty());
        image.symbols.at(address);
    }
}

void check_program(std::span<const u8> file) {
    const auto parsed = image::parse(file, "program"), again = image::parse(file, "program");
    RINGSIDE_CHECK(parsed.ok() == again.ok());
    if (!parsed) return check_diagnostic(parsed.error());
    RINGSIDE_CHECK(*parsed == *again);
    check_image(*parsed, file.size());
}

Result<machine::Machine> machine_of(u8 kind, std::span<const u8> file) {
    session::ImageSetup setup;
    setup.ram_mib = 4;
    switch (kind & 3) {
        case 0: {
            const auto rom = session::rom_image(file, "rom");
            if (!rom) return rom.error();
            return session::switch_on(*rom, setup);
        }
        case 1: {
            const auto disk = session::disk_image(file, "disk");
            if (!disk) return disk.error();
            if (const Status good = session::check_boot_sector(file, "disk"); !good)
                return good.error();
            setup.disks.push_back(*disk);
            setup.flat_address = 0x7c00;
            return session::load_image(file.first(std::min<size_t>(file.size(), 512)), "sector", {},
                                       setup);
        }
        default: {
            const session::ModuleFile module{"module", file.subspan(file.size() / 2)};
            const std::span<const session::ModuleFile> modules(&module, kind & 4 ? 1 : 0);
            return session::load_image(file, "program", modules, setup);
        }
    }
}

}  // namespace
}  // namespace ringside::fuzz

extern "C" int LLVMFuzzerTestOneInput(const ringside::u8* bytes, size_t count) {
    using namespace ringside;
    fuzz::Input in(bytes, count);
    const u8 kind = in.byte();
    const auto file = in.rest();
    fuzz::check_program(file);
    const auto machine = fuzz::machine_of(kind, file);
    if (machine)
        fuzz::check_run(*machine, fuzz::steps);
    else
        fuzz::check_diagnostic(machine.error());
    return 0;
}
