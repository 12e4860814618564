// Disassembly as text.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/decode/text.hpp"

using namespace ringside;

TEST_CASE("an instruction is written the way NASM reads it") {
    struct Row {
        std::vector<u8> bytes;
        unsigned bits;
        const char* text;
    };
    const Row rows[] = {
        {{0x90}, 32, "nop"},
        {{0xb8, 0x34, 0x12, 0, 0}, 32, "mov eax, 0x1234"},
        {{0xb8, 0x34, 0x12}, 16, "mov ax, 0x1234"},
        {{0x8b, 0x43, 0x08}, 32, "mov eax, [ebx+0x8]"},
        {{0xff, 0x03}, 32, "inc dword [ebx]"},
        {{0x64, 0xa1, 0x10, 0, 0, 0}, 32, "mov eax, [fs:0x10]"},
        {{0x64, 0xff, 0x00}, 32, "inc dword [fs:eax]"},
        {{0xeb, 0xfe}, 32, "jmp 0x1000"},
        {{0xea, 0x00, 0x20, 0, 0, 0x08, 0}, 32, "jmp far 0x0008:0x00002000"},
        {{0xf3, 0xa5}, 32, "rep movsd"},
        {{0x0f, 0x22, 0xd8}, 32, "mov cr3, eax"},
        {{0xd2, 0x23}, 32, "shl byte [ebx], cl"},
        {{0xd3, 0x23}, 32, "shl dword [ebx], cl"},
        {{0x0f, 0xb6, 0x03}, 32, "movzx eax, byte [ebx]"},
        {{0x8e, 0x1b}, 32, "mov ds, [ebx]"},
        {{0x9d}, 32, "popfd"},
        {{0x0f, 0x01, 0x10}, 32, "lgdt [eax]"},
        {{0x48, 0x89, 0xc3}, 64, "mov rbx, rax"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.text) {
            const auto insn = decode::disassemble(row.bytes, 0x1000, row.bits);
            REQUIRE(insn.has_value());
            CHECK(insn->text == std::string(row.text));
            CHECK(insn->length == row.bytes.size());
        }
    }
}

TEST_CASE("what is no instruction has no text") {
    const std::vector<u8> cut = {0xb8, 0x34};
    CHECK_FALSE(decode::disassemble(cut, 0, 32).has_value());
    CHECK_FALSE(decode::disassemble({}, 0, 32).has_value());
    const std::vector<u8> invalid = {0x0f, 0xff, 0xff};
    (void)decode::disassemble(invalid, 0, 32);
    const std::vector<u8> nonsense = {0xf0, 0x90};  // LOCK NOP
    CHECK_FALSE(decode::disassemble(nonsense, 0, 32).has_value());
}
