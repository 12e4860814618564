// The whole way: source, lines, sections, image.
#include "sim/asm/assembler.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "sim/asm/elf_writer.hpp"
#include "sim/asm/layout.hpp"
#include "sim/asm/preprocessor.hpp"
#include "sim/asm/section_order.hpp"

namespace ringside::assembler {
namespace {

std::vector<u8> flat_image(const std::vector<Section>& sections) {
    std::vector<u8> out;
    u64 start = 0;
    bool first = true;
    for (const size_t i : flat_order(sections)) {
        const Section& s = sections[i];
        if (s.nobits || !s.alloc) continue;
        if (first) start = s.address;
        first = false;
        if (s.bytes.empty()) continue;
        out.resize(s.address - start);
        out.insert(out.end(), s.bytes.begin(), s.bytes.end());
    }
    return out;
}

}  // namespace

Outcome assemble(const Source& source, const Options& options) {
    Reports reports(options.max_diagnostics);
    const std::vector<Line> lines = preprocess(source, options, reports);
    Layout layout(lines, options, reports);
    // Mistakes of the preprocessor hide most of what follows, but not all: go on as far as it goes.
    if (!reports.full()) layout.run();
    Outcome out;
    out.diagnostics = reports.all();
    if (!reports.empty()) return out;
    Assembly assembly;
    assembly.sections = layout.sections();
    assembly.symbols = layout.symbols();
    assembly.files = reports.files();
    assembly.lines = layout.line_entries();
    assembly.entry = layout.entry();
    std::stable_sort(assembly.lines.begin(), assembly.lines.end(),
                     [](const LineEntry& a, const LineEntry& b) { return a.address < b.address; });
    assembly.bytes =
        options.format == Format::elf ? elf_image(assembly) : flat_image(assembly.sections);
    out.assembly = std::move(assembly);
    return out;
}

std::vector<u8> assemble_flat(std::string_view text, u32 origin, unsigned bits) {
    Options options;
    options.format = Format::flat;
    options.origin = origin;
    options.bits = bits;
    Outcome outcome = assemble({"(text)", std::string(text)}, options);
    if (!outcome.ok()) {
        for (const Diagnostic& d : outcome.diagnostics)
            std::fprintf(stderr, "%s\n", d.text().c_str());
        std::abort();
    }
    return std::move(outcome.assembly->bytes);
}

}  // namespace ringside::assembler
