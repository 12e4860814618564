// Hosted VT-x: the VMM is a module of a host kernel, and the devices are a process of that host.
// The shape of KVM and QEMU.
//
//                 VMX root operation                                VMX non-root operation
//
//   ring 3   device process   device process   calculator          the guests' applications
//            of guest 0       of guest 1       (an ordinary one)
//              |  ^
//   INT 80h: run  |  "IN from port 3FD"
//              v  |
//   ring 0   the host kernel (vmms/host)                           the guests' kernels, unchanged
//              |  ^
//              v  |
//            this module  ------- VMLAUNCH, VMRESUME --------->
//                         <------------- VM exit --------------
//
//   linear     FC000000  kernel and module, in every process       whatever the guest's page tables
//   addresses  00400000  the process' program                      say: no space is shared
//   physical   00100000  the image: kernel, module, programs       guest-physical 00000000 …
//   addresses  01000000, 02000000  the guests' memory       <---   by way of the EPT
//
// A port access takes the long way, and each leg has its probe point:
//   guest --vtx.exit--> module --host.to_process--> device process (device.port)
//         --host.system_call--> kernel --host.to_guest--> module --vtx.enter--> guest
// What concerns the processor alone (CPUID, CR0, MSRs), and the interrupt controller, which is
// asked before every entry, the module does itself. HLT ends the turn of guest and process.
#include "scenarios/vmms/common/command_line.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/interrupt_sources.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/virtual_pic.hpp"
#include "scenarios/vmms/common/vmx/events.hpp"
#include "scenarios/vmms/common/vmx/port_access.hpp"
#include "scenarios/vmms/common/vmx/processor_exits.hpp"
#include "scenarios/vmms/host/kernel.hpp"
#include "scenarios/vmms/host/vmm_driver.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::kernel::vmm_driver {

using namespace vmm;
using isa::ExitReason;
using vmx::Field, vmx::read;

namespace {

struct Guest {
    explicit constexpr Guest(u32 number) : cpu(GuestMemory(number)) {}

    GuestCpu cpu;
    VirtualPic pic;
    Watchdog watchdog;
    bool halted = false;
    bool access_open = false;  ///< a port access that the device process has to do
    PortAccess access{};
};
Guest guests[most_guests] = {Guest(0), Guest(1)};
GuestPages guest_pages[most_guests];
Guest* current = nullptr;

void turn_to(Guest& guest) {
    if (&guest == current) return;
    put_away(current->cpu);
    make_current(guest.cpu);
    current = &guest;
}

// --- exits
// -----------------------------------------------------------------------------------------

bool is_interrupt_controller(u16 port) {
    using namespace isa::pc::port;
    return (port & ~1) == pic1_command || (port & ~1) == pic2_command;
}

/// True if it is done: the interrupt controller's, or a fault. Else it is for the device process.
bool on_io(Guest& guest) {
    PortAccess& access = guest.access;
    if (!begin_port_access(guest.cpu, access)) return true;
    guest.watchdog.saw_it_alive();
    if (!is_interrupt_controller(access.port) || access.width != 1) return false;
    if (access.in)
        access.value = guest.pic.in(access.port);
    else
        guest.pic.out(access.port, u8(access.value));
    finish_port_access(guest.cpu, access);
    return true;
}

/// Can any interrupt still come to it?
bool can_wake(const Guest& guest) {
    if (guest.cpu.apic.timer_runs()) return true;
    for (unsigned line = 0; line < isa::pc::irq::lines; ++line)
        if (guest.pic.open(line)) return true;
    return false;
}

void on_hlt(Guest& guest) {
    const bool interrupts_on = read(Field::GUEST_RFLAGS) & isa::flags::IF;
    skip_instruction();
    if (!interrupts_on) return give_up(guest.cpu, "the guest halted with interrupts off");
    if (!can_wake(guest))
        return give_up(guest.cpu, "the guest halted and no interrupt can wake it");
    guest.halted = true;
}

/// It is the host's; but at a tick of its clock the guest's time is measured.
void on_external_interrupt(Guest& guest) {
    const u8 vector = u8(read(Field::VM_EXIT_INTERRUPTION_INFORMATION));
    const unsigned line = vector - hardware_interrupt_base;
    the_kernel().on_hardware_interrupt(line);
    if (line == isa::pc::irq::timer) heed_watchdog(guest.cpu, guest.watchdog, can_wake(guest));
}

/// What the device process shall do.
Outcome to_process(Guest& guest, abi::RunState& state) {
    const PortAccess& access = guest.access;
    guest.access_open = true;
    state.exit = abi::RunExit::port;
    state.port = access.port;
    state.width = access.width;
    state.is_in = access.in;
    state.value = access.value;
    return Outcome::process;
}

void before_entry(Guest& guest) {
    if (interrupt_pending(guest.cpu.apic, guest.pic) && can_take_interrupt()) {
        const u8 vector = acknowledge_interrupt(guest.cpu.apic, guest.pic);
        guest.watchdog.saw_it_alive();
        PROBE("guest.interrupt", vector);
        inject_interrupt(vector);
    }
    ask_for_interrupt_window(interrupt_pending(guest.cpu.apic, guest.pic));
}

}  // namespace

// --- what the kernel calls
// ---------------------------------------------------------------------------

void start() { enter_vmx_operation(); }

void create(u32 number, const GuestMemory& memory, const LoadedGuest& loaded) {
    Guest& guest = guests[number];
    guest.cpu.memory = memory;
    guest.cpu.pages = &guest_pages[number];
    guest.cpu.configuration = configuration_from(loaded.command_line);
    guest.cpu.vpid = u16(number + 1);
    guest.watchdog.set(
        CommandLine(loaded.command_line).number("watchdog", Watchdog::not_asked_for));
    if (current) put_away(current->cpu);
    set_up(guest.cpu, loaded);
    current = &guest;
}

bool can_run(u32 number) {
    Guest& guest = guests[number];
    return !guest.halted || interrupt_pending(guest.cpu.apic, guest.pic);
}

void interrupt(u32 number, unsigned line) { guests[number].pic.raise(line); }

Outcome run(u32 number, abi::RunState& state) {
    PROBE("trip.vmm");
    Guest& guest = guests[number];
    turn_to(guest);
    if (guest.access_open) {
        guest.access_open = false;
        guest.access.value = state.value;
        finish_port_access(guest.cpu, guest.access);
    }
    guest.halted = false;
    for (;;) {
        before_entry(guest);
        if (!run_guest(guest.cpu)) {
            state.exit = abi::RunExit::stopped;
            return Outcome::process;
        }
        inject_again_what_was_cut_short();
        const ExitReason reason = ExitReason(read(Field::EXIT_REASON));
        switch (reason) {
            case ExitReason::EXTERNAL_INTERRUPT:
                on_external_interrupt(guest);
                if (!guest.cpu.given_up && the_kernel().must_leave_guest()) return Outcome::kernel;
                break;
            case ExitReason::IO_INSTRUCTION:
                if (!on_io(guest)) return to_process(guest, state);
                break;
            case ExitReason::HLT:
                on_hlt(guest);
                if (guest.halted) return Outcome::halted;
                break;
            default:
                if (!handle_processor_exit(guest.cpu, reason)) stop_at_unexpected_exit(reason);
        }
        if (guest.cpu.given_up) {
            state.exit = abi::RunExit::stopped;
            return Outcome::process;
        }
    }
}

}  // namespace ringside::kernel::vmm_driver
