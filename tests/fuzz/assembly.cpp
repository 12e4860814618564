// Fuzz target: any text as a program for the assembler. The text behind the first 0 byte is what
// every %include and incbin finds.
#include <string>

#include "sim/asm/assembler.hpp"
#include "sim/base/check.hpp"
#include "sim/image/image.hpp"
#include "tests/fuzz/input.hpp"

namespace ringside::fuzz {
namespace {

using assembler::Assembly;

/// Every byte of the program belongs to one of its sections, and nothing lies outside.
void check_sections(const Assembly& a) {
    for (const assembler::Section& s : a.sections) {
        RINGSIDE_CHECK(s.nobits ? s.bytes.empty() : s.bytes.size() == s.size);
        RINGSIDE_CHECK(s.alignment != 0);
    }
    for (const assembler::LineEntry& line : a.lines)
        RINGSIDE_CHECK(line.file < a.files.size() && line.line > 0);
}

void check_assembly(const assembler::Source& source, assembler::Options options) {
    const assembler::Outcome outcome = assembler::assemble(source, options);
    const assembler::Outcome again = assembler::assemble(source, options);
    // A program or a reason, never both and never neither.
    RINGSIDE_CHECK(outcome.ok() == outcome.diagnostics.empty());
    RINGSIDE_CHECK(outcome.diagnostics.size() <= options.max_diagnostics);
    RINGSIDE_CHECK(outcome.ok() == again.ok());
    for (const Diagnostic& d : outcome.diagnostics)
        RINGSIDE_CHECK(!d.message.empty() && d.line > 0 && !d.text().empty());
    if (!outcome.ok()) return;
    RINGSIDE_CHECK(outcome.assembly->bytes == again.assembly->bytes);
    RINGSIDE_CHECK(outcome.assembly->symbols == again.assembly->symbols);
    check_sections(*outcome.assembly);
    if (options.format == assembler::Format::elf)
        (void)image::parse(outcome.assembly->bytes, "program.elf");
}

}  // namespace
}  // namespace ringside::fuzz

extern "C" int LLVMFuzzerTestOneInput(const ringside::u8* bytes, size_t count) {
    using namespace ringside;
    const std::string all(reinterpret_cast<const char*>(bytes), count);
    const size_t end = std::min(all.find('\0'), all.size());
    const std::string included = all.substr(std::min(end + 1, all.size()));
    assembler::Options options;
    options.include = [&](const std::string& path) {
        return std::optional(assembler::Source{path, included});
    };
    for (const auto format : {assembler::Format::flat, assembler::Format::elf}) {
        options.format = format;
        fuzz::check_assembly({"program.asm", all.substr(0, end)}, options);
    }
    return 0;
}
