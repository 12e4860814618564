// What answers the guest's IN and OUT.
//
//   interrupt controllers   virtual: the real ones are the VMM's
//   timer                   the real one, lent: the VMM needs none. Its interrupt is the VMM's,
//                           which hands it on. With two guests each has a virtual one
//   COM1                    a real port: COM(k+1) for guest k
//   0x80                    virtual: a byte, which reads as what was written last
//   0xE9                    the real one
//   debug exit              not here: the VMM ends the guest
//   anything else           an empty bus: reads as ones
#pragma once
#include "scenarios/vmms/common/host_clock.hpp"
#include "scenarios/vmms/common/virtual_pic.hpp"
#include "scenarios/vmms/common/virtual_pit.hpp"

namespace ringside::vmm {

class VirtualBoard {
  public:
    explicit constexpr VirtualBoard(u32 guest = 0) : guest_(guest) {}

    /// `width` is 1, 2 or 4 bytes.
    u32 in(u16 port, unsigned width);
    void out(u16 port, u32 value, unsigned width);

    /// Before connect(): the real timer is this clock's, so the guest gets a virtual one.
    void use_virtual_timer(HostClock& clock) { clock_ = &clock; }
    /// The clock has ticked: the virtual timer may have something to say.
    void on_clock_tick();

    /// Lets the interrupts of the devices that the guest has through. Call it once.
    void connect();
    /// A real interrupt request arrived: acknowledges it and passes it to the guest's controller.
    void on_hardware_interrupt(unsigned line);
    /// Can any interrupt still come that would wake the guest?
    bool can_wake() const;

    /// Has it reset its machine? There is no way back into it then.
    bool was_reset() const { return reset_; }

    VirtualPic pic;
    u8 post_code = 0;  ///< port 0x80: the last power-on self-test code

  private:
    u32 guest_;
    HostClock* clock_ = nullptr;
    VirtualPit timer_;
    bool reset_ = false;
};

}  // namespace ringside::vmm
