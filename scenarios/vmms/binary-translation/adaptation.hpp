// Adaptation: which of the guest's ordinary instructions are copied, and which ask the VMM.
//
//               second trap
//     IDENT  ------------------>  SIMULATE
//    (copied) <------------------ (a call-out does it)
//               innocent 64 times in a row
//
// Every instruction begins innocent: it is copied. Some trap though they are ordinary, for what
// lies at their address, and will do it again:
//
//   a store to a page of translated code    costs that page's translations; the call-out drops only
//                                           the blocks whose bytes change
//   a store to a page table                 is traced (shadow_paging.hpp)
//   a load or store of the local APIC       finds no page there (virtual_apic.hpp)
//
// After the second trap the block is translated anew, with a call-out in the instruction's place.
// That goes on watching: an instruction that goes elsewhere for long enough is copied again. Quick
// to leave, slow to return: a trap costs far more than a call-out.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

class Adaptation {
  public:
    static constexpr u8 traps_to_leave = 2, innocent_to_return = 64;

    /// Is the instruction at this guest address to be simulated?
    bool simulated(u32 eip) const;
    /// Its copy trapped. True if it is to be simulated from now on.
    bool on_trap(u32 eip);
    /// Its call-out has run; would a copy have trapped? True if it is to be copied from now on.
    bool on_callout(u32 eip, bool would_have_trapped);

  private:
    struct Suspect {
        u32 eip = 0;
        u8 traps = 0;
        u8 innocent = 0;  ///< call-outs in a row that a copy would not have trapped at
    };
    static u32 slot(u32 eip) { return (eip ^ eip >> 8) % count; }

    static constexpr u32 count = 256;
    /// One per slot: a newcomer displaces who was there, who is then innocent again. A block that
    /// simulates it stays right, only slower.
    Suspect suspects_[count];
};

}  // namespace ringside::vmm
