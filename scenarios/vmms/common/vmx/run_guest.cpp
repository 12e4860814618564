// Entering the guest, and its registers after an exit.
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/vmx/controls.hpp"
#include "scenarios/vmms/common/vmx/events.hpp"
#include "scenarios/vmms/common/vmx/failed_entry.hpp"
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"
#include "scenarios/vmms/common/vmx/long_mode.hpp"
#include "sim/isa/flags.hpp"

/// run_guest.S: false if VMLAUNCH or VMRESUME failed and the guest never ran.
extern "C" bool vmx_enter(ringside::vmm::GeneralRegisters* registers, bool launched);

namespace ringside::vmm {

using namespace vmx;

bool run_guest(GuestCpu& guest) {
    if constexpr (long_mode) lend_task_priority(guest);
    PROBE("vtx.enter");
    PROBE("trip.guest");
    if (!vmx_enter(&guest.registers, guest.launched)) explain_refused_entry();
    PROBE("trip.vmm");
    guest.launched = true;
    const u32 reason = read(Field::EXIT_REASON);
    PROBE("vtx.exit", reason);
    if constexpr (long_mode) take_task_priority_back(guest);
    if (reason & isa::entry_failure) explain_failed_entry(guest, reason);
    return !guest.given_up;
}

Natural general_register(const GuestCpu& guest, unsigned n) {
    constexpr unsigned sp = 4;
    const GeneralRegisters& r = guest.registers;
    const Natural values[] = {r.ax, r.cx, r.dx, r.bx, 0, r.bp, r.si, r.di};
    if (n >= 8) return r.r8_to_r15[n - 8];
    return n == sp ? read(Field::GUEST_RSP) : values[n];
}
void set_general_register(GuestCpu& guest, unsigned n, Natural value) {
    constexpr unsigned sp = 4;
    GeneralRegisters& r = guest.registers;
    Natural* const where[] = {&r.ax, &r.cx, &r.dx, &r.bx, nullptr, &r.bp, &r.si, &r.di};
    if (n == sp)
        write(Field::GUEST_RSP, value);
    else
        *(n >= 8 ? &r.r8_to_r15[n - 8] : where[n]) = value;
}

Natural guest_cr0() {
    const Natural kept = read(Field::CR0_GUEST_HOST_MASK);
    return (read(Field::CR0_READ_SHADOW) & kept) | (read(Field::GUEST_CR0) & ~kept);
}
Natural guest_cr3(const GuestCpu& guest) {
    return guest.configuration.shadow_paging ? guest.shadowed_cr3 : read(Field::GUEST_CR3);
}
Natural guest_cr4() {
    const Natural kept = read(Field::CR4_GUEST_HOST_MASK);
    return (read(Field::CR4_READ_SHADOW) & kept) | (read(Field::GUEST_CR4) & ~kept);
}
PagingRegisters paging_registers(const GuestCpu& guest) {
    return {guest_cr0(), guest_cr3(guest), guest_cr4(), in_ia32e_mode()};
}
unsigned guest_cpl() { return (read(Field::GUEST_SS_ACCESS_RIGHTS) >> 5) & 3; }

void skip_instruction(u32 length) {
    write(Field::GUEST_RIP, read(Field::GUEST_RIP) + length);
    const u32 blocking = read(Field::GUEST_INTERRUPTIBILITY_STATE);
    const u32 shadow = u32(isa::interruptibility::STI | isa::interruptibility::MOV_SS);
    if (blocking & shadow) write(Field::GUEST_INTERRUPTIBILITY_STATE, blocking & ~shadow);
    // It would have ended in a single-step trap. SDM 3C "Pending Debug Exceptions".
    constexpr u32 single_step = 1u << 14;
    if (read(Field::GUEST_RFLAGS) & isa::flags::TF)
        write(Field::GUEST_PENDING_DEBUG_EXCEPTIONS, single_step);
}

void let_it_run(const GuestCpu& guest) {
    write(Field::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
          (guest.primary_controls & ~watched_primary_controls()) |
              control(isa::ProcBased::monitor_trap_flag));
    write(Field::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
          guest.secondary_controls & ~watched_secondary_controls());
}
void instruction_has_run(const GuestCpu& guest) {
    write(Field::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, guest.primary_controls);
    write(Field::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, guest.secondary_controls);
}

}  // namespace ringside::vmm
