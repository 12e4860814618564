// Hardware task switching: by far CALL and JMP, through task gates, and back by IRET.
// SDM 3A "Task Management".
#pragma once
#include "sim/cpu/delivery.hpp"

namespace ringside::cpu {

/// Far CALL or JMP to a TSS or task gate. `d`: the descriptor that the selector names.
void far_transfer_to_task(Exec& x, isa::Selector selector, isa::Descriptor d, bool call);
/// An interrupt or exception through a task gate of the IDT.
void deliver_to_task(Exec& x, const Delivery& event, isa::Descriptor gate);
/// IRET with EFLAGS.NT: back to the task whose TSS the back link names.
void return_from_task(Exec& x);

}  // namespace ringside::cpu
