// Operands of probe points: what is written, what it means, what it reads.
#include <doctest/doctest.h>

#include "sim/image/probes.hpp"

using namespace ringside;
using namespace ringside::image;

namespace {
constexpr u8 none = Operand::none;
using Kind = Operand::Kind;
Operand reg(u8 number, u8 width, bool high = false) {
    return {.kind = Kind::Register, .reg = number, .width = width, .high = high};
}
Operand imm(u32 value) { return {.value = value}; }
Operand mem(u8 base, u8 index, u8 scale, u32 displacement) {
    return {
        .kind = Kind::Memory, .base = base, .index = index, .scale = scale, .value = displacement};
}
const SymbolTable symbols({{"counter", "counter", 0x5000, 4, SymbolKind::Object, true},
                           {"observations.count", "observations.count", 0x6000, 0,
                            SymbolKind::Label, false}});
}  // namespace

TEST_CASE("operands are read as compilers and assembly programmers write them") {
    struct Row {
        const char* text;
        Operand operand;
    };
    const Row rows[] = {
        {"%eax", reg(0, 4)},
        {"eax", reg(0, 4)},
        {"%edi", reg(7, 4)},
        {"%r8d", reg(8, 4)},
        {"%r15d", reg(15, 4)},
        {"%cx", reg(1, 2)},
        {"%bl", reg(3, 1)},
        {"%dh", reg(2, 1, true)},
        {"$12", imm(12)},
        {"12", imm(12)},
        {"-1", imm(0xffffffff)},
        {"$-8", imm(u32(-8))},
        {"$0x1badb002", imm(0x1badb002)},
        {"0xFF", imm(255)},
        {"$counter", imm(0x5000)},
        {"$counter+4", imm(0x5004)},
        {"-8(%ebp)", mem(5, none, 1, u32(-8))},
        {"(%eax)", mem(0, none, 1, 0)},
        {"8(%eax,%ecx,4)", mem(0, 1, 4, 8)},
        {"(,%ecx,8)", mem(none, 1, 8, 0)},
        {"counter", mem(none, none, 1, 0x5000)},
        {"counter+4", mem(none, none, 1, 0x5004)},
        {"counter-4(%esi)", mem(6, none, 1, 0x4ffc)},
        {"observations.count", mem(none, none, 1, 0x6000)},
        {"[ebp+8]", mem(5, none, 1, 8)},
        {"[ebp-8]", mem(5, none, 1, u32(-8))},
        {"[esp]", mem(4, none, 1, 0)},
        {"[eax+ecx*4+0x10]", mem(0, 1, 4, 0x10)},
        {"[eax+ebx]", mem(0, 3, 1, 0)},
        {"[counter+8]", mem(none, none, 1, 0x5008)},
        {"[0xb8000]", mem(none, none, 1, 0xb8000)},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto operand = parse_operand(row.text, symbols);
        REQUIRE(operand.ok());
        CHECK(*operand == row.operand);
    }
}

TEST_CASE("what is no operand is refused by name") {
    for (const char* text :
         {"",        "%",       "%rax",   "%fs:0",         "$",      "$nowhere",
          "nowhere", "1x",      "0x",     "99999999999",   "(",      "()",
          "8()",     "(%ax)",   "(%eax",  "(%eax,%ecx,3)", "[",      "[]",
          "[ebp+]",  "[ebp*3]", "[-ebp]", "[eax+ebx+ecx]", "%eax+4", "counter+x"}) {
        CAPTURE(text);
        const auto operand = parse_operand(text, symbols);
        REQUIRE(!operand.ok());
        CHECK(operand.error().message.find(text) != std::string::npos);
    }
}

TEST_CASE("an operand reads registers and memory as written") {
    const auto registers = [](u8 n) { return 0x11223300u + n; };
    const auto memory = [](u32 address, u8 width) { return std::optional<u32>(address ^ width); };
    struct Row {
        const char* text;
        u32 value;
    };
    const Row rows[] = {{"eax", 0x11223300},
                        {"%dl", 0x02},
                        {"%dh", 0x33},
                        {"%bx", 0x3303},
                        {"$7", 7},
                        {"[ebp-5]", 0x11223300 ^ 4},
                        {"(,%ecx,4)", (0x11223301u * 4) ^ 4}};
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_operand(row.text, symbols)->evaluate(registers, memory) == row.value);
    }
    const auto unmapped = [](u32, u8) { return std::optional<u32>(); };
    CHECK(!parse_operand("[ebp]", symbols)->evaluate(registers, unmapped));
}
