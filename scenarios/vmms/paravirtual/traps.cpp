// Traps, the way there and the way back.
//
//   ring 3:  int 0x80 ------------------------------> ring 1   the direct gate: no VMM
//   ring 3:  mov eax, [unmapped] -> ring 0: a copy -> ring 1   "bounced"
//   ring 1:  iret hypercall ------> ring 0: checks -> ring 3
//
//   The guest's stack, from ESP up: [error code]  EIP  CS  EFLAGS  [ESP  SS]. The byte after CS is
//   the event mask, and IF in EFLAGS is its opposite.
#include "scenarios/vmms/paravirtual/traps.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/paravirtual/guest_access.hpp"
#include "scenarios/vmms/paravirtual/hypercalls.hpp"
#include "scenarios/vmms/paravirtual/port_io.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::pv {
namespace flags = isa::flags;
using isa::Vector;
using vmm::TrapFrame;

namespace {

constexpr u8 kernel_ring = 1;

/// IF as the guest's kernel knows it.
u32 virtual_if(Domain& domain) { return domain.vcpu().evtchn_upcall_mask ? 0 : u32(flags::IF); }

/// The EFLAGS that the guest runs with: interrupts always reach the VMM, and no port is open.
u32 real_eflags(u32 wanted) {
    constexpr u64 refused =
        flags::IOPL | flags::NT | flags::VM | flags::RF | flags::VIF | flags::VIP;
    return u32((wanted & flags::defined & ~refused) | flags::IF | flags::fixed);
}

Callback handler_of(const TrapInfo& trap) { return {trap.cs, trap.address}; }

/// The guest's gate for the INT n that raised #GP, with n in the error code. Null if it was none,
/// or if the gate is not open to the ring that tried.
const TrapInfo* software_interrupt(const Domain& domain, const TrapFrame& frame) {
    if (frame.vector != u32(Vector::GP) || !(frame.error_code & isa::selector_error::IDT))
        return nullptr;
    const TrapInfo& trap = domain.traps[(frame.error_code >> 3) & 0xff];
    return trap.address && trap.dpl() >= frame.cpl() ? &trap : nullptr;
}

}  // namespace

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

void enter_handler(Domain& domain, TrapFrame& frame, Callback handler, const u32* error_code,
                   bool mask_events) {
    const bool from_kernel = frame.cpl() == kernel_ring;
    u32 words[6], count = 0;
    if (error_code) words[count++] = *error_code;
    words[count++] = frame.eip;
    words[count++] = frame.cs | u32(domain.vcpu().evtchn_upcall_mask) << 16;
    words[count++] = u32(frame.eflags & ~flags::IF) | virtual_if(domain);
    if (!from_kernel) {
        words[count++] = frame.esp;
        words[count++] = frame.ss;
        frame.esp = domain.kernel_esp;
        frame.ss = domain.kernel_ss;
    }
    frame.esp -= count * 4;
    if (!copy_to_guest(domain, frame.esp, words, count * 4))
        crash_domain(domain, frame, "the stack of its kernel is not mapped writable");

    frame.cs = handler.cs;
    frame.eip = handler.eip;
    frame.eflags = real_eflags(u32(frame.eflags & ~flags::TF));
    if (mask_events) domain.vcpu().evtchn_upcall_mask = 1;
}

void on_exception(Domain& domain, TrapFrame& frame) {
    if (const TrapInfo* trap = software_interrupt(domain, frame)) {
        frame.eip += 2;
        return enter_handler(domain, frame, handler_of(*trap), nullptr, trap->masks_events());
    }
    const u32 vector = frame.vector, eip = frame.eip;
    if (vector == u32(Vector::PF)) domain.vcpu().cr2 = vmm::cpu::cr2();
    if (vector == u32(Vector::GP) && emulate_privileged(domain, frame)) return;

    const TrapInfo& trap = domain.traps[vector & 0xff];
    if (!trap.address) crash_domain(domain, frame, "an exception for which it has no handler");
    PROBE("trap.reflect", vector, eip);
    const u32* error_code = isa::pushes_error_code(u8(vector)) ? &frame.error_code : nullptr;
    enter_handler(domain, frame, handler_of(trap), error_code, trap.masks_events());
}

/// set_trap_table(list of TrapInfo, ended by address 0). No list: no handlers.
i32 set_trap_table(Domain& domain, TrapFrame& frame) {
    if (frame.ebx == 0)
        for (TrapInfo& trap : domain.traps) trap = {};
    i32 result = 0;
    for (u32 i = 0; frame.ebx != 0 && i < 256; ++i) {
        TrapInfo trap;
        if (!read_guest(domain, trap, frame.ebx + i * u32(sizeof trap)))
            result = EFAULT;
        else if (trap.address && !can_be_handler(trap.cs, trap.address))
            result = EINVAL;
        if (result != 0 || !trap.address) break;
        domain.traps[trap.vector] = trap;
    }
    set_direct_ways(domain);
    return result;
}

/// set_callbacks(event CS, EIP, failsafe CS, EIP).
i32 set_callbacks(Domain& domain, TrapFrame& frame) {
    if (!can_be_handler(u16(frame.ebx), frame.ecx)) return EINVAL;
    domain.on_event = {u16(frame.ebx), frame.ecx};
    domain.on_failsafe = {u16(frame.edx), frame.esi};
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

/// iret: jumped to with EAX EIP CS EFLAGS [ESP SS] on the stack. In the same step, mask := not IF.
i32 iret(Domain& domain, TrapFrame& frame) {
    struct {
        u32 eax, eip, cs, eflags, esp, ss;
    } to;
    constexpr u32 same_ring_words = 4, all_words = 6;
    if (!copy_from_guest(domain, &to, frame.esp, same_ring_words * 4))
        crash_domain(domain, frame, "no frame to return by");
    const bool to_user = (to.cs & 3) > kernel_ring;
    if (to_user && !copy_from_guest(domain, &to, frame.esp, all_words * 4))
        crash_domain(domain, frame, "no frame to return by");
    if (to.eflags & flags::VM)
        crash_domain(domain, frame, "return to virtual-8086 mode");  // Not modelled: VM86.

    frame.esp = to_user ? to.esp : frame.esp + same_ring_words * 4;
    if (to_user) frame.ss = u16(to.ss);
    frame.eip = to.eip;
    frame.cs = u16(to.cs);
    frame.eflags = real_eflags(to.eflags);
    domain.vcpu().evtchn_upcall_mask = !(to.eflags & flags::IF);
    return i32(to.eax);
}

}  // namespace ringside::pv
