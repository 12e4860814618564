// From decoded instructions to threaded code.
#pragma once
#include "sim/cpu/block.hpp"

namespace ringside::cpu {

/// Instructions that go somewhere else or whose successor must be looked at anew.
bool ends_block(const decode::Insn& i);

/// Binds each instruction to what executes it, and counts the block. Its instructions, with their
/// static cycles, are there already.
void bind_block(Block& block);

}  // namespace ringside::cpu
