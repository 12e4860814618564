// CPU profiles: what things cost, in cycles, each with where the number comes from.
#pragma once
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "sim/isa/instructions.hpp"

namespace ringside::timing {

/// A cost and its standing. An estimate is never tested and is shown as such.
struct Cost {
    u16 cycles = 0;
    bool estimate = true;
    const char* source = "";
};

struct Profile {
    const char* name;
    const char* title;
    bool counts_only;              ///< one cycle an instruction, nothing else: timing is off
    std::array<Cost, 9> by_class;  ///< in the order of isa::Timing
    Cost memory_operand, tlb_miss, walk_read, repetition;
    Cost interrupt, interrupt_return, vm_entry, vm_exit;  ///< transitions

    const Cost& of(isa::Timing t) const { return by_class[size_t(t)]; }
};

std::span<const Profile> profiles();
/// Null when there is none of that name.
const Profile* find_profile(std::string_view name);
/// The one used when nobody asks: "simple".
const Profile& default_profile();

}  // namespace ringside::timing
