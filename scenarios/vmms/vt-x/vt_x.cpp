// VT-x: the hardware runs the guest's kernel in ring 0 of a second world, and tells the VMM of what
// the VMM asked to be told.
//
//                 VMX root operation                     VMX non-root operation
//               ("Ring -1": this program)              (the guest; it sees four rings)
//
//   ring 3                                              the guest's applications
//   ring 0      the VMM <------- VM exit ------------   the guest's kernel, unchanged
//               the VMM --- VMLAUNCH, VMRESUME ---->
//
//   linear            FFFFFFFF                          whatever the guest's page tables say,
//   addresses:        FC000000  VMM, host memory        up to FFFFFFFF: it shares no address
//                                                       space with the VMM
//   physical          00100000  this program            guest-physical 00000000 … 00FFFFFF
//   addresses:        01000000  guest 0's memory   <--  by way of the EPT, or of shadow page tables
//                     02000000  guest 1's memory
//
// POPF, PUSHF, SGDT and the rest of the seventeen work on the guest's own registers, so they are
// right without anybody's help. Left to the VMM are the devices, CPUID, HLT, and the bits of CR0
// and CR4 that VMX itself needs. Words on the VMM's command line ask for more:
//
//   paging=ept | shadow        who translates the guest's addresses twice: the hardware, or the VMM
//   exits=minimal | all        what leaves the guest: what must, or all that can
//   watchdog=N                 common/watchdog.hpp; else with two guests only
//
// With two guests each has a VMCS, a VPID that tags its translations in the TLB, a virtual timer,
// and a serial port: COM1 and COM2.
//
// For 64-bit guests the same sources are compiled once more, to 64-bit code (vt-x-64.elf): only
// from IA-32e mode can a guest be entered that is in it. That VMM runs where it is loaded, at
// linear 00100000; paging=shadow is for guests that stay in 32-bit mode. common/long_mode starts
// it, common/vmx/long_mode.hpp has what such guests add.
//
// The guest's processor is in vmms/common/vmx: guest_cpu.hpp is where to go on.
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/trap_frame.hpp"
#include "scenarios/vmms/common/vmx/events.hpp"
#include "scenarios/vmms/common/vmx/port_access.hpp"
#include "scenarios/vmms/common/vmx/processor_exits.hpp"
#include "scenarios/vmms/vt-x/guests.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::vmm {
namespace {

using isa::ExitReason;
using vmx::Field, vmx::read;

Guests guests;

// --- the exits that concern devices and time -----------------------------------------------------

/// A real interrupt came while the guest ran. Acknowledged on exit, so its vector is known.
void on_external_interrupt(Guest& guest) {
    const u8 vector = u8(read(Field::VM_EXIT_INTERRUPTION_INFORMATION));
    guests.on_hardware_interrupt(vector - hardware_interrupt_base);
    if (guests.tick_ended_turn()) heed_watchdog(guest.cpu, guest.watchdog, guest.can_wake());
}

/// The guest has nothing to do until an interrupt comes.
void on_hlt(Guest& guest) {
    const bool interrupts_on = read(Field::GUEST_RFLAGS) & isa::flags::IF;
    skip_instruction();
    if (!interrupts_on) return give_up(guest.cpu, "the guest halted with interrupts off");
    guest.halted = true;
}

void on_io(Guest& guest) {
    PortAccess access;
    if (!begin_port_access(guest.cpu, access)) return;
    guest.watchdog.saw_it_alive();
    if (!access.in && access.port == isa::pc::port::debug_exit)
        return guests.on_exit(guest, access.value);
    if (access.in)
        access.value = guest.board.in(access.port, access.width);
    else
        guest.board.out(access.port, access.value, access.width);
    if (guest.board.was_reset()) return give_up(guest.cpu, "the guest resets the machine");
    finish_port_access(guest.cpu, access);
}

void handle_exit(Guest& guest) {
    const ExitReason reason = ExitReason(read(Field::EXIT_REASON));
    inject_again_what_was_cut_short();
    switch (reason) {
        case ExitReason::EXTERNAL_INTERRUPT: return on_external_interrupt(guest);
        case ExitReason::HLT: return on_hlt(guest);
        case ExitReason::IO_INSTRUCTION: return on_io(guest);
        default: break;
    }
    if (!handle_processor_exit(guest.cpu, reason)) stop_at_unexpected_exit(reason);
}

/// A waiting interrupt goes in if the guest can take it; if not, the guest is left as soon as it
/// can.
void before_entry(Guest& guest) {
    if (guests.interrupt_pending(guest) && can_take_interrupt()) {
        const u8 vector = acknowledge_interrupt(guest.cpu.apic, guest.board.pic);
        guest.watchdog.saw_it_alive();
        PROBE("guest.interrupt", vector);
        inject_interrupt(vector);
    }
    ask_for_interrupt_window(guests.interrupt_pending(guest));
}

}  // namespace

/// Real interrupts while the VMM waits because all guests are halted. Nothing else should come
/// here.
void vmm_on_trap(VmmTrapFrame& frame) {
    const u32 irq = u32(frame.vector) - hardware_interrupt_base;
    if (irq >= hardware_interrupts)
        stop("exception ", u32(frame.vector), " in the VMM itself at ", Hex{frame.eip},
             ", error code ", Hex{frame.error_code});
    guests.on_hardware_interrupt(irq);
}

}  // namespace ringside::vmm

extern "C" [[noreturn]] void vmm_main(ringside::u32 magic, ringside::u32 boot_info) {
    using namespace ringside::vmm;
    host::initialize();
    guests.start(magic, boot_info);
    PROBE("vmm.ready");
    for (;;) {
        Guest& guest = guests.next();
        before_entry(guest);
        if (run_guest(guest.cpu)) handle_exit(guest);
        if (guest.cpu.given_up) guests.on_given_up(guest);
    }
}
