// Why a VM entry failed, in words: from the event VmEntryFailure and the table of the rules.
#pragma once
#include <string>

#include "sim/trace/event.hpp"

namespace ringside::trace {

/// In the event's `error_code`: the rule is about no field of the VMCS.
inline constexpr u32 no_field = ~u32{0};

struct EntryFailure {
    std::string rule;     ///< its id, such as "GS12"
    std::string field;    ///< the manual's name; empty where the rule is about none
    u64 value = 0;        ///< what was found there
    std::string allowed;  ///< what must hold; for control words and the like, which bits
    std::string source;   ///< the manual's title
    std::string shows;    ///< "VMfailValid 7", "VM exit, reason 33, qualification 4" …
    LinAddr address;      ///< of the VMLAUNCH or VMRESUME
    u64 instruction = 0;  ///< instructions retired before it

    /// "rule GS12: GUEST_SS_ACCESS_RIGHTS is 0xc091; allowed: …; SDM 3C "…""
    std::string words() const;
    bool operator==(const EntryFailure&) const = default;
};

/// `event` is a VmEntryFailure.
EntryFailure explain_entry_failure(const Event& event);

}  // namespace ringside::trace
