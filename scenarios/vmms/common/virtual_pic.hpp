// The guest's pair of 8259A interrupt controllers.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

class VirtualPic {
  public:
    u8 in(u16 port);
    void out(u16 port, u8 byte);

    /// An edge on request line 0..15.
    void raise(unsigned irq);
    /// Is there a request that the CPU would take if IF is 1?
    bool pending() const { return master_.best() >= 0; }
    /// Would a request on line 0..15 reach the CPU? Not if it is masked, or one that comes before
    /// it is still in service.
    bool open(unsigned irq) const;
    /// The CPU takes the interrupt: its vector. Call it only while pending().
    u8 acknowledge();

  private:
    struct Chip {
        u8 requested = 0, in_service = 0, masked = 0xff;
        u8 vector_base = 0;
        u8 init_step = 0;  ///< the ICW expected next at the data port, 0 when none is
        bool needs_icw4 = false, auto_eoi = false, read_in_service = false;

        void command(u8 byte);
        void data(u8 byte);
        /// The line to serve next, -1 for none. Line 0 comes first, and a line in service holds
        /// back itself and those behind it.
        int best() const;
        void take(unsigned line);
    };
    void update_cascade();

    Chip master_, slave_;
};

}  // namespace ringside::vmm
