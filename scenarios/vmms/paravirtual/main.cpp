// A paravirtual VMM of the first generation, after Xen as it was in 2003. Begin here.
//
//   ring   guest 0               guest 1         linear addresses
//
//   3      applications          applications    00000000  the guest that runs; its own page
//   tables,
//          |    :  :                  :                    walked by the hardware, read-only to it
//          |    :  : #PF, #GP, ...    :             :      kernel, hypercall page, shared page
//   int    |    :  '--->  kernel      :
//   0x80   '----:------>  | ^  ^      kernel     FBFFFFFF  the guest's segments end
//   (a gate:    :    int  | |  :      :          FC000000  all of host memory, for ring 0 alone
//    no VMM)    :    0x82 | |  : upcalls            :
//   0           '------>  VMM  :   <--'          FFFFFFFF  host-physical 64 MiB - 1
//                         '----' (events)
//
//   host-physical: the VMM at 1 MiB; guest 0 from 16 MiB on, guest 1 from 32 MiB on, 16 MiB each
//
// The guest knows that it is one. Where trap-and-emulate waits for the guest's kernel to fault, and
// overlooks what does not fault (POPF), this kernel was changed to *ask*: nothing sensitive is left
// in it. The parts, in reading order:
//
//   abi.hpp           what guest and VMM agree on: numbers and structures, Xen's (it lies beside
//   the
//                     guests' side of it, in scenarios/guests/common/paravirt)
//   domain.hpp        what the VMM remembers of a guest; compare common/vcpu.hpp
//   start_of_day.cpp  a guest's first page tables, pages and registers
//   hypercalls.cpp    the table of calls; the page of stubs; console
//   frames.cpp        direct paging: which frames may be what
//   paging.cpp        the hypercalls for page tables and descriptors
//   segments.cpp      which descriptors are harmless
//   traps.cpp         exceptions bounced to the guest, and its way back
//   events.cpp        events for interrupts, and the clock
//   channels.cpp      event channels: between guests, or from the clock
//   schedule.cpp      whose turn it is, and the end of a guest
//   port_io.cpp       what is still trapped and emulated
//   guest_access.cpp  pointers from the guest
//
// The guest may be hostile: whatever it passes is checked, and what it cannot have is answered by a
// negative errno value. A guest that cannot go on is ended, with a sentence on its own serial line,
// and the other goes on.
//
// Option, on the VMM's command line: watchdog=N ends a guest that N ticks in a row found running
// with its events masked and without a hypercall (common/watchdog.hpp).
#include "scenarios/vmms/common/command_line.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/loader.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/paravirtual/events.hpp"
#include "scenarios/vmms/paravirtual/hypercalls.hpp"
#include "scenarios/vmms/paravirtual/schedule.hpp"
#include "scenarios/vmms/paravirtual/start_of_day.hpp"
#include "scenarios/vmms/paravirtual/traps.hpp"

using namespace ringside;

/// Every entry into ring 0. Whatever it was for, events are delivered before a guest goes on.
extern "C" void vmm::vmm_on_trap(TrapFrame& frame) {
    using namespace ringside::pv;
    const bool hardware =
        frame.vector >= hardware_interrupt_base && frame.vector < hardware_interrupt_base + 16;
    if (hardware) on_hardware_interrupt(frame);
    if (!frame.from_guest()) {
        if (hardware) return;  // the VMM was waiting for it
        stop("our own fault: vector ", u32(frame.vector), " at ", Hex{frame.eip});
    }
    if (frame.vector == hypercall_vector)
        on_hypercall(running(), frame);
    else if (!hardware)
        on_exception(running(), frame);
    go_on(frame);
}

extern "C" [[noreturn]] void vmm_main(u32 magic, u32 boot_info) {
    using namespace ringside::pv;
    vmm::host::initialize();
    isa::Descriptor& gate = vmm::host::idt()[hypercall_vector];
    gate = isa::gate32(isa::SystemType::InterruptGate, gate.gate_selector(), gate.gate_offset(), 1);
    install_flat_segments();

    const u32 guests = vmm::count_guests(magic, boot_info, vmm::most_guests);
    for (u32 guest = 0; guest < guests; ++guest) {
        vmm::claim_line(vmm::line_of(guest));
        vmm::GuestMemory memory(guest);
        const vmm::LoadedGuest loaded = vmm::load_guest(boot_info, memory);
        start_of_day(domain_of_guest(guest), loaded);
        domain_of_guest(guest).watchdog.set(
            vmm::CommandLine{loaded.command_line}.number("watchdog", vmm::Watchdog::not_asked_for));
    }
    start_clock();
    PROBE("vmm.ready");
    for (u32 guest = 0; guest < guests; ++guest) {
        const u32 eip = domain_of_guest(guest).registers.eip;
        PROBE("guest.start", guest, eip);
    }
    start_guests();
}
