// Far control flow and software interrupts. SDM 2A "CALL", "JMP", "INT n/INTO/INT3/INT1", "IRET";
// SDM 2B "RET".
#include "sim/cpu/delivery.hpp"
#include "sim/cpu/far_control.hpp"
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

using isa::Vector;

FarTarget far_target(Exec& x, const Insn& i) {
    if (i.form == Form::FarPointer)
        return {i.immediate2, u64(i.immediate) & width_mask(i.operand_size)};
    const u64 at = x.address(i);
    const u64 offset = x.load(i.segment, at, i.operand_size);
    return {u16(x.load<2>(i.segment, at + i.operand_size)), offset};
}

void JMP_FAR(Exec& x, const Insn& i) { far_jump(x, far_target(x, i)); }
void CALL_FAR(Exec& x, const Insn& i) { far_call(x, far_target(x, i), i.operand_size); }
void RET_FAR(Exec& x, const Insn& i) {
    far_return(x, i.operand_size, i.form == Form::I ? u64(i.immediate) & 0xffff : 0);
}

void INT(Exec& x, const Insn& i) {
    x.software_interrupt(u8(i.immediate), Pending::SoftwareInterrupt);
}
void INT3(Exec& x, const Insn&) {
    x.software_interrupt(u8(Vector::BP), Pending::SoftwareException);
}
void INTO(Exec& x, const Insn&) {
    if (x.flag(isa::flags::OF)) x.software_interrupt(u8(Vector::OF), Pending::SoftwareException);
}
void INT1(Exec& x, const Insn&) {
    x.software_interrupt(u8(Vector::DB), Pending::PrivilegedSoftwareException);
}
void IRET(Exec& x, const Insn& i) { return_from_interrupt(x, i.operand_size); }

constexpr Binding table[] = {
    {isa::Op::JMP_FAR, [](const Insn&) -> Handler { return JMP_FAR; }},
    {isa::Op::CALL_FAR, [](const Insn&) -> Handler { return CALL_FAR; }},
    {isa::Op::RET_FAR, [](const Insn&) -> Handler { return RET_FAR; }},
    {isa::Op::INT, [](const Insn&) -> Handler { return INT; }},
    {isa::Op::INT3, [](const Insn&) -> Handler { return INT3; }},
    {isa::Op::INTO, [](const Insn&) -> Handler { return INTO; }},
    {isa::Op::INT1, [](const Insn&) -> Handler { return INT1; }},
    {isa::Op::IRET, [](const Insn&) -> Handler { return IRET; }},
};

}  // namespace

std::span<const Binding> far_transfers() { return table; }

}  // namespace ringside::cpu::ops
