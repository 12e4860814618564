// Broken programs never break the assembler: mutations of a valid source, and plain junk.
#include <doctest/doctest.h>

#include <random>

#include "sim/asm/assembler.hpp"
#include "tests/unit/asm/nasm.hpp"

using namespace ringside;

namespace {

/// Pieces that a mutation may put in: the ones that make the grammar work hardest.
const char* const pieces[] = {"%macro x 1-*\n",
                              "%endmacro\n",
                              "%rep 3\n",
                              "%endrep\n",
                              "%if ",
                              "%else\n",
                              "%endif\n",
                              "%1",
                              "%%l",
                              "%{1:-1}",
                              "%define a a b\n",
                              "%assign i i+1\n",
                              "%+",
                              "%rotate 1\n",
                              "times 5 ",
                              "times -1 ",
                              "equ",
                              "[",
                              "]",
                              "(",
                              ")",
                              ",",
                              ":",
                              "'",
                              "\"",
                              "`\\x",
                              "\\\n",
                              "$",
                              "$$",
                              "0x",
                              "99999999999999999999",
                              "-",
                              "~",
                              "/0",
                              "dup (",
                              "?",
                              "section .bss\n",
                              "section .text\n",
                              "bits 16\n",
                              "bits 64\n",
                              "org 7\n",
                              "absolute 3\n",
                              "struc s\n",
                              "endstruc\n",
                              "istruc s\n",
                              "iend\n",
                              "at .x, db 1\n",
                              "align 64\n",
                              "rep ",
                              "lock ",
                              "far ",
                              "near ",
                              "short ",
                              "strict ",
                              "byte ",
                              "qword ",
                              "[es:",
                              "rsp",
                              "xmm0",
                              "cr8",
                              "jmp x\n",
                              "x:",
                              ".y:",
                              "..@z:",
                              "%push\n",
                              "%pop\n",
                              "%$c:",
                              "%include 'a'\n",
                              "incbin 'a'\n",
                              "\x80",
                              "\xff",
                              "%exitrep\n",
                              "%undef a\n",
                              "%strlen n 'ab'\n",
                              "%substr s 'abc' 9,-9\n",
                              "%ifidn a,a\n",
                              "%xdefine b b b\n"};

std::string mutate(std::string text, std::mt19937& random) {
    const auto below = [&](size_t n) { return n ? random() % n : 0; };
    for (size_t changes = 1 + below(6); changes > 0; --changes) {
        const size_t at = below(text.size() + 1);
        switch (below(5)) {
            case 0: text.erase(at, below(30)); break;
            case 1: text.insert(at, pieces[below(std::size(pieces))]); break;
            case 2: text.insert(at, 1, static_cast<char>(random())); break;
            case 3:
                if (at < text.size()) text[at] = static_cast<char>(random());
                break;
            default: text.insert(at, text.substr(below(text.size() + 1), below(60))); break;
        }
    }
    return text;
}

void assemble_both(const std::string& text) {
    for (const auto format : {assembler::Format::flat, assembler::Format::elf}) {
        assembler::Options options;
        options.format = format;
        const auto outcome = assembler::assemble({"m.asm", text}, options);
        // Either a program or a reason, never both and never neither.
        if (outcome.ok() != outcome.diagnostics.empty()) FAIL_CHECK(text);
        for (const Diagnostic& d : outcome.diagnostics)
            if (d.message.empty() || d.line <= 0) FAIL_CHECK(text << "\n" << d.text());
    }
}

const char* const seed_text = R"(
bits 32
%define PORT 0xe9
%macro put 1-2 7
%%again: mov al, %1
 out PORT, al
 jnz %%again
 db %2
%endmacro
section .multiboot
 dd 0x1badb002, 0, -0x1badb002
section .text
start: mov esp, stack
 put 'a'
 put 'b', 9
%assign i 0
%rep 4
 add dword [table + i * 4], i
%assign i i + 1
%endrep
.loop: dec ecx
 jnz .loop
 jmp 8:far_away
far_away: lgdt [table]
 times 10 nop
%ifdef PORT
 hlt
%else
 cli
%endif
struc point
.x: resd 1
.y: resd 1
endstruc
section .data
table: dd 1, 2, start.loop, $ - table
 dw 'ab', size, point.y
size equ $ - table
p: istruc point
 at point.x, dd 5
iend
 align 16, db 0
section .bss
 resb 4096
stack:
)";

}  // namespace

TEST_CASE("two thousand mutations of a program never crash the assembler") {
    assemble_both(seed_text);
    assembler::Options options;
    REQUIRE(assembler::assemble({"m.asm", seed_text}, options).ok());
    std::mt19937 random(20240229);
    for (int i = 0; i < 2000; ++i) assemble_both(mutate(seed_text, random));
    CHECK(true);
}

TEST_CASE("mutations of the instruction forms never crash the assembler") {
    std::mt19937 random(7);
    const std::string forms = testing::read_file("tests/unit/asm/forms/forms32.asm");
    for (int i = 0; i < 300; ++i) {
        const size_t at = random() % (forms.size() - 1200);
        assemble_both(mutate(mutate(forms.substr(at, 1000), random), random));
    }
    CHECK(true);
}

TEST_CASE("junk is refused with a reason") {
    std::mt19937 random(99);
    for (int i = 0; i < 200; ++i) {
        std::string junk(1 + random() % 3000, '\0');
        for (char& c : junk) c = static_cast<char>(random());
        assemble_both(junk);
    }
    assemble_both(std::string(100000, '%'));
    assemble_both(std::string(100000, '['));
    assemble_both(std::string(100000, '\n'));
    assemble_both(std::string(100000, 'a'));
    assemble_both("");
    CHECK(true);
}
