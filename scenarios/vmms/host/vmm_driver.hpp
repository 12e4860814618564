// What the host kernel wants of the VMM that is its module. Each hosted technique defines these
// functions; the kernel knows no more of it.
#pragma once
#include "scenarios/vmms/common/loader.hpp"
#include "scenarios/vmms/host/system_calls.hpp"

namespace ringside::kernel::vmm_driver {

/// Makes the processor ready. Once, before any guest.
void start();
/// Makes guest `guest`, whose memory is loaded. It runs with the first run().
void create(u32 guest, const vmm::GuestMemory& memory, const vmm::LoadedGuest& loaded);

enum class Outcome : u8 {
    process,  ///< `state` is for the device process
    halted,   ///< the guest waits for an interrupt: run() again when can_run()
    kernel,   ///< a real interrupt ended the guest's turn: run() again when it has the next one
};
/// Runs the guest until something is to be done that is not the VMM's. On the next call after an IN
/// the guest gets `state.value`.
Outcome run(u32 guest, abi::RunState& state);
/// Is there an interrupt for the guest, so that it would not halt any longer?
bool can_run(u32 guest);
/// An edge on a request line of the guest's interrupt controller.
void interrupt(u32 guest, unsigned line);

}  // namespace ringside::kernel::vmm_driver
