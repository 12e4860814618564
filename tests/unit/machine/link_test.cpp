// Two machines on a network cable.
#include <doctest/doctest.h>

#include "sim/machine/link.hpp"
#include "tests/unit/machine/rings.hpp"

using namespace ringside;
using namespace ringside::test;
using machine::Stop;

namespace {

/// Prepares the card: pages 46h to 5Fh receive, address 02:52:53:00:00:01, broadcasts too.
constexpr const char* driver =
    "mov ebx, 0x300\n"
    "%macro set 2\nlea edx, [ebx + %1]\nmov al, %2\nout dx, al\n%endmacro\n"
    "set 0, 0x21\nset 14, 1\nset 12, 4\nset 1, 0x46\nset 2, 0x60\nset 3, 0x46\nset 7, 0xff\n"
    "set 0, 0x61\nset 1, 2\nset 2, 0x52\nset 3, 0x53\nset 4, 0\nset 5, 0\nset 6, 1\nset 7, 0x47\n"
    "set 0, 0x22\n";
/// Sends 64 bytes from `frame`.
constexpr const char* send =
    "set 8, 0\nset 9, 0x40\nset 10, 64\nset 11, 0\nset 0, 0x12\n"
    "mov esi, frame\nmov ecx, 32\nlea edx, [ebx + 16]\nrep outsw\n"
    "set 4, 0x40\nset 5, 64\nset 6, 0\nset 0, 0x26\n";
/// Waits for a frame and puts its first 64 bytes to 9000h.
constexpr const char* receive =
    "lea edx, [ebx + 7]\nwaiting: in al, dx\ntest al, 1\njz waiting\n"
    "set 8, 4\nset 9, 0x47\nset 10, 64\nset 11, 0\nset 0, 0x0a\n"
    "mov edi, 0x9000\nmov ecx, 32\nlea edx, [ebx + 16]\nrep insw\n";

machine::Machine node(const std::string& what, u8 fill) {
    std::string text = driver + what + "cli\nhlt\nframe: times 6 db 0xff\n";
    text += "times 58 db " + std::to_string(fill) + "\n";
    return flat_machine(text);
}
}  // namespace

TEST_CASE("a frame that one machine sends is received by the other, and answered") {
    machine::Machine a = node(std::string(send) + receive, 0x11);
    machine::Machine b = node(std::string(receive) + send, 0x22);
    const machine::Link link;
    link.plug_in(a, b);
    const auto [of_a, of_b] = link.run(a, b, 10'000'000);
    CHECK(of_a.reason == Stop::Halted);
    CHECK(of_b.reason == Stop::Halted);
    CHECK(b.ram.read({0x9000 + 6}, 4) == 0x11111111);
    CHECK(a.ram.read({0x9000 + 6}, 4) == 0x22222222);
    CHECK(a.now > 13'000);  // two frames of 68 bytes and their gaps, ten cycles a bit
}

TEST_CASE("the pair is a value: runs cut anywhere, copies and exchanged machines end alike") {
    machine::Machine a = node(std::string(send) + receive, 0x11);
    machine::Machine b = node(std::string(receive) + send, 0x22);
    const machine::Link link(700);
    link.plug_in(a, b);
    machine::Machine a2 = a, b2 = b, a3 = a, b3 = b;
    link.run(a, b, 60'000);
    for (Cycle until = 700; until <= 60'200; until += 700)
        link.run(a2, b2, std::min<Cycle>(until, 60'000));
    link.run(b3, a3, 60'000);
    CHECK(a == a2);
    CHECK(b == b2);
    CHECK(a == a3);
    CHECK(b == b3);
}

TEST_CASE("a wait in HLT that a limit cuts is the same wait") {
    const std::string_view text =
        "mov al, 0x34\nout 0x43, al\nmov al, 0\nout 0x40, al\nout 0x40, al\nsti\nagain: hlt\njmp "
        "again\n";
    machine::Machine whole = flat_machine(text), cut = whole;
    machine::Limits limits;
    limits.cycles = 3'000'000;
    machine::run(whole, limits, {});
    CHECK(whole.now == limits.cycles);
    for (limits.cycles = 1000; limits.cycles <= 3'000'000; limits.cycles += 1000)
        machine::run(cut, limits, {});
    CHECK(whole == cut);
}
