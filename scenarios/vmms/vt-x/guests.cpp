#include "scenarios/vmms/vt-x/guests.hpp"

#include "scenarios/vmms/common/command_line.hpp"
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/host_alarm.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::vmm {

using namespace isa::pc;

namespace {

GuestPages guest_pages[most_guests];

// Probe points: what they tell has the names of their arguments.
void tell_start(u32 guest, u32 eip) { PROBE("guest.start", guest, eip); }
void tell_switch(u32 guest) { PROBE("vtx.switch", guest); }
void tell_exit(u32 guest, u32 value) { PROBE("guest.exit", guest, value); }
void tell_stopped(u32 guest) { PROBE("guest.stopped", guest); }

}  // namespace

void Guests::start(u32 magic, u32 boot_info) {
    count_ = count_guests(magic, boot_info, most_guests);
    const u32 watchdog =
        CommandLine(vmm_command_line(boot_info)).number("watchdog", Watchdog::not_asked_for);
    keeps_time_ = count_ > 1 || watchdog != Watchdog::not_asked_for;
    enter_vmx_operation();
    for (u32 n = 0; n < count_; ++n) {
        Guest& guest = guests_[n];
        const LoadedGuest loaded = load_guest(boot_info, guest.cpu.memory);
        guest.cpu.configuration = configuration_from(loaded.command_line);
        guest.cpu.pages = &guest_pages[n];
        guest.cpu.vpid = u16(n + 1);
        guest.watchdog.set(watchdog);
        set_up(guest.cpu, loaded);
        lend_devices(guest);
        tell_start(n, loaded.entry);
    }
    if (keeps_time_) clock_.start();
    current_ = &guests_[count_ - 1];
}

/// What the guest may reach without the VMM, if it is alone: the real serial port and the real
/// timer, which are then those that it takes them for. Else the VMM keeps the timer, and its
/// watchdog wants to see what the guest does.
void Guests::lend_devices(Guest& guest) {
    const auto lend = [&guest](u16 first, u16 last) {
        for (u16 port = first; port <= last; ++port) let_port_through(guest.cpu, port);
    };
    if (keeps_time_) {
        guest.board.use_virtual_timer(clock_);
    } else {
        lend(port::debug_console, port::debug_console);
        lend(port::com1, port::com1 + 7);
        lend(port::pit_counter0, port::pit_control);
    }
    guest.board.connect();
}

Guest& Guests::next() {
    const u32 first = turn_is_over_ ? current_->number() + 1 : current_->number();
    turn_is_over_ = false;
    for (;;) {
        for (u32 n = 0; n < count_; ++n) {
            Guest& guest = guests_[(first + n) % count_];
            if (!guest.can_run()) continue;
            turn_to(guest);
            guest.halted = false;
            return guest;
        }
        if (!end_waits_that_nothing_ends()) cpu::wait_for_interrupt();
    }
}

void Guests::turn_to(Guest& guest) {
    if (&guest == current_) return;
    put_away(current_->cpu);
    make_current(guest.cpu);
    current_ = &guest;
    tell_switch(guest.number());
}

/// Gives up the guests that halted for good, and ends the run when no guest is left. True if it
/// gave one up.
bool Guests::end_waits_that_nothing_ends() {
    u32 left = 0;
    for (Guest* guest = guests_; guest != guests_ + count_; ++guest) left += !guest->ended;
    if (left == 0) end_machine(exit_value_);
    for (Guest* guest = guests_; guest != guests_ + count_; ++guest) {
        if (guest->ended || guest->can_wake()) continue;
        turn_to(*guest);
        give_up(guest->cpu, "the guest halted and no interrupt can wake it");
        return on_given_up(*guest), true;
    }
    return false;
}

void Guests::on_exit(Guest& guest, u32 value) {
    tell_exit(guest.number(), value);
    guest.ended = true;
    if (exit_value_ == 0) exit_value_ = u8(value);
}

void Guests::on_given_up(Guest& guest) {
    tell_stopped(guest.number());
    guest.ended = true;
    exit_value_ = failure_exit_value;
}

bool Guests::interrupt_pending(Guest& guest) {
    VirtualApic& apic = guest.cpu.apic;
    const bool pending = vmm::interrupt_pending(apic, guest.board.pic);
    if (!pending && !keeps_time_ && apic.timer_runs()) host_alarm::set(apic.timer_due());
    return pending;
}

void Guests::on_hardware_interrupt(unsigned line) {
    if (line == host_alarm::line) return host_alarm::acknowledge();
    if (!keeps_time_) return guests_[0].board.on_hardware_interrupt(line);
    if (line != irq::timer) return guests_[line == irq::com2].board.on_hardware_interrupt(line);
    host::end_of_interrupt(line);
    clock_.tick();
    turn_is_over_ = true;
    for (Guest& guest : guests_) guest.board.on_clock_tick();
}

}  // namespace ringside::vmm
