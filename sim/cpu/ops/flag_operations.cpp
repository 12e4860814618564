// Flags, and the flags that matter to the system: CLI, STI, PUSHF, POPF. SDM 2A-2B, by mnemonic.
#include "sim/cpu/delivery.hpp"
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;
using isa::Vector;

void CLC(Exec& x, const Insn&) { x.set_flags(0, fl::CF); }
void STC(Exec& x, const Insn&) { x.set_flags(fl::CF, fl::CF); }
void CMC(Exec& x, const Insn&) { x.set_flags(x.carry() ? 0 : fl::CF, fl::CF); }
void CLD(Exec& x, const Insn&) { x.set_flags(0, fl::DF); }
void STD(Exec& x, const Insn&) { x.set_flags(fl::DF, fl::DF); }
constexpr u64 ah_flags = fl::CF | fl::PF | fl::AF | fl::ZF | fl::SF;
void LAHF(Exec& x, const Insn&) {
    x.set_reg<1>(decode::high_byte, (x.flags() & ah_flags) | fl::fixed);
}
void SAHF(Exec& x, const Insn&) { x.set_flags(x.reg<1>(decode::high_byte), ah_flags); }
/// Not in the SDM's text, only in its opcode map: AL becomes FFH with CF set, else 0.
void SALC(Exec& x, const Insn&) { x.set_reg<1>(AX, x.flag(fl::CF) ? 0xff : 0); }

/// The flag that CLI and STI act on: IF, VIF where VME or PVI gives the program one of its own, or
/// 0 after #GP(0). SDM 3B "Virtual-8086 Mode Extensions", "Protected-Mode Virtual Interrupts".
u64 interrupt_flag(Exec& x) {
    const State& s = x.s;
    if (!s.protected_mode() || s.cpl <= s.iopl()) return fl::IF;
    if (s.cpl == 3 && has(s.cr4, s.v8086() ? isa::cr4::VME : isa::cr4::PVI)) return fl::VIF;
    return x.fault(Vector::GP, 0), 0;
}
void CLI(Exec& x, const Insn&) {
    x.set_flags(0, interrupt_flag(x));
    x.end_block();
}
void STI(Exec& x, const Insn&) {
    const u64 flag = interrupt_flag(x);
    if (flag == fl::VIF && x.flag(fl::VIP)) x.fault(Vector::GP, 0);
    if (x.faulted()) return;
    if (flag == fl::IF && !x.flag(fl::IF))
        x.hold_interrupts(Shadow::Sti);  // SDM 2B "STI": one more instruction first
    x.set_flags(flag, flag);
    x.end_block();
}

/// In virtual-8086 mode of IOPL < 3, 16-bit PUSHF and POPF work on VIF when VME is on.
/// False after #GP(0).
bool v8086_allows(Exec& x, const Insn& i) {
    const bool allowed = x.s.iopl() == 3 || (has(x.s.cr4, isa::cr4::VME) && i.operand_size == 2);
    if (!allowed) x.fault(Vector::GP, 0);
    return allowed;
}
bool on_virtual_flag(const Exec& x) { return x.s.v8086() && x.s.iopl() < 3; }

void PUSHF(Exec& x, const Insn& i) {
    if (x.s.v8086() && !v8086_allows(x, i)) return;
    u64 image = x.flags() & ~(fl::VM | fl::RF) & width_mask(i.operand_size);
    if (on_virtual_flag(x))
        image = merge(image, fl::IOPL | (x.flag(fl::VIF) ? fl::IF : 0), fl::IOPL | fl::IF);
    x.push(image, i.operand_size);
}
/// The instruction of the lesson: at CPL > IOPL a change of IF is dropped without a trap.
void POPF(Exec& x, const Insn& i) {
    if (x.s.v8086() && !v8086_allows(x, i)) return;
    const bool virtual_flag = on_virtual_flag(x);
    const u64 image = x.pop(i.operand_size);
    if (virtual_flag && has(image, fl::IF) && x.flag(fl::VIP)) return x.fault(Vector::GP, 0);
    const u64 mask = writable_flags(x.s, i.operand_size);
    if (virtual_flag) x.set_flags(has(image, fl::IF) ? fl::VIF : 0, fl::VIF);
    x.set_flags(image, mask);
    x.set_flags(0, fl::RF);
    x.choose_lines();
    x.end_block();
}

constexpr Binding table[] = {
    {isa::Op::CLC, [](const Insn&) -> Handler { return CLC; }},
    {isa::Op::STC, [](const Insn&) -> Handler { return STC; }},
    {isa::Op::CMC, [](const Insn&) -> Handler { return CMC; }},
    {isa::Op::CLD, [](const Insn&) -> Handler { return CLD; }},
    {isa::Op::STD, [](const Insn&) -> Handler { return STD; }},
    {isa::Op::LAHF, [](const Insn&) -> Handler { return LAHF; }},
    {isa::Op::SAHF, [](const Insn&) -> Handler { return SAHF; }},
    {isa::Op::SALC, [](const Insn&) -> Handler { return SALC; }},
    {isa::Op::CLI, [](const Insn&) -> Handler { return CLI; }},
    {isa::Op::STI, [](const Insn&) -> Handler { return STI; }},
    {isa::Op::PUSHF, [](const Insn&) -> Handler { return PUSHF; }},
    {isa::Op::POPF, [](const Insn&) -> Handler { return POPF; }},
};

}  // namespace

std::span<const Binding> flag_operations() { return table; }

}  // namespace ringside::cpu::ops
