// A paravirtual VMM of the first generation, after Xen as it was in 2003. Begin here.
//
//   ring                                        linear addresses
//
//   3   applications          .-- int 0x80      00000000  the guest; its own page tables, walked
//       .  .                  |   (a gate:                by the hardware, read-only to itself
//       :  : #PF, #GP, ...    |    no VMM)
//   1   :  '---> kernel <-----'                    :      kernel, hypercall page, shared page
//       :        |   ^   ^                         :
//       :   int  |   |   : upcalls              FBFFFFFF  the guest's segments end
//       :   0x82 |   |   : (events)             FC000000  all of host memory, for ring 0 alone
//   0   '-> VMM <'   '---'                      FFFFFFFF
//
// The guest knows that it is one. Where trap-and-emulate waits for the guest's kernel to fault, and
// overlooks what does not fault (POPF), this kernel was changed to *ask*: nothing sensitive is left
// in it. The parts, in reading order:
//
//   abi.hpp           what guest and VMM agree on: numbers and structures, Xen's
//   domain.hpp        what the VMM remembers of its guest; compare common/vcpu.hpp
//   start_of_day.cpp  the guest's first page tables, pages and registers
//   hypercalls.cpp    the table of calls; the page of stubs
//   frames.cpp        direct paging: which frames may be what
//   paging.cpp        the hypercalls for page tables and descriptors
//   segments.cpp      which descriptors are harmless
//   traps.cpp         exceptions bounced to the guest, and its way back
//   events.cpp        events for interrupts, the clock, scheduling, console
//   port_io.cpp       what is still trapped and emulated
//   guest_access.cpp  pointers from the guest
//
// The guest may be hostile: whatever it passes is checked, and what it cannot have is answered by a
// negative errno value.
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/loader.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/paravirtual/events.hpp"
#include "scenarios/vmms/paravirtual/hypercalls.hpp"
#include "scenarios/vmms/paravirtual/start_of_day.hpp"
#include "scenarios/vmms/paravirtual/traps.hpp"

namespace ringside::pv {

static Domain domain;

void crash_domain(const vmm::TrapFrame& frame, const char* why) {
    vmm::stop("the guest is ended at ", vmm::Hex{frame.cs}, ":", vmm::Hex{frame.eip}, ", vector ",
              u32(frame.vector), ": ", why);
}

}  // namespace ringside::pv

using namespace ringside;

/// Every entry into ring 0. Whatever it was for, the guest's events are delivered before it goes
/// on.
extern "C" void vmm::vmm_on_trap(TrapFrame& frame) {
    using namespace ringside::pv;
    const bool hardware =
        frame.vector >= hardware_interrupt_base && frame.vector < hardware_interrupt_base + 16;
    if (hardware) on_hardware_interrupt(domain, frame.vector);
    if (!frame.from_guest()) {
        if (hardware) return;  // the VMM was waiting for it
        stop("our own fault: vector ", u32(frame.vector), " at ", Hex{frame.eip});
    }
    if (!hardware) {
        if (frame.vector == hypercall_vector)
            on_hypercall(domain, frame);
        else
            on_exception(domain, frame);
    }
    deliver_events(domain, frame);
    if (!can_return_to(frame)) crash_domain(frame, "it cannot run with these segments");
}

extern "C" [[noreturn]] void vmm_main(u32 magic, u32 boot_info) {
    using namespace ringside::pv;
    vmm::host::initialize();
    isa::Descriptor& gate = vmm::host::idt()[hypercall_vector];
    gate = isa::gate32(isa::SystemType::InterruptGate, gate.gate_selector(), gate.gate_offset(), 1);

    vmm::GuestMemory memory;
    vmm::count_guests(magic, boot_info, 1);
    const vmm::LoadedGuest loaded = vmm::load_guest(boot_info, memory);
    const vmm::TrapFrame frame = start_of_day(domain, loaded);
    start_clock(domain);
    PROBE("vmm.ready");
    const u32 eip = frame.eip;
    PROBE("guest.start", eip);
    vmm::vmm_enter(frame);
}
