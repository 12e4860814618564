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
//
// The guest's processor is in vmms/common/vmx: guest_cpu.hpp is where to go on.
#include "scenarios/vmms/common/command_line.hpp"
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/trap_frame.hpp"
#include "scenarios/vmms/common/virtual_board.hpp"
#include "scenarios/vmms/common/vmx/events.hpp"
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"
#include "scenarios/vmms/common/vmx/port_access.hpp"
#include "scenarios/vmms/common/vmx/processor_exits.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::vmm {
namespace {

using isa::ExitReason;
using vmx::Field, vmx::read;

struct Guest {
    GuestCpu cpu;
    VirtualBoard board;
};
Guest guest;
GuestPages guest_pages;

// --- the exits that concern devices and time -----------------------------------------------------

/// A real interrupt came while the guest ran. Acknowledged on exit, so its vector is known.
void on_external_interrupt() {
    const u8 vector = u8(read(Field::VM_EXIT_INTERRUPTION_INFORMATION));
    guest.board.on_hardware_interrupt(vector - hardware_interrupt_base);
}

/// The guest has nothing to do: the VMM waits in its place.
void on_hlt() {
    const bool interrupts_on = read(Field::GUEST_RFLAGS) & isa::flags::IF;
    skip_instruction();
    if (!interrupts_on) return give_up(guest.cpu, "the guest halted with interrupts off");
    while (!guest.board.pic.pending()) {
        if (!guest.board.can_wake())
            return give_up(guest.cpu, "the guest halted and no interrupt can wake it");
        cpu::wait_for_interrupt();
    }
}

void on_io() {
    PortAccess access;
    if (!begin_port_access(guest.cpu, access)) return;
    if (access.in)
        access.value = guest.board.in(access.port, access.width);
    else
        guest.board.out(access.port, access.value, access.width);
    // The guest has ended the run. Where no debug exit is wired to the port, that means: halt.
    if (!access.in && access.port == isa::pc::port::debug_exit) end_run(u8(access.value));
    finish_port_access(guest.cpu, access);
}

// --- the life of a guest
// ---------------------------------------------------------------------------

void handle_exit() {
    const ExitReason reason = ExitReason(read(Field::EXIT_REASON));
    inject_again_what_was_cut_short();
    switch (reason) {
        case ExitReason::EXTERNAL_INTERRUPT: return on_external_interrupt();
        case ExitReason::HLT: return on_hlt();
        case ExitReason::IO_INSTRUCTION: return on_io();
        default: break;
    }
    if (!handle_processor_exit(guest.cpu, reason)) stop_at_unexpected_exit(reason);
}

/// A waiting interrupt goes in if the guest can take it; if not, the guest is left as soon as it
/// can.
void before_entry() {
    const bool waiting = guest.board.pic.pending();
    if (waiting && can_take_interrupt()) {
        const u8 vector = guest.board.pic.acknowledge();
        PROBE("guest.interrupt", vector);
        inject_interrupt(vector);
    }
    ask_for_interrupt_window(guest.board.pic.pending());
}

void lend_devices() {
    using namespace isa::pc;
    for (u16 port = port::com1; port < port::com1 + 8; ++port) let_port_through(guest.cpu, port);
    for (u16 port = port::pit_counter0; port <= port::pit_control; ++port)
        let_port_through(guest.cpu, port);
    let_port_through(guest.cpu, port::post_code);
    let_port_through(guest.cpu, port::debug_console);
    guest.board.connect();
}

}  // namespace

/// Real interrupts while the VMM waits in on_hlt(). Nothing else should come here.
void vmm_on_trap(TrapFrame& frame) {
    const u32 irq = frame.vector - hardware_interrupt_base;
    if (irq >= 16)
        stop("exception ", frame.vector, " in the VMM itself at ", Hex{frame.eip}, ", error code ",
             Hex{frame.error_code});
    guest.board.on_hardware_interrupt(irq);
}

}  // namespace ringside::vmm

extern "C" [[noreturn]] void vmm_main(ringside::u32 magic, ringside::u32 boot_info) {
    using namespace ringside::vmm;
    host::initialize();
    count_guests(magic, boot_info, 1);
    const LoadedGuest loaded = load_guest(boot_info, guest.cpu.memory);
    const CommandLine options{loaded.command_line};
    guest.cpu.configuration = {options.choose("paging", "ept", "shadow"),
                               options.choose("exits", "minimal", "all")};
    guest.cpu.pages = &guest_pages;
    guest.cpu.vpid = 1;
    enter_vmx_operation();
    set_up(guest.cpu, loaded);
    lend_devices();
    PROBE("vmm.ready");
    const ringside::u32 eip = loaded.entry;
    PROBE("guest.start", eip);
    while (!guest.cpu.given_up) {
        before_entry();
        run_guest(guest.cpu);
        handle_exit();
    }
    end_run(failure_exit_value);
}
