#include "sim/session/start_firmware.hpp"

#include <fmt/format.h>

#include "sim/asm/assembler.hpp"
#include "sim/base/files.hpp"

namespace ringside::session {

namespace {
constexpr u64 signature_at = 510;
constexpr u16 signature = 0xaa55;
}  // namespace

Result<dev::Rom> rom_image(const image::Bytes& file, const std::string& name) {
    constexpr u64 most = isa::pc::memory::most_rom;
    if (file.empty()) return Diagnostic{name, 0, 0, "is empty", "a ROM image holds whole pages"};
    if (file.size() % mem::page_bytes != 0)
        return Diagnostic{name, 0, 0,
                          fmt::format("has {} bytes, which is no multiple of 4 KiB", file.size()),
                          "a ROM image ends with the code at its reset vector, 16 bytes before its "
                          "end: nothing may be cut off or added"};
    if (file.size() > most)
        return Diagnostic{
            name, 0, 0,
            fmt::format("has {} MiB; a ROM has {} at most", file.size() >> 20, most >> 20),
            "a disk is given with --disk"};
    return dev::Rom({file.begin(), file.end()});
}

Result<dev::DiskImage> disk_image(const image::Bytes& file, const std::string& name) {
    if (file.empty()) return Diagnostic{name, 0, 0, "is empty", "a disk has one sector at least"};
    return dev::DiskImage(file);
}

Status check_boot_sector(const image::Bytes& disk, const std::string& name) {
    const auto word = image::read_at<u16>(disk, signature_at);
    if (word && *word == signature) return {};
    return Diagnostic{name, 0, 0,
                      word ? fmt::format("is no boot disk: its first sector ends in {:02x} {:02x}",
                                         *word & 0xff, *word >> 8)
                           : fmt::format("is no boot disk: it has {} bytes", disk.size()),
                      "a boot sector has 512 bytes, the last two 55 aa "
                      "(times 510 - ($ - $$) db 0, then dw 0xaa55)"};
}

Result<dev::Rom> assemble_firmware(const std::filesystem::path& assets) {
    const std::filesystem::path source = assets / "firmware" / "bios.asm";
    Result<std::string> text = read_file(source, most_text);
    if (!text) return text.error();
    assembler::Options options;
    options.format = assembler::Format::flat;
    options.include = assembler::files_below({source.parent_path().string()});
    assembler::Outcome outcome = assembler::assemble({source.string(), *text}, options);
    if (!outcome.ok()) return outcome.diagnostics.front();
    const std::vector<u8>& bytes = outcome.assembly->bytes;
    return rom_image({bytes.data(), bytes.size()}, source.string());
}

Result<machine::Machine> switch_on(const dev::Rom& rom, const ImageSetup& setup) {
    Result<machine::Config> config = machine_config(setup);
    if (!config) return config.error();
    config->rom = rom;
    machine::Machine machine(*config);
    machine.power_up();
    return machine;
}

}  // namespace ringside::session
