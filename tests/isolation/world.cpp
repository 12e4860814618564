#include "tests/isolation/world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sim/asm/assembler.hpp"
#include "sim/isa/elf32.hpp"

namespace ringside::isolation {
namespace {

namespace fs = std::filesystem;

/// Once the neighbour is done, the hostile guest has `patience` more instructions. It is looked for
/// every `piece`.
constexpr u64 piece = 2'000'000, patience = 20'000'000;

constexpr u64 first_guest = 0x1000000, end_of_guests = 0x3000000;  // vmms/common/layout.hpp

std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    REQUIRE_MESSAGE(in.good(), path.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Everything that happens while code in a guest's memory runs with full privilege.
struct RingZeroInGuestMemory : trace::Sink {
    u64 seen = 0;
    void on(const trace::Event& event) override {
        const bool in_guest = event.phys.value >= first_guest && event.phys.value < end_of_guests;
        if (in_guest && event.cpl_before == 0 && !event.non_root) ++seen;
    }
};

/// Whatever its file wants loaded but not written to.
bool constants_intact(const std::vector<u8>& vmm, const machine::Machine& machine) {
    namespace elf32 = isa::elf32;

    elf32::Header header;
    REQUIRE(vmm.size() > sizeof header);
    std::memcpy(&header, vmm.data(), sizeof header);
    u64 compared = 0;
    for (unsigned n = 0; n < header.phnum; ++n) {
        elf32::ProgramHeader segment;
        std::memcpy(&segment, vmm.data() + header.phoff + n * sizeof segment, sizeof segment);
        if (segment.type != elf32::pt_load || segment.flags & elf32::pf_w) continue;
        for (u32 i = 0; i < segment.filesz; ++i, ++compared)
            if (machine.ram.read({segment.paddr + i}, 1) != vmm[segment.offset + i]) return false;
    }
    REQUIRE(compared > 0);
    return true;
}

}  // namespace

std::vector<u8> assemble(const std::string& text, const std::string& define) {
    assembler::Options options;
    options.include = assembler::files_below({"scenarios/guests", "tests/isolation"});
    if (!define.empty()) options.defines = {{define, "1"}};
    const assembler::Outcome outcome = assembler::assemble({"guest.asm", text}, options);
    REQUIRE_MESSAGE(outcome.ok(), outcome.diagnostics.front().text());
    return outcome.assembly->bytes;
}

std::vector<u8> assemble_file(const std::string& path, const std::string& define) {
    return assemble(text_of(path), define);
}

Run run(const std::string& technique, const std::vector<std::vector<u8>>& guests,
        const std::string& vmm_options, u64 instructions) {
    const std::string file = text_of(fs::path(RINGSIDE_DATA_DIR) / "vmms" / (technique + ".elf"));
    return run_vmm({file.begin(), file.end()}, guests, vmm_options, instructions);
}

Run run_vmm(const std::vector<u8>& vmm, const std::vector<std::vector<u8>>& guests,
            const std::string& vmm_options, u64 instructions) {
    std::vector<session::ModuleFile> modules;
    modules.reserve(guests.size());
    for (const std::vector<u8>& guest : guests) modules.push_back({"guest", guest});
    auto machine = session::load_image(vmm, "vmm.elf", modules, {}, vmm_options);
    REQUIRE_MESSAGE(machine.ok(), machine.error().text());

    Run out;
    RingZeroInGuestMemory watch;
    for (u64 limit = 0; limit < instructions;) {
        limit = std::min(limit + piece, instructions);
        out.ending = session::run_image(
            *machine, limit, [](std::string_view) {}, &watch);
        out.first = machine->board.serial_log(0).text();
        out.second = machine->board.serial_log(1).text();
        if (out.ending.outcome != session::Outcome::Limit) break;
        const auto done = [](const std::string& line) { return line.ends_with("ringlet: done\n"); };
        if (done(out.first) || done(out.second))
            instructions = std::min(instructions, limit + patience);
    }
    out.vmm_intact = constants_intact(vmm, *machine);
    out.guest_code_in_ring_0 = watch.seen;
    return out;
}

std::string report_in(const std::string& serial) {
    const size_t at = serial.rfind("vmm: ");
    return at == std::string::npos ? "" : serial.substr(at, serial.find('\n', at) - at);
}

}  // namespace ringside::isolation
