// What may differ between two CPUs that both keep to the manual: flags and results that the SDM
// leaves undefined, by instruction and condition, and what each vendor's processors make of them.
#pragma once
#include <span>

#include "sim/decode/insn.hpp"

namespace ringside::oracle {

/// Whose processor answers.
enum class Vendor : u8 { Intel, Amd, Qemu };

/// What must be known of the operands for a row to apply; where it is not known, it applies.
enum class When : u8 {
    Always,
    CountNotZero,
    CountAboveOne,
    CountAtLeastWidth,
    CountAboveWidth,
    Width16,
};

struct Undefined {
    isa::Op op;
    When when;
    u64 sdm;          ///< flags that the SDM leaves undefined
    bool sdm_result;  ///< so is the destination
    // What is left out of the comparison with each vendor, in flags and result.
    u64 intel, amd, qemu;
    bool intel_result, amd_result, qemu_result;
    const char* source;  ///< volume and title
};

std::span<const Undefined> undefined_table();

/// The count of a shift, where it is known before the instruction runs.
struct Count {
    bool known = false;
    u8 value = 0;
};

struct Mask {
    u64 flags = 0;
    bool result = false;
};
/// Everything that is not to be compared after this instruction.
Mask mask_of(const decode::Insn& i, Count count, Vendor vendor);

}  // namespace ringside::oracle
