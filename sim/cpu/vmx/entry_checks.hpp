// The VM-entry checks as named rules. SDM 3C "Checks on VMX Controls and Host-State Area",
// "Checking and Loading Guest State".
#pragma once
#include <optional>

#include "sim/cpu/exec.hpp"
#include "sim/cpu/vmx/vmcs.hpp"
#include "sim/isa/entry_rules.hpp"

namespace ringside::cpu::vmx {

/// The first rule that a VMCS breaks.
struct BrokenRule {
    int rule;              ///< index into isa::entry_rules
    isa::VmcsField field;  ///< the field to look at; trace::no_field for the basic checks
    u64 value;             ///< what it holds
};

/// Controls (channel Controls7), then host state (Host8), in the table's order. `long_mode`:
/// IA32_EFER.LMA of the VMM that enters.
std::optional<BrokenRule> check_controls_and_host(const mem::Ram& ram, const Vmcs& vmcs,
                                                  bool long_mode);
/// Guest state (channel Guest33).
std::optional<BrokenRule> check_guest(const mem::Ram& ram, const Vmcs& vmcs);
/// The event that tells why a VM entry fails.
void report_broken(Exec& x, const BrokenRule& broken);
/// Is this rule checked by the two functions above (the others concern features that cannot be
/// enabled here)?
bool rule_is_checked(int rule);

}  // namespace ringside::cpu::vmx
