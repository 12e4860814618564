#include "sim/timing/profile.hpp"

namespace ringside::timing {
namespace {

constexpr const char* guess = "order of magnitude; not calibrated yet";

constexpr Profile table[] = {
    {
        .name = "simple",
        .title = "a cost for each class of instruction, TLB misses and transitions (all estimates)",
        .counts_only = false,
        .by_class = {{{1, true, guess},      // Simple
                      {1, true, guess},      // Load
                      {2, true, guess},      // Branch
                      {3, true, guess},      // Multiply
                      {25, true, guess},     // Divide
                      {20, true, guess},     // Microcoded
                      {60, true, guess},     // Serializing
                      {3, true, guess},      // String
                      {200, true, guess}}},  // Io
        .memory_operand = {1, true, guess},
        .tlb_miss = {5, true, guess},
        .walk_read = {4, true, guess},
        .repetition = {1, true, guess},
        .interrupt = {120, true, guess},
        .interrupt_return = {60, true, guess},
        .vm_entry = {400, true, guess},
        .vm_exit = {600, true, guess},
    },
    {
        .name = "off",
        .title = "one cycle an instruction: only counts",
        .counts_only = true,
        .by_class = {},
        .memory_operand = {},
        .tlb_miss = {},
        .walk_read = {},
        .repetition = {},
        .interrupt = {},
        .interrupt_return = {},
        .vm_entry = {},
        .vm_exit = {},
    },
};

}  // namespace

std::span<const Profile> profiles() { return table; }

const Profile* find_profile(std::string_view name) {
    for (const Profile& p : table)
        if (p.name == name) return &p;
    return nullptr;
}

const Profile& default_profile() { return table[0]; }

}  // namespace ringside::timing
