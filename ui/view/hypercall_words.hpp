// A hypercall in words: its name, and what each of its arguments is.
#pragma once
#include <span>
#include <string>

#include "sim/base/types.hpp"

namespace ringside::ui {

/// "sched_op (command = shutdown, argument = 0x1045c4)". `values`: the number, then the arguments
/// in the order of the interface, as the probe point "hypercall" tells them. Empty when the number
/// is none that we know.
std::string hypercall_words(std::span<const u64> values);

}  // namespace ringside::ui
