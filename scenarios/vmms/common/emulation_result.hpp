// What became of an instruction that the VMM was to do for the guest.
#pragma once
#include "scenarios/vmms/common/decode.hpp"
#include "scenarios/vmms/common/fault.hpp"
#include "scenarios/vmms/common/trap_frame.hpp"

namespace ringside::vmm {

enum class Emulation : u8 {
    Done,        ///< the instruction is complete; EIP is past it, or where it jumped
    Faulted,     ///< it raised `fault` in the guest
    NotHandled,  ///< not an instruction that this function knows: the hardware's own fault stands
};
struct EmulationResult {
    Emulation kind;
    Fault fault{};
};

/// The instruction is done: go on after it, or with its fault.
inline EmulationResult finish(TrapFrame& frame, const Insn& insn, Fault f) {
    if (f) return {Emulation::Faulted, f};
    frame.eip += insn.length;
    return {Emulation::Done};
}

}  // namespace ringside::vmm
