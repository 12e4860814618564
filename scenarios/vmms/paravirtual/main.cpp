// A paravirtual VMM of the first generation, after Xen as it was in 2003. Begin here.
//
//              guest 0                   guest 1        linear addresses, of the guest that runs
//
//   ring 3     applications              applications   00000000  applications, kernel, hypercall
//               |      |                  |      |                page, page shared with the VMM:
//       int 80h |      | fault,           |      |                by the guest's own page tables,
//   (by a gate: |      | other INT n      |      |                which it can only read
//      no VMM)  v      |                  v      |
//   ring 1     kernel <-------.          kernel <----.  FBFFFFFF  the guest's segments end here
//               |      |      | upcall:   |      |   |
//       int 82h |      |      | event,    |      |   |
//               v      v      | fault     v      v   |  FC000000  all of host memory, for ring 0
//   ring 0     [ the VMM ----------------------------]  FFFFFFFF  alone: host-physical 64 MiB - 1
//
//   host-physical: the VMM at 1 MiB; guest 0 from 16 MiB on, guest 1 from 32 MiB on, 16 MiB each
//
// The guest knows that it is one. Where trap-and-emulate waits for the guest's kernel to fault, and
// overlooks what does not fault (POPF), this kernel was changed to *ask*: nothing sensitive is left
// in it. The files, in reading order:
//
//   abi.hpp           what guest and VMM agree on: numbers and structures, Xen's. It lies with the
//                     guests' side of it, in scenarios/guests/common/paravirt
//   domain.hpp        what the VMM remembers of a guest; compare common/vcpu.hpp
//   parts.hpp         what the following files do for each other
//   start_of_day.cpp  a guest's first page tables, pages and registers
//   hypercalls.cpp    the table of calls; the page of stubs; console
//   paging.cpp        direct paging: which frames may be what; pointers from the guest
//   segments.cpp      which descriptors are harmless
//   traps.cpp         exceptions bounced to the guest, and its way back
//   privileged.cpp    what is still trapped and emulated
//   events.cpp        events for interrupts, channels between guests, and the clock
//   schedule.cpp      whose turn it is, and the end of a guest
//
// The guest may be hostile: whatever it passes is checked, and what it cannot have is answered by a
// negative errno value. A guest that cannot go on is ended, with a sentence on its own serial line,
// and the other goes on.
//
// Left out of Xen: a privileged guest with drivers (domain 0), and with it grant tables, the rings
// of split drivers and xenstore; memory_op; LDTs, debug registers and virtual-8086 mode of guests;
// the machine-to-physical table and writable page tables; PAE and 64-bit guests; several virtual
// CPUs; Borrowed Virtual Time (turns are of equal length).
//
// Option, on the VMM's command line: watchdog=N ends a guest that N ticks in a row found running
// with its events masked and without a hypercall (common/watchdog.hpp).
#include "scenarios/vmms/common/command_line.hpp"
#include "scenarios/vmms/common/host_clock.hpp"
#include "scenarios/vmms/paravirtual/parts.hpp"

using namespace ringside;
using namespace ringside::pv;

/// Every entry into ring 0. Whatever it was for, events are delivered before a guest goes on.
extern "C" void vmm::vmm_on_trap(TrapFrame& frame) {
    const bool hardware = frame.vector - hardware_interrupt_base < 16;
    if (!frame.from_guest()) {  // the VMM itself, while it waits for an interrupt
        if (hardware) return on_hardware_interrupt(frame);
        stop("our own fault: vector ", u32(frame.vector), " at ", Hex{frame.eip});
    }
    PROBE("trip.vmm");
    if (hardware)
        on_hardware_interrupt(frame);
    else if (frame.vector == hypercall_vector)
        on_hypercall(running(), frame);
    else
        on_exception(running(), frame);
    go_on(frame);
    PROBE("trip.guest");
}

extern "C" [[noreturn]] void vmm_main(u32 magic, u32 boot_info) {
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
    vmm::HostClock().start();
    PROBE("vmm.ready");
    for (u32 guest = 0; guest < guests; ++guest) {
        const u32 eip = domain_of_guest(guest).registers.eip;
        PROBE("guest.start", guest, eip);
    }
    start_guests();
}
