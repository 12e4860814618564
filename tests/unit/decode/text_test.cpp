// The text of instructions.
#include "sim/decode/text.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ringside;
using namespace ringside::decode;

TEST_CASE("an instruction's text is what an assembly programmer would write") {
    struct Row {
        std::vector<u8> bytes;
        unsigned bits;
        const char* text;
        unsigned length;
        bool valid;
    };
    const Row rows[] = {
        {{0xee}, 32, "out dx, al", 1, true},
        {{0x9d}, 32, "popfd", 1, true},
        {{0xb8, 0x0a, 0, 0, 0}, 32, "mov eax, 0xa", 5, true},
        {{0x8b, 0x45, 0xf8}, 32, "mov eax, [ebp-0x8]", 3, true},
        {{0xeb, 0x0e}, 32, "jmp there", 2, true},
        {{0xeb, 0x0f}, 32, "jmp 0x1011", 2, true},
        {{0xe6, 0xf4}, 16, "out 0xf4, al", 2, true},
        {{0x0f, 0xff}, 32, "db 0x0f", 1, false},
        {{0xb8, 0x0a}, 32, "db 0xb8", 1, false},
    };
    const AddressName name = [](u64 address) -> std::optional<std::string> {
        if (address == 0x1010) return "there";
        return {};
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const InstructionText out = disassemble(row.bytes, 0x1000, row.bits, name);
        CHECK(out.text == row.text);
        CHECK(out.length == row.length);
        CHECK(out.valid == row.valid);
    }
}
