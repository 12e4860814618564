// Flags that nobody reads are not computed. Here somebody does, behind instructions that set only
// some of them.
#include <doctest/doctest.h>

#include "sim/isa/flags.hpp"
#include "tests/unit/machine/rings.hpp"

using namespace ringside;
using machine::Machine;
namespace fl = isa::flags;

namespace {

constexpr u64 looked_at = fl::status;

/// The status flags that `text` leaves in EDX as PUSHFD saw them, run as blocks and step by step.
u64 flags_of(const std::string& text) {
    const Machine start = test::flat_machine(
        "mov eax, 0x80000001\n mov ebx, 3\n mov ecx, 0xffffffff\n xor esi, esi\n stc\n" + text +
        "\n pushfd\n pop edx\n hlt\n");
    Machine whole = start, stepped = start;
    machine::Limits limits;
    limits.steps = 1000;
    CHECK(machine::run(whole, limits, {}).reason == machine::Stop::Halted);
    while (test::step(stepped).reason != machine::Stop::Halted) {}
    CHECK(whole == stepped);
    return whole.cpu.regs.gpr[cpu::DX] & looked_at;
}

}  // namespace

TEST_CASE("a rotation's CF passes an INC or DEC, which replaces the rest") {
    CHECK(flags_of("rol eax, 1\n dec ebx") == fl::CF);
    CHECK(flags_of("ror ebx, 1\n inc ecx") == (fl::CF | fl::ZF | fl::AF | fl::PF));
    CHECK(flags_of("ror eax, 4\n dec ebx") == 0);
    CHECK(flags_of("rol eax, 1\n dec ebx\n adc esi, 0") == 0);
    CHECK(flags_of("rol eax, 1\n dec ebx\n mov edi, 0\n sbb esi, edi") ==
          (fl::CF | fl::SF | fl::AF | fl::PF));
}

TEST_CASE("a rotation keeps SF, ZF, AF and PF for whoever reads them") {
    CHECK(flags_of("cmp ebx, ebx\n rol eax, 1") == (fl::CF | fl::ZF | fl::PF | fl::OF));
    CHECK(flags_of("cmp ebx, ebx\n rol eax, 1\n setz dl\n movzx edi, dl\n add edi, 0") == 0);
}

TEST_CASE("rotations through CF read it, and only it") {
    CHECK(flags_of("stc\n rcl ebx, 1\n dec ecx") == (fl::SF));
    CHECK(flags_of("rol eax, 1\n rcl ebx, 1\n cmp ebx, 7") == (fl::ZF | fl::PF));
    CHECK(flags_of("rol eax, 1\n inc edi\n rcr ebx, 1\n cmp ebx, 0x80000001") == (fl::ZF | fl::PF));
}

TEST_CASE("a chain of ADC and SBB") {
    CHECK(flags_of("add ecx, 1\n adc ecx, -1\n adc esi, 0\n cmp esi, 1") == (fl::ZF | fl::PF));
    CHECK(flags_of("cmp esi, 1\n sbb esi, 0\n sbb ebx, 0\n cmp ebx, 2") == (fl::ZF | fl::PF));
    CHECK(flags_of("clc\n add ecx, 1\n adc esi, 0\n cmp esi, 1") == (fl::ZF | fl::PF));
    CHECK(flags_of("clc\n add ecx, 1\n sbb ebx, 0\n cmp ebx, 2") == (fl::ZF | fl::PF));
}

TEST_CASE("SETcc and CMOVcc read what their condition names") {
    CHECK(flags_of("cmp ebx, 4\n setc dl\n cmp dl, 1") == (fl::ZF | fl::PF));
    CHECK(flags_of("rol eax, 1\n inc ebx\n setc dl\n cmp dl, 1") == (fl::ZF | fl::PF));
    CHECK(flags_of("clc\n rol eax, 1\n inc ebx\n setbe dl\n cmp dl, 1") == (fl::ZF | fl::PF));
    CHECK(flags_of("rol eax, 1\n inc ebx\n cmovc esi, ebx\n cmp esi, 4") == (fl::ZF | fl::PF));
    CHECK(flags_of("shl ebx, 31\n cmovs esi, ecx\n cmp esi, ecx") == (fl::ZF | fl::PF));
    CHECK(flags_of("shr ebx, 1\n seta dl\n cmp dl, 0") == (fl::ZF | fl::PF));
    CHECK(flags_of("shr ebx, 2\n setbe dl\n cmp dl, 1") == (fl::ZF | fl::PF));
}

TEST_CASE("shifts: every flag of the result") {
    CHECK(flags_of("shl eax, 1") == (fl::CF | fl::OF));
    CHECK(flags_of("shl ebx, 31") == (fl::CF | fl::SF | fl::PF));
    CHECK(flags_of("shr eax, 1") == (fl::CF | fl::OF | fl::PF));
    CHECK(flags_of("sar eax, 1") == (fl::CF | fl::SF | fl::PF));
    CHECK(flags_of("shr ebx, 2") == (fl::CF | fl::ZF | fl::PF));
    CHECK(flags_of("mov cl, 0\n cmp ebx, ebx\n shl eax, cl") == (fl::ZF | fl::PF));
}

TEST_CASE("a fault shows the flags of what came before it") {
    // The load faults in the middle of what would otherwise replace them.
    Machine m = test::flat_machine("hlt");
    test::kernel_tables(m);
    test::enter_ring(m, 0);
    const std::vector<u8> code = assembler::assemble_flat(
        "mov ebx, 3\n cmp ebx, ebx\n rol ebx, 31\n mov eax, [fs:0]\n add ebx, 1\n hlt\n", 0x6000);
    m.poke({0x6000}, code);
    m.cpu.regs.rip = 0x6000;
    m.cpu.seg[decode::FS] = cpu::Segment::null(0);
    machine::Limits limits;
    limits.steps = 100;
    CHECK(machine::run(m, limits, {}).reason == machine::Stop::Halted);
    const u64 sp = m.cpu.regs.gpr[cpu::SP];
    CHECK((m.ram.read({sp + 12}, 4) & looked_at) == (fl::CF | fl::ZF | fl::PF));
}
