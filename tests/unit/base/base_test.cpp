#include <doctest/doctest.h>

#include <vector>

#include "sim/base/bits.hpp"
#include "sim/base/nearest.hpp"
#include "sim/base/result.hpp"

using namespace ringside;

TEST_CASE("bit fields are cut out and merged by position") {
    CHECK(field(0xabcd, 11, 4) == 0xbc);
    CHECK(field(~u64{0}, 63, 0) == ~u64{0});
    CHECK(merge(0xff00, 0x00ff, 0x0ff0) == 0xf0f0);
    CHECK(sign_extend(0x80, 1) == 0xffffffffffffff80u);
    CHECK(width_mask(4) == 0xffffffffu);
}

TEST_CASE("a diagnostic says place, cause and hint with the parts that there are") {
    CHECK(Diagnostic{"a.asm", 3, 7, "no such mnemonic 'mvo'", "did you mean 'mov'?"}.text() ==
          "a.asm:3:7: no such mnemonic 'mvo' (did you mean 'mov'?)");
    CHECK(Diagnostic{"", 0, 0, "no display", ""}.text() == "no display");
}

TEST_CASE("the nearest valid name is found, and none when nothing is near") {
    const std::vector<std::string> names{"native", "trap-and-emulate", "vt-x"};
    CHECK(nearest("natve", names) == "native");
    CHECK(nearest("trap-and-emualte", names) == "trap-and-emulate");
    const std::vector<std::string> mnemonics{"cmovo", "mov", "movzx"};
    CHECK(nearest("mvo", mnemonics) == "mov");
    CHECK(nearest("zzzzzz", names).empty());
}

TEST_CASE("a result holds a value or a diagnostic") {
    Result<int> good(3);
    CHECK(good.ok());
    CHECK(*good == 3);
    Result<int> bad(Diagnostic{"f", 1, 1, "wrong", ""});
    CHECK_FALSE(bad.ok());
    CHECK(bad.error().message == "wrong");
}
