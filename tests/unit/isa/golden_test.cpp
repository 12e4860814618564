// The tables of sim/isa against the golden files: no field, reason, rule or classification of our
// own making.
#include <doctest/doctest.h>

#include <fstream>
#include <set>

#include "sim/decode/decoder.hpp"
#include "sim/isa/entry_rules.hpp"
#include "sim/isa/vmcs_fields.hpp"
#include "tests/unit/isa/csv.hpp"

using namespace ringside;
using test::Row;

namespace {

std::vector<u8> bytes_of(const std::string& hex) {
    std::vector<u8> out;
    std::istringstream in(hex);
    for (unsigned byte; in >> std::hex >> byte;) out.push_back(u8(byte));
    return out;
}

/// Those whose bodies look at the CPL, since #UD has other causes and comes first.
bool checks_itself(isa::Op op) {
    using enum isa::Op;
    return op >= VMXON || op == SYSEXIT || op == SYSRET || op == SWAPGS || op == CLAC ||
           op == STAC || op == MONITOR || op == MWAIT;
}

}  // namespace

TEST_CASE("every VMCS field has the encoding of the manual's appendix, and there is no other") {
    unsigned full = 0;
    for (const Row& row : test::read_csv("tests/golden/vmcs-fields.csv")) {
        if (row.at("access") == "high") continue;
        ++full;
        const u32 encoding = u32(std::stoul(row.at("encoding"), nullptr, 16));
        const int slot = isa::vmcs_slot(encoding);
        CAPTURE(row.at("name"));
        REQUIRE(slot >= 0);
        CHECK(isa::vmcs_fields[slot].name == row.at("name"));
        const std::string widths[] = {"16", "64", "32", "natural"},
                          types[] = {"control", "exit information", "guest", "host"};
        CHECK(widths[unsigned(isa::field_width(encoding))] == row.at("width"));
        CHECK(types[unsigned(isa::field_type(encoding))].substr(0, 4) ==
              row.at("type").substr(0, 4));
    }
    CHECK(full == isa::vmcs_field_count);
}

TEST_CASE("exit reasons have the manual's numbers") {
    unsigned checked = 0;
    for (const Row& row : test::read_csv("tests/golden/vmx-exit-reasons.csv")) {
        const u32 number = u32(std::stoul(row.at("number")));
        if (number > 64 || row.at("name").rfind("RESERVED", 0) == 0) continue;
        CHECK(std::string(isa::exit_reason_name(number)) == row.at("name"));
        ++checked;
    }
    CHECK(checked > 55);
}

TEST_CASE("the entry rules are those of the golden text, each once") {
    std::ifstream file("tests/golden/vmx-entry-checks.md");
    REQUIRE(file.good());
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    std::set<std::string> seen;
    for (const isa::EntryRule& rule : isa::entry_rules) {
        CHECK_MESSAGE(text.find("| " + std::string(rule.id) + " |") != std::string::npos,
                      std::string(rule.id));
        CHECK(seen.insert(rule.id).second);
    }
    CHECK(seen.size() == 204);
}

TEST_CASE("each sensitive instruction decodes to a row that says of it what the sources say") {
    unsigned checked = 0;
    for (const Row& row : test::read_csv("assets/figures/sensitive-instructions.csv")) {
        const std::string name = row.at("mnemonic");
        if (row.at("example_bytes").empty() || name[0] == '(') continue;
        const unsigned bits = row.at("example_bits") == "64" ? 64 : 32;
        const decode::Decoded d = decode::decode(bytes_of(row.at("example_bytes")), bits);
        CAPTURE(name);
        CAPTURE(row.at("form"));
        REQUIRE(d.status == decode::Decoded::Ok);
        if (d.insn.undefined) {
            CHECK(row.at("form").find("invalid") != std::string::npos);
            continue;
        }
        REQUIRE(d.insn.op != isa::Op::Unknown);
        const isa::InstructionRow& ours = d.insn.row();
        const std::string& classification = row.at("classification");
        if (row.at("traps_at_cpl_gt0") == "yes" && row.at("privileged") == "yes") {
            CHECK((ours.cpl == 0 || checks_itself(ours.op)));
            CHECK_FALSE(ours.unprivileged_sensitive());
        } else if (row.at("traps_at_cpl_gt0") == "no" && classification != "innocuous" &&
                   row.at("robin_irvine") == "yes") {
            // INT n is on that list for its use of the IDT: here it is a transfer that always shows
            // as an event. MOV and POP to a segment register show their effect in the check of the
            // selector.
            const bool shown_otherwise = ours.op == isa::Op::INT ||
                                         ours.op == isa::Op::MOV_TO_SREG ||
                                         ours.op == isa::Op::POP_SREG;
            CHECK((ours.unprivileged_sensitive() || shown_otherwise));
        } else if (classification == "innocuous") {
            CHECK_FALSE(ours.sensitive());
        }
        ++checked;
    }
    CHECK(checked > 70);
}
