// The one-call flat assembler, and what labels and data become.
#include <doctest/doctest.h>

#include "sim/asm/assembler.hpp"

using namespace ringside;
using Bytes = std::vector<u8>;

TEST_CASE("a flat text becomes its bytes in one call") {
    struct Row {
        const char* text;
        unsigned bits;
        Bytes bytes;
    };
    const Row rows[] = {
        {"nop", 32, {0x90}},
        {"mov eax, 1\nhlt", 32, {0xb8, 1, 0, 0, 0, 0xf4}},
        {"mov ax, 1", 16, {0xb8, 1, 0}},
        {"a: jmp a", 32, {0xeb, 0xfe}},
        {"jmp b\nb: dd b, $, $$", 32, {0xeb, 0, 2, 1, 0, 0, 2, 1, 0, 0, 0, 1, 0, 0}},
        {"db 'ab', 0\ndw 'abc'\ntimes 2 db 7", 32, {'a', 'b', 0, 'a', 'b', 'c', 0, 7, 7}},
        {"mov cr0, eax", 32, {0x0f, 0x22, 0xc0}},
        {"x equ 3\nmov al, x*2", 32, {0xb0, 6}},
        {"push dword 5\npush word 5", 32, {0x6a, 5, 0x66, 0x6a, 5}},
        {"mov rax, 5", 64, {0xb8, 5, 0, 0, 0}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.text) {
            CHECK(assembler::assemble_flat(row.text, 0x100, row.bits) == row.bytes);
        }
    }
}
