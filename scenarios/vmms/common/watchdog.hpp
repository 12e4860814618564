// The watchdog: tells a guest that will never let anybody in again from one that is only busy.
//
// A VMM gets the processor back at every tick of its clock, so no guest can keep it from the other
// guest. But a guest that loops with interrupts off (`cli; jmp $`) would loop for ever, and nobody
// would be told. So the VMM counts the ticks in a row at which
//   - the guest runs,
//   - no interrupt can reach it: its IF is 0, or its interrupt controller lets none through
//     (`jmp $` with IF = 1 is then as hopeless), and
//   - since the tick before, it took no interrupt and accessed no device: a loop that reads or
//     writes a port may be waiting for somebody,
// and stops it after so many that no kernel is busy for so long. Linux calls ten seconds of this a
// hard lockup. A guest that loops where interrupts can reach it may be idle: it is never stopped.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

class Watchdog {
  public:
    static constexpr u32 usual = 10'000;  ///< ticks of a millisecond
    static constexpr u32 not_asked_for = ~0u;

    /// What the option watchdog=N says, 0 for never. not_asked_for: the usual.
    void set(u32 option) { ticks_ = option == not_asked_for ? usual : option; }
    /// The guest took an interrupt, or accessed a device.
    void saw_it_alive() { deaf_ = 0; }
    /// A tick found the guest running. True if it is to be stopped.
    bool tick(bool can_be_interrupted) {
        deaf_ = can_be_interrupted ? 0 : deaf_ + 1;
        return ticks_ != 0 && deaf_ >= ticks_;
    }

    // What is said then: cause, ticks(), what would be right; and behind it where the guest is.
    static constexpr const char* cause = "the guest loops, and no interrupt can reach it: for ";
    static constexpr const char* remedy =
        " ticks it had interrupts off, or all its lines masked, and accessed no device; STI, with "
        "a line open in its interrupt controller, would let others in,";
    u32 ticks() const { return ticks_; }

  private:
    u32 ticks_ = usual, deaf_ = 0;
};

}  // namespace ringside::vmm
