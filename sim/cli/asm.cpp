// ringside asm: the assembler by itself.
#include <fmt/format.h>

#include <cstdio>

#include "sim/asm/assembler.hpp"
#include "sim/cli/command.hpp"
#include "sim/session/guest_image.hpp"

namespace ringside::cli {
namespace {

struct Options {
    std::string file;
    std::string output;
    std::string format = "elf";
    unsigned bits = 32;
    u64 origin = 0;
    std::vector<std::string> includes;
    std::vector<std::string> defines;
};

int assemble_file(const Options& options) {
    const auto text = read_file(options.file, most_text);
    if (!text) return report(text.error());
    assembler::Options wanted;
    wanted.format = options.format == "bin" ? assembler::Format::flat : assembler::Format::elf;
    wanted.bits = options.bits;
    wanted.origin = options.origin;
    std::vector<std::string> roots{std::filesystem::absolute(options.file).parent_path().string()};
    roots.insert(roots.end(), options.includes.begin(), options.includes.end());
    wanted.include = assembler::files_below(roots);
    for (const std::string& one : options.defines)
        wanted.defines.push_back(session::definition(one));

    const assembler::Outcome outcome = assembler::assemble({options.file, *text}, wanted);
    for (const Diagnostic& one : outcome.diagnostics)
        std::fprintf(stderr, "ringside: %s\n", one.text().c_str());
    if (!outcome.ok()) return bad_input;
    const auto& bytes = outcome.assembly->bytes;
    const Status written =
        write_file(options.output, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return written ? int(success) : report(written.error());
}

}  // namespace

Action add_asm(CLI::App& app, const Program&) {
    CLI::App* command = app.add_subcommand("asm", "Assemble a file (NASM syntax)");
    command->footer(
        "Examples:\n"
        "  ringside asm hello.asm -o hello.elf            a Multiboot ELF32 image with symbols\n"
        "  ringside asm boot.asm -o boot.bin -f bin --bits 16 --origin 0x7c00\n"
        "  ringside asm popf.asm -I .. -D DEBUG -o popf.elf");
    auto options = std::make_shared<Options>();
    command->add_option("FILE", options->file, "The source")->required();
    command->add_option("-o,--output", options->output, "The image to write")->required();
    command->add_option("-f,--format", options->format, "elf (default) or bin")
        ->check(CLI::IsMember({"elf", "bin"}));
    command->add_option("--bits", options->bits, "16, 32 (default) or 64")
        ->check(CLI::IsMember({16, 32, 64}));
    command->add_option("--origin", options->origin, "Address of the first byte of a flat image")
        ->check(whole_number());
    command->add_option("-I,--include", options->includes,
                        "A folder to look for %include files in");
    command->add_option("-D,--define", options->defines, "NAME or NAME=TEXT, as %define");
    return [options] { return assemble_file(*options); };
}

}  // namespace ringside::cli
