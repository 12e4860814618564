// Prints the figures that a person feels: how soon a guest runs, what memory it takes, and how
// quickly one steps back in a long history. Beside each stands its target.
//
//   bench_figures [INSTRUCTIONS]      of the long history; default 1,000,000,000
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sim/asm/assembler.hpp"
#include "tests/bench/figures/history.hpp"
#include "tests/bench/figures/process.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside;
using namespace ringside::bench;

const std::string header = R"(
bits 32
section .multiboot
align 4
dd 0x1BADB002, 0, -0x1BADB002
section .text
global start
start:
)";
/// Ends the run with its first instruction.
const std::string first_instruction_ends = header + "out 0xf4, eax\n";
/// The same as a boot sector.
const std::string boot_sector =
    "bits 16\norg 0x7c00\nout 0xf4, ax\ntimes 510-($-$$) db 0\ndw 0xaa55\n";

/// Writes a word of each of so many pages, then ends the run.
std::string writes_pages(u64 pages) {
    return header + fmt::format(
                        "mov edi, 0x400000\nmov ecx, {}\nnext:\nmov [edi], ecx\n"
                        "add edi, 4096\ndec ecx\njnz next\nout 0xf4, eax\n",
                        pages);
}
/// Endless: computes, calls, and writes all over 256 KiB.
const std::string busy = header + R"(
    mov esp, 0x90000
    mov ebx, 0x400000
    mov ecx, 1
again:
    imul ecx, ecx, 1103515245
    add ecx, 12345
    mov eax, ecx
    shr eax, 12
    and eax, 0x3fffc
    add [ebx + eax], ecx
    call mix
    jmp again
mix:
    mov edx, ecx
    xor edx, eax
    ret
)";
/// Endless: writes all over 48 MiB, page after page.
const std::string greedy = header + R"(
    mov ecx, 1
again:
    mov edi, 0x400000
next:
    add [edi], ecx
    add edi, 4096
    inc ecx
    cmp edi, 0x3400000
    jb next
    jmp again
)";

/// Assembled into a file; a mistake in the text is ours.
std::string image(const fs::path& folder, const std::string& name, const std::string& text,
                  assembler::Format format) {
    assembler::Options options;
    options.format = format;
    const auto outcome = assembler::assemble({name, text}, options);
    if (!outcome.ok()) {
        fmt::print(stderr, "{}\n", outcome.diagnostics.front().text());
        std::exit(2);
    }
    const std::string path = (folder / name).string();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(outcome.assembly->bytes.data()),
               std::streamsize(outcome.assembly->bytes.size()));
    return path;
}

void line(const std::string& what, const std::string& figure, const std::string& target) {
    fmt::print("{:<58} {:>12}   {}\n", what, figure, target);
    std::fflush(stdout);
}

/// The median of so many runs, which must end with this status.
Took median_run(const std::vector<std::string>& command, int status, int runs) {
    std::vector<Took> all;
    for (int n = 0; n < runs; ++n) {
        all.push_back(run_program(command));
        if (all.back().status == status) continue;
        fmt::print(stderr, "{} ended with status {}\n", fmt::join(command, " "), all.back().status);
        std::exit(2);
    }
    std::ranges::sort(all, {}, &Took::milliseconds);
    return all[all.size() / 2];
}

/// The status of a debug exit with what EAX holds at the start; of 0.
constexpr int magic_status = (0x2badb002 << 1 | 1) & 0xff, zero_status = 1;

void start_up(const fs::path& folder, const std::string& program) {
    const std::string kernel =
        image(folder, "first.elf", first_instruction_ends, assembler::Format::elf);
    const std::string disk = image(folder, "disk.img", boot_sector, assembler::Format::flat);
    const Took multiboot = median_run({program, "boot", kernel}, magic_status, 21);
    line("start-up, from exec to exit, of a Multiboot image",
         fmt::format("{:.1f} ms", multiboot.milliseconds), "< 20 ms");
    const Took booted = run_program({program, "boot", "--disk", disk});
    const Took sector = median_run({program, "boot", "--disk", disk}, booted.status, 11);
    line("  of a disk's boot sector, our BIOS assembled and run before",
         fmt::format("{:.1f} ms", sector.milliseconds), "");
    line("resident memory of that Multiboot image's boot",
         fmt::format("{:.1f} MiB", double(multiboot.most_kib) / 1024), "<= 40 MiB");
}

void memory(const fs::path& folder, const std::string& program) {
    for (const u64 mib : {16, 48}) {
        const std::string kernel = image(folder, fmt::format("writes{}.elf", mib),
                                         writes_pages(mib << 8), assembler::Format::elf);
        const Took took = median_run({program, "boot", kernel}, magic_status, 3);
        line(fmt::format("  of a guest that writes {} MiB, beyond those", mib),
             fmt::format("{:.1f} MiB", double(took.most_kib) / 1024 - double(mib)), "<= 40 MiB");
    }
}

void history(const fs::path& folder, const char* what, const std::string& guest, u64 instructions) {
    const HistoryFigures f = measure_history(folder, guest, instructions);
    fmt::print("\nhistory of {} instructions of a guest that {} ({:.0f} million a second)\n",
               f.instructions, what, f.forward_mips);
    line("  one instruction back, median", fmt::format("{:.2f} ms", f.median_ms), "< 16 ms");
    line("  one instruction back, slowest", fmt::format("{:.1f} ms", f.worst_ms), "<= 50 ms");
    line("  checkpoints", fmt::format("{}", f.checkpoints), "");
    line("  what they hold", fmt::format("{} MiB", f.history_mib), "");
    line("  resident memory of this process so far",
         fmt::format("{} MiB", most_resident_kib() >> 10), "<= 512 MiB");
}

}  // namespace

int main(int count, char** arguments) {
    const u64 instructions = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1'000'000'000;
    if (instructions < 1'000'000) {
        fmt::print(stderr,
                   "usage: bench_figures [INSTRUCTIONS]   a history of a million or more\n");
        return 2;
    }
    const fs::path folder =
        fs::temp_directory_path() / fmt::format("ringside-figures-{}", instructions);
    fs::create_directories(folder);
    const std::string program =
        (fs::read_symlink("/proc/self/exe").parent_path() / "ringside").string();
    start_up(folder, program);
    memory(folder, program);
    history(folder / "busy", "writes all over 256 KiB", busy, instructions);
    history(folder / "greedy", "writes all over 48 MiB", greedy, instructions / 20);
    fs::remove_all(folder);
    return 0;
}
