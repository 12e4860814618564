// Every instruction form in forms/*.asm means the same to us and to NASM.
#include <doctest/doctest.h>

#include <sstream>

#include "sim/asm/assembler.hpp"
#include "tests/unit/asm/nasm.hpp"

using namespace ringside;

namespace {

const std::string folder = "tests/unit/asm/forms/";

std::string line_of(const assembler::Assembly& assembly, const std::string& text, size_t offset) {
    int line = 0;
    for (const auto& entry : assembly.lines)
        if (entry.address <= offset) line = entry.line;
    std::istringstream in(text);
    std::string out;
    for (int i = 0; i < line; ++i) std::getline(in, out);
    return std::to_string(line) + ": " + out;
}

}  // namespace

TEST_CASE("every instruction form is the instruction that NASM makes of it") {
    struct Row {
        const char* file;
        unsigned bits;
        size_t least;
    };
    for (const Row& row :
         {Row{"forms16.asm", 16, 1000}, {"forms32.asm", 32, 1000}, {"forms64.asm", 64, 1000}}) {
        SUBCASE(row.file) {
            const std::string path = folder + row.file, text = testing::read_file(path);
            assembler::Options options;
            options.format = assembler::Format::flat;
            const auto outcome = assembler::assemble({path, text}, options);
            for (const Diagnostic& d : outcome.diagnostics) FAIL_CHECK(d.text());
            CHECK(outcome.ok());
            if (!outcome.ok()) continue;
            CHECK(outcome.assembly->lines.size() > row.least);
            const auto expected = testing::nasm(path, "bin");
            const auto difference =
                testing::first_difference(outcome.assembly->bytes, expected, row.bits);
            if (difference)
                FAIL_CHECK(path << ":" << line_of(*outcome.assembly, text, difference->ours) << ": "
                                << difference->what);
        }
    }
}

TEST_CASE("the comparison with NASM finds a wrong instruction") {
    const auto right = testing::nasm_text("bits 32\nmov eax, 5\nadd eax, [ebx+4]\njmp $\n");
    const auto compare = [&](const char* text) {
        return testing::first_difference(assembler::assemble_flat(text), right, 32).has_value();
    };
    CHECK_FALSE(compare("mov eax, 5\nadd eax, [ebx+4]\njmp $\n"));
    CHECK(compare("mov eax, 6\nadd eax, [ebx+4]\njmp $\n"));
    CHECK(compare("mov ax, 5\nadd eax, [ebx+4]\njmp $\n"));
    CHECK(compare("mov eax, 5\nadd eax, [ebx+8]\njmp $\n"));
    CHECK(compare("mov eax, 5\nadd eax, [ecx+4]\njmp $\n"));
    CHECK(compare("mov eax, 5\nadd eax, [ebx+4]\njmp $-3\n"));
    CHECK(compare("mov eax, 5\nadd eax, [ebx+4]\njmp $\nnop\n"));
    CHECK(compare("mov eax, 5\nlock add [ebx+4], eax\njmp $\n"));
}
