// What IRET and the far RET of protected mode have in common: the code and the stack they go back
// to. SDM 2A "IRET/IRETD/IRETQ", SDM 2B "RET"; the order of checks is theirs.
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

struct ReturnTarget {
    isa::Selector selector;
    isa::Descriptor code;
    bool outer = false;  ///< to less privilege: the stack comes from the frame
    Segment stack;       ///< the stack to load
};

/// The code segment, and the stack in use as the one to load. False after a fault.
bool find_return_code(Exec& x, isa::Selector selector, ReturnTarget& target);
/// The stack of an outer ring. False after a fault.
bool find_outer_stack(Exec& x, u16 selector, ReturnTarget& target);
/// The last check (EIP against the limit) and the accessed bit. False after a fault.
bool accept_return(Exec& x, u64 ip, const ReturnTarget& target);
/// Loads CS:EIP, SS:ESP and CPL. Nothing can fault any more.
void load_return(Exec& x, u64 ip, u64 sp, const ReturnTarget& target);

}  // namespace ringside::cpu
