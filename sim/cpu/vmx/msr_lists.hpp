// The MSR areas of VM entries and exits. SDM 3C "VM-Exit Controls for MSRs", "VM-Entry Controls for
// MSRs", "Loading MSRs", "Saving MSRs".
//
//   entry n, 16 bytes: | 127:64 value | 63:32 reserved, 0 | 31:0 index |
#pragma once
#include <optional>

#include "sim/cpu/exec.hpp"
#include "sim/cpu/vmx/vmcs.hpp"

namespace ringside::cpu::vmx {

/// What went wrong with an entry.
struct MsrListFailure {
    u32 number;  ///< of the entry, counted from 1
    int rule;    ///< index into isa::entry_rules: ML1 …
    u32 index;   ///< of the MSR
    u64 value;
};

/// Loads the MSRs of a list in order, up to the first that cannot be. An MSR that is not modelled
/// stops the machine: look at `x.pending`.
std::optional<MsrListFailure> load_msrs(Exec& x, u64 list, u32 count);
/// Stores them likewise; false at the first that cannot be.
bool store_msrs(Exec& x, u64 list, u32 count);

}  // namespace ringside::cpu::vmx
