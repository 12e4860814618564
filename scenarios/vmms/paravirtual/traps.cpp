// Traps, the way there and the way back.
//
//   ring 3:  int 0x80 ------------------------------> ring 1   the direct gate: no VMM
//   ring 3:  mov eax, [unmapped] -> ring 0: a copy -> ring 1   "bounced"
//   ring 1:  iret hypercall ------> ring 0: checks -> ring 3
//
//   The guest's stack, from ESP up: [error code]  EIP  CS  EFLAGS  [ESP  SS]. The byte after CS is
//   the event mask, and IF in EFLAGS is its opposite.
#include "scenarios/vmms/paravirtual/parts.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::pv {
namespace flags = isa::flags;
using isa::Vector;

constexpr u8 kernel_ring = 1;

/// The EFLAGS that the guest runs with: interrupts always reach the VMM, and no port is open.
static u32 real_eflags(u32 wanted) {
    constexpr u64 refused =
        flags::IOPL | flags::NT | flags::VM | flags::RF | flags::VIF | flags::VIP;
    return u32((wanted & flags::defined & ~refused) | flags::IF | flags::fixed);
}

/// The guest's gate for the INT n that raised #GP, with n in the error code. Null if it was none,
/// or if the gate is not open to the ring that tried.
static const TrapInfo* software_interrupt(const Domain& domain, const TrapFrame& frame) {
    if (frame.vector != u32(Vector::GP) || !(frame.error_code & isa::selector_error::IDT))
        return nullptr;
    const TrapInfo& trap = domain.traps[(frame.error_code >> 3) & 0xff];
    return trap.address && trap.dpl() >= frame.cpl() ? &trap : nullptr;
}

/// System calls straight from ring 3 to ring 1. A gate cannot set the event mask, so it is only for
/// handlers that do not ask for that; the others come by way of #GP.
void set_direct_ways(const Domain& domain) {
    const TrapInfo& trap = domain.traps[system_call_vector];
    isa::Descriptor& gate = vmm::host::idt()[system_call_vector];
    const bool direct = trap.address && !trap.masks_events() && trap.dpl() == 3;
    gate = direct ? isa::gate32(isa::SystemType::TrapGate, trap.cs, trap.address, 3)
                  : isa::gate32(isa::SystemType::InterruptGate, vmm::selector::vmm_code, 0, 0);
    isa::Tss32& tss = vmm::host::task_state();  // the stack that the gate leads to
    tss.ss1 = domain.kernel_ss;
    tss.esp1 = domain.kernel_esp;
}

void enter_handler(Domain& domain, TrapFrame& frame, Callback handler, const u32* words, u32 count,
                   bool mask_events) {
    u8& mask = domain.vcpu().evtchn_upcall_mask;
    u32 stack[9], n = 0;  // from ESP up
    while (n < count) stack[n] = words[n], ++n;
    stack[n++] = frame.eip;
    stack[n++] = frame.cs | u32(mask) << 16;
    stack[n++] = u32(frame.eflags & ~flags::IF) | (mask ? 0 : u32(flags::IF));
    if (frame.cpl() != kernel_ring) {
        stack[n++] = frame.esp;
        stack[n++] = frame.ss;
        frame.esp = domain.kernel_esp;
        frame.ss = domain.kernel_ss;
    }
    frame.esp -= n * 4;
    if (!copy_to_guest(domain, frame.esp, stack, n * 4))
        crash_domain(domain, frame, "the stack of its kernel is not mapped writable");

    frame.cs = handler.cs;
    frame.eip = handler.eip;
    frame.eflags = real_eflags(u32(frame.eflags & ~flags::TF));
    if (mask_events) mask = 1;
}

void on_exception(Domain& domain, TrapFrame& frame) {
    if (const TrapInfo* trap = software_interrupt(domain, frame)) {
        frame.eip += 2;
        return enter_handler(domain, frame, {trap->cs, trap->address}, nullptr, 0,
                             trap->masks_events());
    }
    const u32 vector = frame.vector, eip = frame.eip;
    if (vector == u32(Vector::PF)) domain.vcpu().cr2 = vmm::cpu::cr2();
    const bool privileged =
        vector == u32(Vector::GP) && frame.error_code == 0 && frame.cpl() == kernel_ring;
    if (privileged && emulate_privileged(domain, frame)) return;

    const TrapInfo& trap = domain.traps[vector & 0xff];
    if (!trap.address) crash_domain(domain, frame, "an exception for which it has no handler");
    PROBE("trap.reflect", vector, eip);
    enter_handler(domain, frame, {trap.cs, trap.address}, &frame.error_code,
                  isa::pushes_error_code(u8(vector)), trap.masks_events());
}

/// What the CPU would refuse at the return is the guest's fault, found out in ring 0: its failsafe
/// handler gets DS ES FS GS as they were and, above them, the frame that could not be returned to.
void make_returnable(Domain& domain, TrapFrame& frame) {
    const u32 segments[] = {frame.ds, frame.es, frame.fs, frame.gs};
    const bool bad = clear_bad_data_segments(frame) || !can_return_to(frame);
    if (bad && domain.on_failsafe.eip)
        enter_handler(domain, frame, domain.on_failsafe, segments, 4, false);
    if (!can_return_to(frame)) crash_domain(domain, frame, "it cannot run with these segments");
}

// ---- the hypercalls

/// set_trap_table(list of TrapInfo, ended by address 0). No list: no handlers.
i32 set_trap_table(Domain& domain, TrapFrame& frame) {
    if (frame.ebx == 0)
        for (TrapInfo& trap : domain.traps) trap = {};
    i32 result = 0;
    for (u32 i = 0; frame.ebx != 0 && i < 256; ++i) {
        TrapInfo trap;
        if (!read_guest(domain, trap, frame.ebx + i * u32(sizeof trap)))
            result = EFAULT;
        else if (trap.address && !can_be_handler({trap.cs, trap.address}))
            result = EINVAL;
        if (result != 0 || !trap.address) break;
        domain.traps[trap.vector] = trap;
    }
    set_direct_ways(domain);
    return result;
}

/// set_callbacks(event CS, EIP, failsafe CS, EIP). An EIP of 0: none.
i32 set_callbacks(Domain& domain, TrapFrame& frame) {
    const Callback event{u16(frame.ebx), frame.ecx}, failsafe{u16(frame.edx), frame.esi};
    if (event.eip && !can_be_handler(event)) return EINVAL;
    if (failsafe.eip && !can_be_handler(failsafe)) return EINVAL;
    domain.on_event = event;
    domain.on_failsafe = failsafe;
    return 0;
}

/// stack_switch(SS, ESP): where ring 3 enters ring 1; natively, a store to the TSS.
i32 stack_switch(Domain& domain, TrapFrame& frame) {
    if ((frame.ebx & 3) != kernel_ring || frame.ecx > vmm::vmm_base) return EINVAL;
    domain.kernel_ss = u16(frame.ebx);
    domain.kernel_esp = frame.ecx;
    set_direct_ways(domain);
    return 0;
}

/// iret: jumped to with an IretFrame on the stack. In the same step, mask := not IF.
i32 iret(Domain& domain, TrapFrame& frame) {
    IretFrame to;
    bool mapped = copy_from_guest(domain, &to, frame.esp, IretFrame::same_ring_size);
    const bool to_user = (to.cs & 3) > kernel_ring;
    if (mapped && to_user) mapped = read_guest(domain, to, frame.esp);
    if (!mapped) crash_domain(domain, frame, "no frame to return by");
    if (to.eflags & flags::VM)  // Not modelled: VM86.
        crash_domain(domain, frame, "return to virtual-8086 mode");

    frame.esp = to_user ? to.esp : frame.esp + IretFrame::same_ring_size;
    if (to_user) frame.ss = u16(to.ss);
    frame.eip = to.eip;
    frame.cs = u16(to.cs);
    frame.eflags = real_eflags(to.eflags);
    domain.vcpu().evtchn_upcall_mask = !(to.eflags & flags::IF);
    return i32(to.eax);
}

}  // namespace ringside::pv
