#include "sim/cpu/guard.hpp"

#include "sim/cpu/vmx/vmx.hpp"

namespace ringside::cpu {
namespace {

using isa::Effect;
namespace fl = isa::flags;

constexpr u64 system_flags = fl::TF | fl::IF | fl::IOPL | fl::NT | fl::VM | fl::AC;

/// State that the instruction is about to change, or did change.
u64 effect(Exec& x, const decode::Insn& i, bool before) {
    const auto linear = [&](decode::Seg seg, u64 offset) { return x.s.seg[seg].linear(offset); };
    switch (i.row().effect) {
        case Effect::None: return 0;
        case Effect::SystemFlags: return x.flags() & system_flags;
        case Effect::CodeSegment: return x.s.seg[decode::CS].selector;
        case Effect::StackTop:
            return before ? 0
                          : x.peek_linear(linear(decode::SS, x.stack_pointer()),
                                          i.op == isa::Op::PUSH_SREG ? 2 : i.operand_size);
        case Effect::Table: return before ? 0 : x.peek_linear(linear(i.segment, x.address(i)), 6);
        case Effect::Destination: {
            if (before) return 0;
            const u64 zf = x.flags() & fl::ZF ? bit(63) : 0;
            if (i.op == isa::Op::VERR || i.op == isa::Op::VERW) return zf;
            const bool to_memory = i.form == decode::Form::M || i.form == decode::Form::MR;
            const u64 value = to_memory ? x.peek_linear(linear(i.segment, x.address(i)), 2)
                                        : x.reg(i.reg0, i.width);
            return value | (i.op == isa::Op::LAR || i.op == isa::Op::LSL ? zf : 0);
        }
    }
    return 0;
}

/// In a guest: the modes in which VMX instructions are #UD come before their exits (VMCALL has
/// none), and INVPCID without its control is #UD at any CPL. SDM 3C "VMX Instruction Reference",
/// "Changes to Instruction Behavior in VMX Non-Root Operation".
bool undefined_here(const State& s, isa::Op op) {
    if (op == isa::Op::INVPCID) return !vmx::secondary(s, isa::ProcBased2::enable_INVPCID);
    return op >= isa::Op::VMXON && op <= isa::Op::INVVPID && op != isa::Op::VMCALL &&
           !vmx::instructions_exist(s);
}

}  // namespace

void guarded(Exec& x, const decode::Insn& i) {
    const isa::InstructionRow& row = i.row();
    // These leave the guest whatever its CPL. SDM 3C "Relative Priority of Faults and VM Exits".
    const bool before_privilege = (row.exit.kind == isa::ExitRule::Always && row.cpl == 3) ||
                                  row.exit.reason == isa::ExitReason::MOV_DR;
    if (x.s.vmx.non_root && undefined_here(x.s, i.op)) return x.fault(isa::Vector::UD);
    if (x.s.vmx.non_root && before_privilege && vmx::exits_on(x, i)) return;
    if (x.s.cpl > row.cpl) {
        // Not recognised in virtual-8086 mode: #UD comes first. SDM 2 "LLDT", "LTR", "XSETBV".
        if ((x.s.v8086() && (i.op == isa::Op::LLDT || i.op == isa::Op::LTR)) ||
            (i.op == isa::Op::XSETBV && !(x.s.cr4 & isa::cr4::OSXSAVE)))
            return x.fault(isa::Vector::UD);
        return x.fault(isa::Vector::GP, 0);
    }
    if (x.s.vmx.non_root && vmx::exits_on(x, i)) return;
    const bool traced = x.sink && row.unprivileged_sensitive() && (x.s.cpl > 0 || x.all_sensitive);
    if (!traced) return x.current->inner(x, i);
    const u8 cpl = x.s.cpl;
    const u64 before = effect(x, i, true);
    x.current->inner(x, i);
    if (x.faulted()) return;
    trace::Event e;
    e.kind = trace::EventKind::Sensitive;
    e.cpl_before = cpl;
    e.cpl_after = x.s.cpl;
    e.a = before;
    e.b = effect(x, i, false);
    x.emit(e);
}

}  // namespace ringside::cpu
