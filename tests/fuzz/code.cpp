// Fuzz target: any bytes as code, in every mode of the CPU.
//
//   byte 0      mode
//   byte 1      bit 0: counting profile   1: IF   2: TF   3: AC and CR0.AM   4: a breakpoint on
//   data bytes 2-9   registers, by a table then        code
#include "sim/base/check.hpp"
#include "sim/decode/text.hpp"
#include "sim/timing/profile.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/invariants.hpp"
#include "tests/fuzz/worlds.hpp"

namespace ringside::fuzz {
namespace {

constexpr u64 steps = 250;
constexpr size_t most_code = 400;

u64 register_value(u8 choice) {
    constexpr u64 corners[] = {
        0,      1,          2,          0x7f,       0x80,    0xff,         0x7fff,       0x8000,
        0xffff, 0x7fffffff, 0x80000000, 0xffffffff, ~u64{0}, u64{1} << 63, u64{1} << 47, 0xfff};
    if (choice < 0x80) return data_at + 16 * choice;
    if (choice < 0xc0) return corners[choice % std::size(corners)];
    return choice * 0x0101010101010101u;
}

/// The text of every instruction on the way can be told, or is told to be none.
void check_disassembly(std::span<const u8> code, u64 address, unsigned bits) {
    for (size_t at = 0; at < code.size();) {
        const auto text = decode::disassemble(code.subspan(at), address + at, bits);
        if (!text) {
            ++at;
            continue;
        }
        RINGSIDE_CHECK(!text->text.empty());
        RINGSIDE_CHECK(text->length >= 1 && text->length <= 15 && at + text->length <= code.size());
        at += text->length;
    }
}

machine::Machine machine_of(Input& in) {
    const Mode mode = Mode(in.byte() % modes);
    const u8 choices = in.byte();
    machine::Machine m = world(mode);
    if (choices & 1) m.profile = timing::find_profile("off");
    RINGSIDE_CHECK(m.profile);
    if (choices & 2) m.cpu.regs.flags |= isa::flags::IF;
    if (choices & 4) m.cpu.regs.flags |= isa::flags::TF;
    if (choices & 8) m.cpu.regs.flags |= isa::flags::AC, m.cpu.cr0 |= isa::cr0::AM;
    if (choices & 16) m.cpu.dr[0] = data_at, m.cpu.dr[7] |= 0xf0002;  // 4 bytes, read or written
    for (const unsigned n : {cpu::AX, cpu::CX, cpu::DX, cpu::BX, cpu::BP, cpu::SI, cpu::DI})
        m.cpu.regs.gpr[n] = register_value(in.byte());
    const u64 more = register_value(in.byte());
    const unsigned bits = code_bits(mode);
    for (unsigned n = 0; n < 16; ++n) {
        if (n >= cpu::R8) m.cpu.regs.gpr[n] = more + n;
        if (bits != 64) m.cpu.regs.gpr[n] &= 0xffffffff;
    }
    if (bits == 16)
        for (const unsigned n : {cpu::BX, cpu::BP, cpu::SI, cpu::DI}) m.cpu.regs.gpr[n] &= 0xffff;
    const auto code = in.take(most_code);
    m.poke({code_address(mode)}, code);
    check_disassembly(code, code_address(mode), bits);
    return m;
}

}  // namespace
}  // namespace ringside::fuzz

extern "C" int LLVMFuzzerTestOneInput(const ringside::u8* bytes, size_t count) {
    using namespace ringside;
    fuzz::Input in(bytes, count);
    fuzz::check_run(fuzz::machine_of(in), fuzz::steps);
    return 0;
}
