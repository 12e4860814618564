// What is wrong with a source is said with its place, its cause, and the nearest valid name.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "sim/asm/assembler.hpp"

using namespace ringside;
using assembler::assemble;

namespace {

assembler::Outcome flat(const std::string& text) {
    assembler::Options options;
    options.format = assembler::Format::flat;
    return assemble({"a.asm", text}, options);
}

struct Row {
    const char* text;
    int line;
    int column;
    const char* says;
    const char* hint = "";
};

const Row rows[] = {
    {"nop\n  mvo eax, 1", 2, 3, "unknown instruction 'mvo'", "'mov'"},
    {"htl", 1, 1, "unknown instruction 'htl'", "'hlt'"},
    {"mov eax, ebz", 1, 10, "'ebz' is not defined", "'ebp'"},
    {"counter: dd 0\nmov eax, [countre]", 2, 11, "'countre' is not defined", "'counter'"},
    {"mov eax", 1, 1, "no form of 'mov' takes (eax)"},
    {"mov eax, bx", 1, 1, "no form of 'mov'", "different sizes"},
    {"mov [eax], [ebx]", 1, 1, "no form of 'mov'", "one memory operand"},
    {"mov [eax], 5", 1, 5, "size of the memory operand is open", "dword"},
    {"mov al, 300", 1, 9, "300 does not fit in 1 byte"},
    {"db 1, 256", 1, 7, "256 does not fit in 1 byte"},
    {"out 300, al", 1, 1, "no form of 'out'"},
    {"mov eax, [ebx+ecx+edx]", 1, 10, "at most two registers"},
    {"mov eax, [al]", 1, 10, "'al' cannot be part of an address"},
    {"mov eax, dword ptr [ebx]", 1, 16, "NASM has no 'ptr'"},
    {"jmp short x\ntimes 200 nop\nx:", 1, 5, "198 bytes away"},
    {"a: nop\na: nop", 2, 1, "'a' is defined twice", "a.asm:1"},
    {"db 'abc", 1, 4, "string without its closing '"},
    {"times -1 db 0", 1, 7, "between 0 and"},
    {"times 99999999999 db 0", 1, 7, "between 0 and"},
    {"times 16777216 dd 0", 1, 0, "larger than 16 MiB"},
    {"dd 5 / (3 - 3)", 1, 6, "division by zero"},
    {"x equ y\ny equ x", 1, 7, "depends on itself"},
    {"x: times y - x + 1 nop\ny:", 1, 0, "never settle"},
    {"section .text foo", 1, 15, "unknown section attribute 'foo'", "progbits"},
    {"%if 1", 1, 0, "'%if' without '%endif'"},
    {"%endif", 1, 1, "'%endif' without '%if'"},
    {"%macro a 1\nnop", 1, 0, "'%macro' without '%endmacro'"},
    {"%rep 5\nnop", 1, 0, "'%rep' without '%endrep'"},
    {"%rep -1\n%endrep", 1, 1, "not -1"},
    {"%define f(x) f(x)\n%assign y f(1", 2, 11, "'f' has no value"},
    {"%incldue 'x'", 1, 1, "unknown preprocessor directive '%incldue'", "%include"},
    {"%error the sky falls", 1, 1, "the sky falls"},
    {"%assign x 1 + nowhere", 1, 15, "'nowhere' has no value"},
    {"%macro m 2\n mov %1, %2\n%endmacro\nnop\n m eax, blah", 2, 10,
     "'blah' is not defined, in 'm' used at a.asm:5"},
    {"%macro m 2\n%endmacro\n m eax", 3, 2, "does not take this number of arguments"},
    {"%macro m 1\n db %-0\n%endmacro\n m 1", 2, 5, "'%{-0}' is no parameter"},
    {"%macro m 1\n db %{99999999999}\n%endmacro\n m 1", 2, 5, "is no parameter"},
    {"jmp qword 8:16", 1, 5, "word or a dword"},
    {"bits 17", 1, 6, "16, 32 or 64"},
    {"align 3", 1, 7, "power of two"},
    {"section .bss\ndb 5", 2, 0, "only reserved space"},
    {"extern puts", 1, 8, "one source file"},
    {"global nothing", 1, 8, "not defined"},
    {"mov eax, 1 2", 1, 12, "expected ','"},
    {"mov eax,", 1, 9, "expected an operand"},
    {"\x01\x02", 1, 1, "is this a text file?"},
    {"mov eax, 99999999999999999999", 1, 10, "fits 64 bits"},
    {"endstruc", 1, 0, "without 'struc'"},
    {"loop x\ntimes 200 nop\nx:", 1, 6, "reaches from -128 to 127"},
};

}  // namespace

TEST_CASE("a mistake is told with file, line, column, cause and help") {
    for (const Row& row : rows) {
        SUBCASE(row.text) {
            const auto outcome = flat(row.text);
            CHECK_FALSE(outcome.ok());
            if (outcome.diagnostics.empty()) continue;
            const Diagnostic& d = outcome.diagnostics[0];
            INFO(d.text());
            CHECK(d.file == "a.asm");
            CHECK(d.line == row.line);
            CHECK(d.column == row.column);
            CHECK(d.message.find(row.says) != std::string::npos);
            CHECK(d.hint.find(row.hint) != std::string::npos);
        }
    }
}

TEST_CASE("several mistakes are told at once, and not without end") {
    const auto three = flat("movv eax, 1\nnop\nadd eax, exx\nsub eax, [foo]\n");
    REQUIRE(three.diagnostics.size() == 3);
    CHECK(three.diagnostics[2].line == 4);
    std::string many;
    for (int i = 0; i < 100; ++i) many += "nonsense" + std::to_string(i) + " 5\n";
    CHECK(flat(many).diagnostics.size() == 20);
}

TEST_CASE("a program that expands without end is refused soon") {
    const char* const texts[] = {
        "%macro a 0\n b\n%endmacro\n%macro b 0\n a\n%endmacro\n a\n",
        "%rep 1000000\n%rep 1000000\nnop\n%endrep\n%endrep\n",
        "%macro d 0\n%rep 100\n%push x\n%endrep\n%endmacro\n%rep 1000\n d\n%endrep\n",
        "%define a(x) b(x, x)\n%define b(x, y) a(x) a(y)\n db a(1)\n",
        "times 16777216 times 16777216 nop\n",
        "%assign i 0\n%rep 1000000\n%assign i i+1\n dd i, i, i, i, i, i, i, i, i, i\n%endrep\n",
    };
    for (const char* text : texts) {
        SUBCASE(text) { CHECK_FALSE(flat(text).ok()); }
    }
    std::string doubling = "%define x0 1,1\n";
    for (int i = 1; i < 40; ++i) {
        const std::string before = "x" + std::to_string(i - 1);
        doubling += "%define x" + std::to_string(i) + " " + before + "," + before + "\n";
    }
    CHECK_FALSE(flat(doubling + " db x39\n").ok());
    CHECK_FALSE(flat(" dd " + std::string(100000, '(') + "1").ok());
    CHECK_FALSE(flat(" dd " + std::string(100000, '-') + "1").ok());
}

TEST_CASE("includes stay below the folder of the source") {
    namespace fs = std::filesystem;
    std::string pattern = (fs::temp_directory_path() / "ringside-include-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    const fs::path top = pattern;
    fs::create_directories(top / "inside" / "deep");
    std::ofstream(top / "secret.inc") << "db 66\n";
    std::ofstream(top / "inside" / "part.inc") << "db 1\n%include 'deep/more.inc'\n";
    std::ofstream(top / "inside" / "deep" / "more.inc") << "db 2\n";
    std::ofstream(top / "inside" / "loop.inc") << "%include 'loop.inc'\n";
    fs::create_symlink(top / "secret.inc", top / "inside" / "link.inc");

    assembler::Options options;
    options.format = assembler::Format::flat;
    options.include = assembler::files_below({(top / "inside").string()});
    const auto with = [&](const std::string& text) { return assemble({"a.asm", text}, options); };
    const auto good = with("%include 'part.inc'\n db 3\n");
    REQUIRE(good.ok());
    CHECK(good.assembly->bytes == std::vector<u8>{1, 2, 3});

    for (const char* path : {"../secret.inc", "deep/../../secret.inc", "/etc/passwd", "link.inc",
                             "none.inc", "deep", "", "loop.inc", "c:secret", "..\\secret.inc"}) {
        INFO(path);
        const auto bad = with(std::string("nop\n%include '") + path + "'\n");
        CHECK_FALSE(bad.ok());
    }
    const auto outside = with("%include '../secret.inc'\n");
    CHECK(outside.diagnostics.at(0).message.find("outside the folder") != std::string::npos);
    CHECK_FALSE(with("incbin '/etc/passwd'\n").ok());
    CHECK_FALSE(with("incbin '../secret.inc'\n").ok());
    // A mistake in an included file is told in that file.
    std::ofstream(top / "inside" / "wrong.inc") << "nop\n  movv eax, 1\n";
    const auto wrong = with("%include 'wrong.inc'\n");
    REQUIRE(wrong.diagnostics.size() == 1);
    CHECK(wrong.diagnostics[0].file.ends_with("wrong.inc"));
    CHECK(wrong.diagnostics[0].line == 2);
    CHECK(wrong.diagnostics[0].column == 3);
    fs::remove_all(top);
    CHECK_FALSE(flat("%include 'part.inc'\n").ok());
}
