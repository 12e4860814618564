// Decimal adjustment. SDM 2A "AAA", "AAD", "AAM", "AAS", "DAA", "DAS".
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;

/// OF, SF, ZF and PF are undefined; silicon sets SF, ZF and PF by AL and clears OF.
void adjust_after(Exec& x, bool subtract) {
    u64 ax = x.reg<2>(AX);
    const bool carry = (ax & 15) > 9 || x.flag(fl::AF);
    if (carry) ax = subtract ? ax - 0x106 : ax + 0x106;
    x.set_reg<2>(AX, ax & 0xff0f);
    x.set_status(alu::sign_zero_parity(1, ax & 0x0f) | (carry ? fl::AF | fl::CF : 0));
}
void AAA(Exec& x, const Insn&) { adjust_after(x, false); }
void AAS(Exec& x, const Insn&) { adjust_after(x, true); }

void AAM(Exec& x, const Insn& i) {
    const u64 base = u64(i.immediate) & 0xff, al = x.reg<1>(AX);
    if (base == 0) return x.fault(isa::Vector::DE);
    x.set_reg<2>(AX, (al / base) << 8 | al % base);
    x.set_status(alu::sign_zero_parity(1, al % base));
}
/// SDM 2A "AAD" leaves OF, AF and CF undefined; Intel's processors set them as the addition does.
void AAD(Exec& x, const Insn& i) {
    const u64 tens = x.reg<1>(decode::high_byte) * (u64(i.immediate) & 0xff) & 0xff;
    const auto [al, status] = alu::add(1, x.reg<1>(AX), tens);
    x.set_reg<2>(AX, al);
    x.set_status(status);
}

void adjust_decimal(Exec& x, bool subtract) {
    const u64 old = x.reg<1>(AX);
    const bool old_carry = x.flag(fl::CF);
    u64 al = old, flags = 0;
    if ((al & 15) > 9 || x.flag(fl::AF)) {
        const bool carried = subtract ? old < 6 : old > 0xff - 6;
        al = subtract ? al - 6 : al + 6;
        flags |= fl::AF | (old_carry || carried ? fl::CF : 0);
    }
    if (old > 0x99 || old_carry) {
        al = subtract ? al - 0x60 : al + 0x60;
        flags |= fl::CF;
    } else if (!subtract) {
        flags &= ~fl::CF;
    }
    x.set_reg<1>(AX, al & 0xff);
    x.set_status(flags | alu::sign_zero_parity(1, al & 0xff));
}
void DAA(Exec& x, const Insn&) { adjust_decimal(x, false); }
void DAS(Exec& x, const Insn&) { adjust_decimal(x, true); }

constexpr Binding table[] = {
    {isa::Op::AAA, [](const Insn&) -> Handler { return AAA; }},
    {isa::Op::AAS, [](const Insn&) -> Handler { return AAS; }},
    {isa::Op::AAM, [](const Insn&) -> Handler { return AAM; }},
    {isa::Op::AAD, [](const Insn&) -> Handler { return AAD; }},
    {isa::Op::DAA, [](const Insn&) -> Handler { return DAA; }},
    {isa::Op::DAS, [](const Insn&) -> Handler { return DAS; }},
};

}  // namespace

std::span<const Binding> decimal() { return table; }

}  // namespace ringside::cpu::ops
