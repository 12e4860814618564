// Hosted binary translation: the VMM is no part of the host's kernel but its peer, with an address
// space, descriptor tables and stacks of its own, and a world switch goes between them. The shape
// of VMware Workstation.
//
//        the host's world                                      the VMM's world, one for each guest
//
//   ring 3   device process (VMApp)   calculator               the guest's applications
//              |  ^                   (an ordinary one)
//   INT 80h: run  | "OUT to port 3F8"
//              v  |
//   ring 1     .  .                                            the guest's kernel, translated
//              .  .                                               |  ^
//   ring 0   the host kernel (vmms/host)                          v  |  fault, call-out
//            this driver  <------------ world switch ------->  the VMM: vmms/binary-translation
//
//   linear addresses, host                             linear addresses, VMM
//   FC000000  kernel, driver, all of memory            FC000000  of the host, only the cross pages
//      here:  the cross pages  - - - - the same - - - -   here:  and the commpage (memcpy)
//   00500000  the process' data                        FC800000  the VMM's image
//   00400000  the process' program                     FD000000, FE000000  the guest's memory
//                                                      00000000  what the guest's page tables say
//
//   physical   00100000  host kernel, driver, the processes' programs, cross pages
//              00800000  the VMM of guest 0                 00C00000  its copy, that of guest 1
//              01000000, 02000000  the guests' memory
//
// The guest's OUT goes the long way, and each leg has its probe point:
//   guest --bt.callout--> VMM --vmm.ask--> world switch --world.to_host--> driver
//         --host.to_process--> device process (device.port) --host.system_call--> host kernel
//         --host.to_guest--> driver --world.to_vmm--> world switch --vmm.answered--> VMM --> guest
// A real interrupt while the VMM runs: its handler takes it, switches to the host, and the driver
// asserts it again there, by INT. So the host schedules and keeps time as if there were no VMM.
//
// After Sugerman, Venkitachalam and Lim, "Virtualizing I/O Devices on VMware Workstation's Hosted
// Virtual Machine Monitor", USENIX 2001. Left out: what their third section adds to make it
// quicker.
//
// Options: cache=KIB, watchdog=N, as binary-translation has them.
#include "scenarios/vmms/common/command_line.hpp"
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/watchdog.hpp"
#include "scenarios/vmms/host/kernel.hpp"
#include "scenarios/vmms/host/vmm_driver.hpp"
#include "scenarios/vmms/hosted-binary-translation/world.hpp"
#include "sim/isa/paging.hpp"

extern "C" {
void assert_again(ringside::u32 line);  // assert_again.S
// hosted.ld: the addresses of these names are the numbers.
extern ringside::u8 commpage_begin[], commpage_size[], vmm_image_begin[], vmm_image_end[];
}

namespace ringside::kernel::vmm_driver {

using namespace vmm;
using namespace isa::paging;
using world::Ask, world::CrossPage, world::State;

namespace {

constexpr u32 large_page = 0x400000;  ///< so much has each VMM for its image
constexpr u32 default_cache_kib = 128;

struct Vm {
    CrossPage page;
    alignas(4096) u32 low_table[1024] = {};  ///< of FC000000 to FC3FFFFF in the VMM's world
    bool waits = false;                      ///< for one of page.wake_lines
};
Vm vms[most_guests];
State tables;  ///< what the VMM says of its tables

u32 number(const u8* symbol) { return reinterpret_cast<u32>(symbol); }

/// An object of the VMM's image, in the copy that lies `displacement` further on.
template <class T>
T& in_copy(T& object, u32 displacement) {
    return *reinterpret_cast<T*>(reinterpret_cast<u32>(&object) + displacement);
}

/// The VMM's address space, but for what the guest's page tables will say. Supervisor pages.
void map_world(Vm& vm, u32 displacement, const GuestMemory& memory) {
    const auto map_page = [&](const void* p, u64 rights) {
        const u32 physical = physical_address(p);
        vm.low_table[table_index(physical)] = u32((physical & frame32) | P | rights);
    };
    for (u32 n = 0; n < number(commpage_size); n += page) map_page(commpage_begin + n, 0);
    map_page(reinterpret_cast<const void*>(&world::world_switch), 0);
    map_page(&vm.page, RW);

    u32* const directory = in_copy(world::vmm_directory, displacement);
    const auto map_large = [&](u32 linear, u32 physical) {
        directory[directory_index(linear)] = u32(physical | P | RW | PS);
    };
    const u32 image = number(vmm_image_begin), image_at = physical_address(vmm_image_begin);
    directory[directory_index(vmm_base)] = u32(physical_address(vm.low_table) | P | RW);
    map_large(image, image_at + displacement);
    map_large(image + displacement, image_at + displacement);  // at_physical() finds it there
    for (u32 n = 0; n < memory.size(); n += large_page)
        map_large(vmm_base + memory.base() + n, memory.base() + n);
}

/// The state in which the VMM begins: as if vmm_begin() had called world_switch().
State first_state(u32 displacement) {
    u32* const top = &in_copy(reinterpret_cast<u32&>(*world::vmm_stack_end), displacement);
    world::make_first_frame(top, world::vmm_begin);

    State state = tables;
    state.esp = number(world::vmm_stack_end) - world::first_frame_bytes;
    state.cr0 = cpu::cr0();
    state.cr3 = physical_address(world::vmm_directory) + displacement;
    state.cr4 = cpu::cr4();
    state.dr6 = cpu::debug_register(6);
    state.dr7 = cpu::debug_register(7);
    return state;
}

/// The VMM has given its guest up: what it says goes to the guest's line.
void report_message(u32 guest, const CrossPage& page) {
    const u16 line = line_of(guest);
    claim_line(line);
    for (u32 n = 0; n < page.message_bytes && n < page.longest_message; ++n)
        print(page.message[n], line);
}

/// To the VMM, until it wants something. Probe points: the two legs of the trip.
void switch_worlds(u32 guest) {
    CrossPage& page = vms[guest].page;
    PROBE("world.to_vmm", guest);
    PROBE("trip.world_switch");
    world::world_switch(&page.host, &page.vmm);
    PROBE("trip.driver");
    const u32 ask = u32(page.ask);
    PROBE("world.to_host", guest, ask);
}

}  // namespace

void start() { world::vmm_make_tables(tables); }

void create(u32 guest, const GuestMemory& memory, const LoadedGuest& loaded) {
    Vm& vm = vms[guest];
    const u32 displacement = guest * large_page;
    if (guest > 0) {  // before any VMM has run, so the copy is as good as new
        const u32 from = physical_address(vmm_image_begin), to = from + displacement,
                  size = u32(vmm_image_end - vmm_image_begin);
        memcpy(vmm_image_begin + displacement, vmm_image_begin, size);
        PROBE("vmm.copy", from, to, size);
    }
    map_world(vm, displacement, memory);
    const CommandLine options(loaded.command_line);
    const u32 kib = options.number("cache", default_cache_kib);
    const u32 watchdog = options.number("watchdog", Watchdog::not_asked_for);
    in_copy(world::vmm_parameters, displacement) = {
        &vm.page, displacement, guest, loaded.entry, loaded.eax, loaded.ebx, kib * 1024, watchdog};
    vm.page.vmm = first_state(displacement);
}

bool can_run(u32 guest) {
    const Vm& vm = vms[guest];
    return !vm.waits || (vm.page.raised & vm.page.wake_lines) || cpu::rdtsc() >= vm.page.wake_at;
}

void interrupt(u32 guest, unsigned line) { vms[guest].page.raised |= 1u << line; }

Outcome run(u32 guest, abi::RunState& state) {
    PROBE("trip.driver");
    Vm& vm = vms[guest];
    CrossPage& page = vm.page;
    vm.waits = false;
    if (page.ask == Ask::port && page.is_in) page.value = state.value;
    for (;;) {
        switch_worlds(guest);
        switch (page.ask) {
            case Ask::nothing: break;
            case Ask::interrupt:
                assert_again(page.line & 15);
                if (the_kernel().must_leave_guest()) return Outcome::kernel;
                break;
            case Ask::port:
                state.exit = abi::RunExit::port;
                state.port = page.port;
                state.width = page.width;
                state.is_in = page.is_in;
                state.value = page.value;
                return Outcome::process;
            case Ask::wait: vm.waits = true; return Outcome::halted;
            case Ask::stopped:
                report_message(guest, page);
                state.exit = abi::RunExit::stopped;
                return Outcome::process;
        }
    }
}

}  // namespace ringside::kernel::vmm_driver
