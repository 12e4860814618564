// The guest as a whole: its memory, its virtual CPU and devices, and what the real CPU uses in
// place of its tables.
#pragma once
#include "scenarios/vmms/common/guest_memory.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/shadow_descriptors.hpp"
#include "scenarios/vmms/common/shadow_paging.hpp"
#include "scenarios/vmms/common/vcpu.hpp"
#include "scenarios/vmms/common/virtual_apic.hpp"
#include "scenarios/vmms/common/virtual_board.hpp"
#include "scenarios/vmms/common/watchdog.hpp"

namespace ringside::vmm {

struct Guest {
    GuestMemory memory;
    VCpu cpu;
    ShadowDescriptors descriptors;
    ShadowPaging paging;
    VirtualBoard board;
    VirtualApic apic;
    bool device_accessed = false;  ///< by the VMM in the guest's name: for who wants to know
    Watchdog watchdog;
};

inline PageFaultOutcome on_page_fault(Guest& guest, u32 linear, u32 error_code) {
    const PageFaultOutcome outcome =
        guest.paging.on_page_fault(guest.memory, guest.cpu.paging_registers(), linear, error_code);
    if (outcome.kind == PageFaultOutcome::Kind::Device && !guest.apic.claims(outcome.physical))
        stop("the guest uses physical address ", Hex{outcome.physical}, ", where it has no memory");
    return outcome;
}

}  // namespace ringside::vmm
