// What brings a guest under binary translation to the VMM, and how it goes on: the translator is
// called here, and so is the emulation of what translated code cannot do.
#pragma once
#include "scenarios/vmms/binary-translation/translator.hpp"
#include "scenarios/vmms/common/guest.hpp"

namespace ringside::vmm {

/// One guest, and its translation.
struct Monitor {
    Guest guest;
    CodeCache cache;
    Adaptation adaptation;
    Translator translator{cache, adaptation};
};

/// Makes `frame`, the guest's first registers, those of its first translated block. `cache_size` in
/// bytes.
void start_guest(Monitor& m, TrapFrame& frame, u32 cache_size);
/// A trap, fault or interrupt: the guest goes on as the frame says on return.
void on_trap(Monitor& m, TrapFrame& frame);

}  // namespace ringside::vmm
