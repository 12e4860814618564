// An instance of an encoding on its way into a trial.
#pragma once
#include <optional>
#include <vector>

#include "tests/oracle/trial_builder.hpp"

namespace ringside::oracle {

/// Memory operands lie around the boundary of the two data pages, the stack and frames below.
inline constexpr u64 window_at = 0xf00, window_bytes = 0x200, stack_at = 0x800, frame_at = 0x600;

struct TrialBuilder::Draft {
    std::vector<u8> bytes;
    u16 used = 0;  ///< registers that an address stands on
    Decoding d;
    bool uncertain = false;     ///< see Placed
    bool elsewhere = false;     ///< an override moved the memory operand
    std::optional<u64> target;  ///< of the memory operand: offset from data_at
    const decode::Insn& i() const { return d.insn; }
};

}  // namespace ringside::oracle
