// POPF, IRET, PUSHF, CLI and STI against the manual's table in real and virtual-8086 mode and with
// the virtual interrupt flag.
#include <doctest/doctest.h>

#include "tests/unit/isa/csv.hpp"
#include "tests/unit/machine/v8086.hpp"

using namespace ringside;
namespace fl = isa::flags;

namespace {

using test::Row;

constexpr struct {
    const char* column;
    u64 mask;
} flags[] = {{"IF", fl::IF},
             {"IOPL", fl::IOPL},
             {"AC", fl::AC},
             {"ID", fl::ID},
             {"VIF", fl::VIF},
             {"VIP", fl::VIP},
             {"NT", fl::NT},
             {"other_flags", fl::CF | fl::PF | fl::AF | fl::ZF | fl::SF | fl::DF | fl::OF}};

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

u64 expected(const std::string& cell, u64 flag, u64 old, u64 image) {
    if (cell == "S") return image & flag;
    if (cell == "image IF") return has(image, fl::IF) ? flag : 0;
    if (cell == "0") return 0;
    if (cell == "1") return flag;
    REQUIRE_MESSAGE(cell == "N", "unknown cell " << cell);
    return old & flag;
}

/// The machine that a row speaks of, at one IOPL.
machine::Machine machine_of(const Row& row, const std::string& text, u8 iopl) {
    const std::string& mode = row.at("mode");
    machine::Machine m = mode == "real"           ? test::real_machine(text)
                         : mode == "virtual-8086" ? test::v8086_machine(text, iopl)
                                                  : test::flat_machine(text);
    if (contains(mode, "protected")) {
        test::kernel_tables(m);
        test::enter_ring(m, 3);
        m.cpu.regs.flags = fl::fixed | u64(iopl) << fl::IOPL_shift;
    }
    const std::string& condition = row.at("other_condition");
    if (contains(condition, "CR4.VME = 1")) m.cpu.cr4 |= isa::cr4::VME;
    if (contains(condition, "CR4.PVI = 1")) m.cpu.cr4 |= isa::cr4::PVI;
    return m;
}

bool runs_here(const Row& row) {
    const std::string& mode = row.at("mode");
    return mode == "real" || mode == "virtual-8086" || contains(row.at("other_condition"), "PVI");
}
std::vector<u8> iopls(const Row& row) {
    const std::string& cell = row.at("iopl");
    if (cell == "3") return {3};
    if (cell == "any") return {0, 3};
    return {0, 1, 2};
}
bool pending(const Row& row) {
    const std::string& condition = row.at("other_condition");
    return contains(condition, "VIP = 1") && !contains(condition, "not (VIP = 1");
}
u64 gp_handler(const Row& row) {
    return row.at("mode") == "real" ? test::real_handler(13) : test::handlers_at + 16 * 13;
}

void check_flags(const Row& row, u64 now, u64 old, u64 image, u64 word) {
    for (const auto& f : flags) {
        CAPTURE(f.column);
        const u64 in_word = f.mask & word;
        CHECK((now & in_word) == expected(row.at(f.column), in_word, old, image));
    }
    CHECK(!has(now, fl::RF) == (row.at("RF") == "0"));
}

constexpr u64 others = fl::CF | fl::PF | fl::AF | fl::ZF | fl::SF | fl::DF | fl::OF;

}  // namespace

TEST_CASE("POPF and IRET of real and virtual-8086 mode load the flags that the table says") {
    unsigned tried = 0;
    for (const Row& row : test::read_csv("tests/golden/popf-table.csv")) {
        const bool popf = row.at("instruction") == "POPF", iret = row.at("instruction") == "IRET";
        if (!(popf || iret) || !runs_here(row)) continue;
        CAPTURE(row.at("id"));
        const unsigned size = row.at("operand_size") == "16" ? 2 : 4;
        const char* text = popf ? (size == 2 ? "popf" : "popfd") : (size == 2 ? "iret" : "iretd");
        for (const u8 iopl : iopls(row))
            for (const bool image_set : {false, true}) {
                if (pending(row) && !image_set) continue;
                machine::Machine m = machine_of(row, text, iopl);
                const u64 vm = m.cpu.regs.flags & (fl::VM | fl::IOPL);
                // A pending virtual interrupt is what the two VIP rows differ in.
                const u64 vip = pending(row) ? fl::VIP : 0;
                const u64 old =
                    fl::fixed | vm | vip |
                    (image_set ? 0 : fl::IF | fl::AC | fl::ID | fl::VIF | others | fl::NT);
                const u64 image =
                    fl::fixed | u64(3 - iopl) << fl::IOPL_shift |
                    (image_set ? fl::IF | fl::AC | fl::ID | fl::VIF | others | fl::NT | fl::RF : 0);
                m.cpu.regs.flags = old;
                const u32 top = test::real_stack;
                if (popf) {
                    test::put(m, top, image, size);
                } else {
                    test::put(m, top, 0x5000, size);
                    test::put(m, top + size, 0, size);
                    test::put(m, top + 2 * size, image, size);
                }
                REQUIRE(test::step(m).reason == machine::Stop::Limit);
                ++tried;
                if (row.at("fault") != "none") {
                    CHECK(m.cpu.regs.rip == gp_handler(row));
                    continue;
                }
                CHECK(m.cpu.regs.rip == (popf ? test::real_code_at + (size == 2 ? 1 : 2) : 0x5000));
                const u64 word = size == 2 ? 0xffff | fl::VIF | fl::VIP : ~u64{0};
                if (image_set || row.at("RF") == "0")
                    check_flags(row, m.cpu.regs.flags, old, image, word);
            }
    }
    CHECK(tried >= 50);
}

TEST_CASE("CLI and STI act on IF, on VIF or fault, as the table says") {
    unsigned tried = 0;
    for (const Row& row : test::read_csv("tests/golden/popf-table.csv")) {
        const bool sti = row.at("instruction") == "STI";
        if (!(sti || row.at("instruction") == "CLI") || !runs_here(row)) continue;
        CAPTURE(row.at("id"));
        for (const u8 iopl : iopls(row)) {
            // "IOPL < CPL" of the protected-mode rows is 0 to 2 as well.
            machine::Machine m = machine_of(row, sti ? "sti" : "cli", iopl);
            const u64 old =
                m.cpu.regs.flags | (sti ? 0 : fl::IF | fl::VIF) | (pending(row) ? fl::VIP : 0);
            m.cpu.regs.flags = old;
            test::step(m);
            ++tried;
            if (row.at("fault") != "none")
                CHECK(m.cpu.regs.rip == gp_handler(row));
            else
                check_flags(row, m.cpu.regs.flags, old, 0, ~u64{0});
        }
    }
    CHECK(tried >= 20);
}

TEST_CASE("PUSHF of virtual-8086 mode shows VIF in the place of IF with VME, or faults") {
    for (const bool vme : {false, true})
        for (const bool wide : {false, true})
            for (u8 iopl = 0; iopl < 4; ++iopl) {
                CAPTURE(vme);
                CAPTURE(wide);
                CAPTURE(int(iopl));
                machine::Machine m = test::v8086_machine(wide ? "pushfd" : "pushf", iopl);
                if (vme) m.cpu.cr4 |= isa::cr4::VME;
                m.cpu.regs.flags |= fl::VIF | fl::CF;
                test::step(m);
                if (iopl < 3 && (!vme || wide)) {
                    CHECK(test::handled(m, 13));
                    continue;
                }
                const u64 image = m.ram.read({test::real_stack - (wide ? 4u : 2u)}, wide ? 4 : 2);
                CHECK((image & 0xffff) ==
                      (fl::fixed | fl::CF | fl::IOPL | (iopl < 3 ? fl::IF : 0)));
                CHECK(!has(image, fl::VM));
            }
}
