// From decoded instructions to threaded code.
#pragma once
#include "sim/cpu/block.hpp"
#include "sim/decode/decoder.hpp"

namespace ringside::cpu {

/// Instructions that go somewhere else or whose successor must be looked at anew.
bool ends_block(const decode::Insn& i);

/// Binds each instruction to what executes it, and counts the block. Its instructions, with their
/// static cycles, are there already. `traced`: sensitive instructions are reported.
void bind_block(Block& block, bool traced);

/// Other bytes stand where `b` was decoded. If they say the same but for an immediate or a
/// displacement, it is as if bound anew; else false, and nothing is done.
bool take_data(BoundInsn& b, const decode::Decoded& now);

}  // namespace ringside::cpu
