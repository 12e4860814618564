// The guests, and whose turn it is.
//
//        runs --- HLT ---> halted            at every tick of the VMM's clock the turn goes on to
//        the
//         ^                  |               next guest that runs; with one guest there is no such
//         +--- interrupt ----+               clock, for it has the real timer
#pragma once
#include "scenarios/vmms/common/interrupt_sources.hpp"
#include "scenarios/vmms/common/virtual_board.hpp"
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"
#include "scenarios/vmms/common/watchdog.hpp"

namespace ringside::vmm {

struct Guest {
    explicit constexpr Guest(u32 number) : cpu(GuestMemory(number)), board(number) {}

    GuestCpu cpu;
    VirtualBoard board;
    Watchdog watchdog;
    bool halted = false;  ///< it waits for an interrupt
    bool ended = false;   ///< by its debug exit, or because the VMM gave it up

    u32 number() const { return cpu.memory.guest(); }
    bool can_run() { return !ended && (!halted || interrupt_pending(cpu.apic, board.pic)); }
    /// Can any interrupt still come to it?
    bool can_wake() const { return board.can_wake() || cpu.apic.timer_runs(); }
};

class Guests {
  public:
    /// Loads the guests and makes their processors and devices.
    void start(u32 magic, u32 boot_info);

    /// The guest to run next, with its VMCS made current. Waits in its place if all are halted;
    /// ends the run when none is left.
    Guest& next();
    /// The guest has left by the debug exit.
    void on_exit(Guest& guest, u32 value);
    /// The VMM cannot go on with it, and has said why.
    void on_given_up(Guest& guest);
    /// A real interrupt request, while a guest ran or the VMM waited.
    void on_hardware_interrupt(unsigned line);
    /// Has the guest an interrupt to take? If only its local APIC's timer will have one, the VMM is
    /// woken in time.
    bool interrupt_pending(Guest& guest);
    /// Has that guest's time just been measured by a tick of the VMM's clock?
    bool tick_ended_turn() const { return keeps_time_ && turn_is_over_; }

  private:
    void lend_devices(Guest& guest);
    void turn_to(Guest& guest);
    bool end_waits_that_nothing_ends();

    Guest guests_[most_guests] = {Guest(0), Guest(1)};
    u32 count_ = 0;
    Guest* current_ = nullptr;
    bool keeps_time_ = false;  ///< the real timer is the VMM's
    HostClock clock_;
    bool turn_is_over_ = true;
    u8 exit_value_ = 0;  ///< the first that is not 0
};

}  // namespace ringside::vmm
