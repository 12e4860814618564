// Where far CALL and JMP lead: code segments, call gates, tasks. SDM 2A "CALL", "JMP".
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

struct FarTarget {
    u16 selector = 0;
    u64 offset = 0;
};

void far_jump(Exec& x, const FarTarget& target);
/// `size`: bytes of a pushed item where the operand decides; a gate has its own.
void far_call(Exec& x, const FarTarget& target, unsigned size);
/// Far RET: `released` bytes of parameters on the stack, and on an outer one.
void far_return(Exec& x, unsigned size, u64 released);

}  // namespace ringside::cpu
