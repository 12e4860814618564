// Random user-mode instructions whose memory operands stay in the data page.
#pragma once
#include <random>
#include <vector>

#include "sim/decode/insn.hpp"

namespace ringside::oracle {

struct RandomInsn {
    std::vector<u8> bytes;
    decode::Insn insn;
};

/// One instruction out of the rows that user code may run and that stay where they are. ESP is
/// never its destination, unless by PUSH and POP.
RandomInsn random_instruction(std::mt19937_64& random);

/// The flags that the manual leaves undefined after this instruction, given the count in CL.
/// SDM 1 "EFLAGS Cross-Reference".
u64 undefined_flags(const decode::Insn& i, u8 cl);

}  // namespace ringside::oracle
