#include "scenarios/vmms/common/two_guests.hpp"

#include "scenarios/vmms/common/command_line.hpp"
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/host_alarm.hpp"
#include "scenarios/vmms/common/interrupts.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/world_switch.hpp"
#include "sim/isa/paging.hpp"

extern "C" {
extern ringside::u8 world_begin[], world_end[];  // two_guests.ld: what exists twice
extern ringside::u32 vmm_stack_top[];
}

namespace ringside::vmm {

using namespace isa::pc;

namespace {

constexpr u32 world_size = 0x400000;  ///< so much is there for each in host-physical memory

struct World {
    world::State state{};
    LoadedGuest guest{};
    bool ended = false;  ///< by its guest's debug exit, or because the VMM gave it up
    bool idle = false;   ///< its guest halts, and nothing has happened since it looked
    u32 raised = 0;      ///< bit n: line n of its guest's interrupt controller, not yet delivered
};

/// What exists once.
struct Shared {
    u32 watchdog = 0;  ///< the option
    u32 count = 0;     ///< of worlds
    World worlds[most_guests];
    bool keeps_time = false;  ///< the real timer is the VMM's
    HostClock clock;
    u8 end_value = 0;  ///< failure_exit_value, or the first that is not 0
};
[[gnu::section(".shared")]] constinit Shared shared;

World& this_world() { return shared.worlds[this_guest]; }

/// An object of the first world's data, in world `n`.
template <class T>
T& in_world(u32 n, T& object) {
    return *at_physical<T>(physical_address(&object) + n * world_size);
}

void tell_start(u32 guest, u32 eip) { PROBE("guest.start", guest, eip); }

// ---- turns

void switch_to(u32 guest) {
    PROBE("world.switch", guest);
    world::leave_guests_world(this_world().state, shared.worlds[guest].state);
}

/// Gives the processor to the other world, until this one's next turn. False if that has nothing to
/// do.
bool give_turn() {
    for (u32 n = 0; n < shared.count; ++n) {
        const World& other = shared.worlds[n];
        if (n == this_guest || other.ended || other.idle) continue;
        switch_to(n);
        return true;
    }
    return false;
}

/// What has come for this world's guest while it could not look.
void take_interrupts(VirtualBoard& board) {
    u32& raised = this_world().raised;
    for (unsigned line = 0; line < irq::lines; ++line)
        if (raised & (1u << line)) board.pic.raise(line);
    raised = 0;
    if (shared.keeps_time) board.on_clock_tick();
}

[[noreturn]] void end_world() {
    this_world().ended = true;
    for (u32 n = 0; n < shared.count; ++n)
        if (!shared.worlds[n].ended) switch_to(n);  // nobody comes back here
    end_machine(shared.end_value);
}

// ---- the beginning

/// A copy of this world, the first, as it is before any guest.
void make_world(u32 n) {
    using namespace isa::paging;
    memcpy(&in_world(n, *world_begin), world_begin, u32(world_end - world_begin));
    in_world(n, this_guest) = n;
    in_world(n, image_displacement) = n * world_size;
    u32* const directory = &in_world(n, *host::page_directory());
    const u32 at = physical_address(world_begin) + n * world_size;
    directory[directory_index(reinterpret_cast<u32>(world_begin))] = u32(at | P | RW | PS);

    world::make_first_frame(&in_world(n, *vmm_stack_top), begin_guest);
    world::State& state = shared.worlds[n].state;
    world::leave_guests_world(state, state);  // to where we are: only two fields are wrong then
    state.esp = reinterpret_cast<u32>(vmm_stack_top) - world::first_frame_bytes;
    state.cr3 += n * world_size;
}

}  // namespace

void run_guests(u32 magic, u32 boot_info) {
    host::initialize();
    const u32 count = count_guests(magic, boot_info, most_guests);
    shared.watchdog =
        CommandLine(vmm_command_line(boot_info)).number("watchdog", Watchdog::not_asked_for);
    shared.keeps_time = count > 1 || shared.watchdog != Watchdog::not_asked_for;
    const u32 copies = physical_address(world_begin) + world_size;
    if (count > 1 && end_of_modules(boot_info) > copies)
        stop("the guests' modules reach beyond ", Hex{copies}, ", where guest 1's VMM must be");
    for (u32 n = 0; n < count; ++n) {
        GuestMemory memory(n);
        shared.worlds[n].guest = load_guest(boot_info, memory);
        if (n > 0) make_world(n);
    }
    shared.count = count;
    if (shared.keeps_time) shared.clock.start();
    PROBE("vmm.ready");
    begin_guest();
}

const LoadedGuest& prepare(Guest& guest) {
    guest.memory = GuestMemory(this_guest);
    guest.board = VirtualBoard(this_guest);
    guest.watchdog.set(shared.watchdog);
    if (shared.keeps_time) guest.board.use_virtual_timer(shared.clock);
    guest.board.connect();
    tell_start(this_guest, this_world().guest.entry);
    return this_world().guest;
}

// ---- surroundings.hpp

void on_real_interrupt(Guest& guest, const TrapFrame& frame) {
    const u32 line = frame.vector - hardware_interrupt_base;
    if (line == host_alarm::line) return host_alarm::acknowledge();
    if (!shared.keeps_time) return guest.board.on_hardware_interrupt(line);
    host::end_of_interrupt(line);
    for (World& world : shared.worlds) world.idle = false;
    if (line == irq::timer)
        shared.clock.tick();
    else
        shared.worlds[line == irq::com2].raised |= 1u << irq::com1;
    if (line == irq::timer && frame.from_guest()) {
        heed_watchdog(guest, frame);
        give_turn();
    }
    take_interrupts(guest.board);
}

/// Where the VMM keeps the time, its clock ticks.
void wake_by(u64 when) {
    if (!shared.keeps_time) host_alarm::set(when);
}

void wait_for_interrupt(Guest& guest) {
    this_world().idle = true;
    if (!give_turn()) cpu::wait_for_interrupt();
    take_interrupts(guest.board);
}

void exit_guest(Guest&, u32 value) {
    const u32 guest = this_guest;
    PROBE("guest.exit", guest, value);
    if (shared.end_value == 0) shared.end_value = u8(value);
    end_world();
}

// ---- serial.hpp

/// The VMM gives its guest up, and has said why.
void end_run(u8 value) {
    const u32 guest = this_guest;
    PROBE("guest.stopped", guest);
    shared.end_value = value;
    end_world();
}

}  // namespace ringside::vmm
