#include "scenarios/vmms/common/emulate.hpp"

#include "scenarios/vmms/common/emulate_memory.hpp"
#include "scenarios/vmms/common/emulate_parts.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/interrupts.hpp"
#include "scenarios/vmms/common/operands.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/surroundings.hpp"

namespace ringside::vmm {
namespace {

/// HLT: the VMM waits in the guest's place, until the guest's controller has something for it.
void halt(Guest& guest, TrapFrame& frame) {
    if (!guest.cpu.interrupts_on())
        stop("the guest halted with interrupts off at ", Hex{frame.eip});
    if (!interrupt_pending(guest) && !can_wake(guest))
        stop("the guest halted and no interrupt can wake it at ", Hex{frame.eip});
    guest.cpu.sti_shadow = false;
    while (!interrupt_pending(guest)) wait_for_interrupt(guest);
}

}  // namespace

Fault fetch_instruction(Guest& guest, const TrapFrame& frame, Insn& insn) {
    const isa::Descriptor cs = ShadowDescriptors::real_descriptor(frame.cs);
    if (!cs.big()) stop("not modelled: 16-bit guest code at ", Hex{frame.eip});
    u8 bytes[Insn::max_length];
    const u32 linear = cs.base() + frame.eip;
    const Access access{false, virtual_cpl(frame) == 3, true};
    // An instruction may end right before a page that is not there: take what there is.
    const u32 to_page_end = 4096 - linear % 4096;
    u32 available = to_page_end < Insn::max_length ? to_page_end : Insn::max_length;
    if (const Fault f = read_linear(guest, linear, bytes, available, access)) return f;
    insn = decode(bytes, available);
    if (insn.cls != Class::Incomplete) return {};
    if (const Fault f = read_linear(guest, linear + available, bytes + available,
                                    Insn::max_length - available, access))
        return f;
    insn = decode(bytes, Insn::max_length);
    return {};
}

EmulationResult emulate_access(Guest& guest, TrapFrame& frame) {
    Insn insn;
    if (const Fault f = fetch_instruction(guest, frame, insn)) return {Emulation::Faulted, f};
    return emulate_access(operand_memory(guest), frame, insn);
}

void stop_at_device_access(const TrapFrame& frame) {
    stop(
        "not modelled: an instruction that reaches the local APIC, and is not MOV, PUSH or simple "
        "arithmetic, at ",
        Hex{frame.eip});
}

EmulationResult emulate(Guest& guest, TrapFrame& frame, const Insn& insn) {
    if (insn.is(Map::OneByte, 0xf4) && virtual_cpl(frame) == 0) {
        halt(guest, frame);
        return finish(frame, insn, {});
    }
    constexpr decltype(&emulate) parts[] = {emulate_ports, emulate_transfers, emulate_control};
    for (const auto part : parts) {
        const EmulationResult result = part(guest, frame, insn);
        if (result.kind != Emulation::NotHandled) return result;
    }
    return not_handled;
}

}  // namespace ringside::vmm
