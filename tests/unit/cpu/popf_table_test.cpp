// POPF, IRET, PUSHF, CLI and STI against the table of the manual, row by row.
#include <doctest/doctest.h>

#include "tests/unit/isa/csv.hpp"
#include "tests/unit/machine/rings.hpp"

using namespace ringside;
namespace fl = isa::flags;

namespace {

using test::Row;

std::vector<Row> rows() { return test::read_csv("tests/golden/popf-table.csv"); }

/// What a cell says of a flag: from the image (S), kept (N), 0, 1.
u64 expected(const std::string& cell, u64 flag, u64 old, u64 image) {
    if (cell == "S") return image & flag;
    if (cell == "0") return 0;
    if (cell == "1") return flag;
    REQUIRE_MESSAGE(cell == "N", "unknown cell " << cell);
    return old & flag;
}

struct Flag {
    const char* column;
    u64 mask;
};
constexpr Flag flags[] = {
    {"IF", fl::IF},
    {"IOPL", fl::IOPL},
    {"AC", fl::AC},
    {"ID", fl::ID},
    {"RF", fl::RF},
    {"NT", fl::NT},
    {"other_flags", fl::CF | fl::PF | fl::AF | fl::ZF | fl::SF | fl::DF | fl::OF}};

/// The levels that "0", "1-3" and "any" stand for, out of those that have segments here.
std::vector<u8> levels(const std::string& cell) {
    if (cell == "0") return {0};
    if (cell == "1-3") return {1, 3};
    return {0, 1, 3};
}
bool iopl_fits(const std::string& condition, u8 cpl, u8 iopl) {
    if (condition == "IOPL < CPL") return iopl < cpl;
    if (condition == "IOPL >= CPL") return iopl >= cpl;
    return true;
}

/// Old flags and images that are each other's opposite in the flags of interest.
constexpr u64 interesting =
    fl::IF | fl::AC | fl::ID | fl::CF | fl::PF | fl::AF | fl::ZF | fl::SF | fl::DF | fl::OF;

}  // namespace

TEST_CASE("POPF loads just the flags that the manual's table says, at every CPL and IOPL") {
    unsigned tried = 0;
    for (const Row& row : rows()) {
        if (row.at("instruction") != "POPF" || row.at("mode").rfind("protected", 0) != 0) continue;
        const bool wide = row.at("operand_size").rfind("32", 0) == 0;
        for (const u8 cpl : levels(row.at("cpl")))
            for (u8 iopl = 0; iopl < 4; ++iopl)
                for (const bool image_set : {false, true}) {
                    if (!iopl_fits(row.at("iopl"), cpl, iopl)) continue;
                    CAPTURE(row.at("id"));
                    CAPTURE(int(cpl));
                    CAPTURE(int(iopl));
                    machine::Machine m = test::flat_machine(wide ? "popf" : "o16 popf");
                    test::stand_in_ring(m, cpl);
                    const u64 other_iopl = u64(3 - iopl) << fl::IOPL_shift;
                    const u64 old = fl::fixed | (image_set ? 0 : interesting | fl::NT) |
                                    u64(iopl) << fl::IOPL_shift;
                    const u64 image =
                        fl::fixed | (image_set ? interesting | fl::NT : 0) | other_iopl;
                    m.cpu.regs.flags = old;
                    test::put(m, test::stack_at, image, 4);
                    REQUIRE(test::step(m).reason == machine::Stop::Limit);
                    const u64 now = m.cpu.regs.flags;
                    for (const Flag& f : flags) {
                        CAPTURE(f.column);
                        const u64 in_word = wide ? f.mask : f.mask & 0xffff;
                        CHECK((now & in_word) == expected(row.at(f.column), in_word, old, image));
                    }
                    ++tried;
                }
    }
    CHECK(tried >= 40);
}

TEST_CASE("IRET loads the flags that the table says when the ring stays the same") {
    unsigned tried = 0;
    for (const Row& row : rows()) {
        if (row.at("instruction") != "IRET" || row.at("mode").rfind("protected", 0) != 0 ||
            row.at("fault") != "none")
            continue;
        if (row.at("id") == "iret-prot-nt" || row.at("id") == "iret-prot-32-tov86") continue;
        const bool wide = row.at("operand_size").rfind("32", 0) == 0;
        for (const u8 cpl : levels(row.at("cpl")))
            for (u8 iopl = 0; iopl < 4; ++iopl) {
                if (!iopl_fits(row.at("iopl"), cpl, iopl)) continue;
                CAPTURE(row.at("id"));
                CAPTURE(int(cpl));
                // o16 IRET can only return below 64 KiB.
                machine::Machine m = test::flat_machine(wide ? "iretd" : "o16 iret");
                test::kernel_tables(m);
                test::enter_ring(m, cpl);
                const u64 old = fl::fixed | u64(iopl) << fl::IOPL_shift;
                const u64 image =
                    fl::fixed | interesting | fl::NT | u64(3 - iopl) << fl::IOPL_shift;
                m.cpu.regs.flags = old;
                const unsigned w = wide ? 4 : 2;
                test::put(m, test::stack_at, 0x5000, w);
                test::put(m, test::stack_at + w, m.cpu.seg[decode::CS].selector, w);
                test::put(m, test::stack_at + 2 * w, image, w);
                REQUIRE(test::step(m).reason == machine::Stop::Limit);
                REQUIRE(m.cpu.regs.rip == 0x5000);
                for (const Flag& f : flags) {
                    if (f.mask == fl::RF) continue;
                    CAPTURE(f.column);
                    const u64 in_word = wide ? f.mask : f.mask & 0xffff;
                    CHECK((m.cpu.regs.flags & in_word) ==
                          expected(row.at(f.column), in_word, old, image));
                }
                ++tried;
            }
    }
    CHECK(tried >= 20);
}

TEST_CASE("CLI and STI fault exactly where CPL > IOPL") {
    for (const char* text : {"cli", "sti"})
        for (const u8 cpl : {u8(0), u8(1), u8(3)})
            for (u8 iopl = 0; iopl < 4; ++iopl) {
                CAPTURE(text);
                CAPTURE(int(cpl));
                CAPTURE(int(iopl));
                machine::Machine m = test::flat_machine(text);
                test::kernel_tables(m);
                test::enter_ring(m, cpl);
                const bool sets = text[0] == 's';
                m.cpu.regs.flags = fl::fixed | u64(iopl) << fl::IOPL_shift | (sets ? 0 : fl::IF);
                test::step(m);
                const bool faulted = m.cpu.regs.rip == test::handlers_at + 16 * 13;
                CHECK(faulted == (cpl > iopl));
                if (!faulted) CHECK(m.cpu.interrupts_on() == sets);
            }
}

TEST_CASE("PUSHF pushes the real flags without VM and RF, and does not trap in any ring") {
    for (const u8 cpl : {u8(0), u8(1), u8(3)}) {
        machine::Machine m = test::flat_machine("pushf");
        test::stand_in_ring(m, cpl);
        m.cpu.regs.flags = fl::fixed | fl::IF | fl::RF | fl::ZF | u64(2) << fl::IOPL_shift;
        test::step(m);
        CHECK(m.ram.read({test::stack_at - 4}, 4) ==
              (fl::fixed | fl::IF | fl::ZF | u64(2) << fl::IOPL_shift));
    }
}
