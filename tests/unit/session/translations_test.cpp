// Translated blocks from probe points.
#include "sim/session/translations.hpp"

#include <doctest/doctest.h>

using namespace ringside;
using namespace ringside::session;

namespace {

Recorded probe(const char* name, std::vector<ProbeValue> arguments) {
    Recorded r;
    r.event.kind = trace::EventKind::Probe;
    r.probe = name;
    r.arguments = std::move(arguments);
    return r;
}

std::vector<Recorded> two_blocks() {
    return {probe("bt.block.begin", {{"eip", 0x100000}}),
            probe("bt.insn", {{"eip", 0x100000}, {"tc", 0xfd000000}, {"kind", 0}}),
            probe("bt.insn", {{"eip", 0x100001}, {"tc", 0xfd000001}, {"kind", 3}}),
            probe("bt.block.end", {{"eip", 0x100000}, {"tc", 0xfd000000}, {"size", 16}}),
            probe("bt.block.begin", {{"eip", 0x100020}}),
            probe("bt.block.end", {{"eip", 0x100020}, {"tc", 0xfd000010}, {"size", 8}})};
}

}  // namespace

TEST_CASE("An address in the cache leads to its block and to the guest's instructions") {
    Translations t;
    t.extend(two_blocks());
    const auto* block = t.at(0xfd000008, 100);
    REQUIRE(block != nullptr);
    CHECK(block->guest == 0x100000);
    REQUIRE(block->pieces.size() == 2);
    CHECK(block->pieces[1].kind == 3);
    CHECK(block->guest_of(0xfd000000) == 0x100000);
    CHECK(block->guest_of(0xfd000008) == 0x100001);
    REQUIRE(t.at(0xfd000010, 100) != nullptr);
    CHECK(t.at(0xfd000010, 100)->guest == 0x100020);
    CHECK(t.at(0xfd000018, 100) == nullptr);
    CHECK(t.at(0xfcffffff, 100) == nullptr);
}

TEST_CASE("A block is not there before it is made, nor after another took its place") {
    Translations t;
    auto recording = two_blocks();
    recording.push_back(probe("bt.block.begin", {{"eip", 0x100300}}));
    recording.push_back(
        probe("bt.block.end", {{"eip", 0x100300}, {"tc", 0xfd000000}, {"size", 16}}));
    t.extend(recording);
    CHECK(t.at(0xfd000000, 3) == nullptr);
    CHECK(t.at(0xfd000000, 4)->guest == 0x100000);
    CHECK(t.at(0xfd000000, 8)->guest == 0x100300);
}
