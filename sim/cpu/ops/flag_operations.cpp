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

/// CLI and STI need CPL <= IOPL. PVI's virtual interrupt flag: CR4.PVI cannot be set here.
bool may_change_if(Exec& x) {
    if (x.s.v8086()) return x.not_modelled("CLI or STI in virtual-8086 mode"), false;
    if (x.s.protected_mode() && x.s.cpl > x.s.iopl()) return x.fault(Vector::GP, 0), false;
    return true;
}
void CLI(Exec& x, const Insn&) {
    if (!may_change_if(x)) return;
    x.set_flags(0, fl::IF);
    x.end_block();
}
void STI(Exec& x, const Insn&) {
    if (!may_change_if(x)) return;
    if (!x.flag(fl::IF))
        x.hold_interrupts(Shadow::Sti);  // SDM 2B "STI": one more instruction first
    x.set_flags(fl::IF, fl::IF);
    x.end_block();
}

void PUSHF(Exec& x, const Insn& i) {
    if (x.s.v8086()) return x.not_modelled("PUSHF in virtual-8086 mode");
    x.push(x.flags() & ~(fl::VM | fl::RF) & width_mask(i.operand_size), i.operand_size);
}
/// The instruction of the lesson: at CPL > IOPL a change of IF is dropped without a trap.
void POPF(Exec& x, const Insn& i) {
    if (x.s.v8086()) return x.not_modelled("POPF in virtual-8086 mode");
    const u64 image = x.pop(i.operand_size);
    u64 mask = writable_flags(x.s, i.operand_size);
    if (i.operand_size == 4) mask |= fl::RF;
    x.set_flags(image & ~fl::RF, mask);
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
    {isa::Op::CLI, [](const Insn&) -> Handler { return CLI; }},
    {isa::Op::STI, [](const Insn&) -> Handler { return STI; }},
    {isa::Op::PUSHF, [](const Insn&) -> Handler { return PUSHF; }},
    {isa::Op::POPF, [](const Insn&) -> Handler { return POPF; }},
};

}  // namespace

std::span<const Binding> flag_operations() { return table; }

}  // namespace ringside::cpu::ops
