// Probe arguments: both notations, and their values.
#include "sim/session/probe_operand.hpp"

#include <doctest/doctest.h>

using namespace ringside;
using namespace ringside::session;

namespace {

std::optional<u64> symbol(std::string_view name) {
    if (name == "table") return 0x5000;
    return {};
}

/// Register n holds 0x1000 * n + 0x234; memory holds its own address plus 1, below 0x10000.
const ProbeReader machine{[](u8 n) { return 0x1000u * n + 0x234; },
                          [](u32 address) -> std::optional<u32> {
                              if (address >= 0x10000) return {};
                              return address + 1;
                          }};

}  // namespace

TEST_CASE("an operand has the value that the compiler's or a person's notation says") {
    struct Row {
        const char* text;
        std::optional<u32> value;
    };
    const Row rows[] = {
        {"$12", 12u},
        {"$-1", 0xffffffffu},
        {"$0x10", 16u},
        {"$table", 0x5000u},
        {"$table+4", 0x5004u},
        {"12", 12u},
        {"-8", 0xfffffff8u},
        {"%eax", 0x234u},
        {"%edi", 0x7234u},
        {"%cx", 0x1234u},
        {"%al", 0x34u},
        {"%ah", 0x02u},
        {"ebx", 0x3234u},
        {"bh", 0x32u},
        {"-8(%ebp)", 0x522du},
        {"(%ecx)", 0x1235u},
        {"4(%eax,%ecx,2)", 0x234u + 2 * 0x1234 + 5},
        {"table(,%eax,4)", 0x5000u + 4 * 0x234 + 1},
        {"table", 0x5001u},
        {"[ebp+8]", 0x523du},
        {"[ebp - 8]", 0x522du},
        {"[table]", 0x5001u},
        {"[eax+ecx*2+4]", 0x234u + 2 * 0x1234 + 5},
        {"byte [table]", 0x01u},
        {"dword [ecx]", 0x1235u},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto operand = parse_probe_operand(row.text, symbol);
        REQUIRE(operand.has_value());
        CHECK(evaluate(*operand, machine) == row.value);
    }
}

TEST_CASE("memory that is not mapped has no value") {
    const auto operand = parse_probe_operand("0x10000(%eax)", symbol);
    REQUIRE(operand.has_value());
    CHECK(!evaluate(*operand, machine));
}

TEST_CASE("what is no operand is refused") {
    for (const char* text :
         {"", "$", "%", "%xmm0", "(%eax", "4(%eax,%ecx,3)", "[", "[]", "[eax", "[eax+ecx+edx]",
          "[eax*3]", "nowhere", "12x", "4(eax)", "(%eax,,,)", "dword eax", "[+]", "$0x"}) {
        CAPTURE(text);
        CHECK(!parse_probe_operand(text, symbol));
    }
}

TEST_CASE("arguments are separated by spaces, which may also stand inside brackets") {
    std::vector<std::string> bad;
    const auto arguments = parse_probe_arguments(
        "eip=-4(%ebp) size=$3  kind=[ebp + 8] broken=%zz last=al", symbol, &bad);
    REQUIRE(arguments.size() == 4);
    CHECK(arguments[0].name == "eip");
    CHECK(arguments[1].name == "size");
    CHECK(arguments[2].name == "kind");
    CHECK(evaluate(arguments[2].operand, machine) == 0x523d);
    CHECK(arguments[3].name == "last");
    CHECK(bad == std::vector<std::string>{"broken=%zz"});
    CHECK(parse_probe_arguments("", symbol).empty());
    CHECK(parse_probe_arguments("=", symbol).empty());
    CHECK(parse_probe_arguments("word", symbol, &bad).empty());
}
