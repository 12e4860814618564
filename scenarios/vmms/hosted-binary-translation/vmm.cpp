// The VMM's side: binary translation as it is (vmms/binary-translation), in a world of its own.
// What it cannot do itself it asks the host for, and ask() is a function that returns with the
// answer: the world switch has gone to the host and come back meanwhile.
#include "scenarios/vmms/binary-translation/monitor.hpp"
#include "scenarios/vmms/common/first_frame.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/hosted-binary-translation/ask.hpp"

namespace {
constinit ringside::vmm::Monitor monitor;
}

void ringside::vmm::vmm_on_trap(TrapFrame& frame) { on_trap(monitor, frame); }

namespace ringside::world {

Parameters vmm_parameters;

void vmm_make_tables(State& state) {
    using namespace vmm;
    vmm::host::make_tables();
    state = {};
    state.gdt_limit = vmm::host::gdt_limit;
    state.gdt_base = reinterpret_cast<u32>(vmm::host::gdt());
    state.idt_limit = vmm::host::idt_limit;
    state.idt_base = reinterpret_cast<u32>(vmm::host::idt());
    state.tr = selector::vmm_tss;
    state.cs = selector::vmm_code;
    state.ds = state.es = state.ss = selector::vmm_data;
}

/// The first time that the host switches here.
void vmm_begin() {
    using namespace vmm;
    PROBE("trip.vmm");
    const Parameters& given = vmm_parameters;
    this_guest = given.guest;
    image_displacement = given.displacement;
    monitor.guest.memory = GuestMemory(given.guest);
    monitor.guest.watchdog.set(given.watchdog);
    TrapFrame frame = first_frame({given.entry, given.eax, given.ebx, "", ""});
    start_guest(monitor, frame, given.cache_size);
    vmm_enter(frame);
}

}  // namespace ringside::world
