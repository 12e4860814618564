#include "sim/trace/entry_failure.hpp"

#include <fmt/format.h>

#include <string_view>

#include "sim/isa/entry_rules.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/isa/vmcs_fields.hpp"

namespace ringside::trace {
namespace {

using isa::EntryChannel;
using isa::EntryRule;
namespace cap = isa::vmx_capability;

/// A rule that says which bits must be 1 and which may be 1.
struct Bits {
    std::string_view rule;
    u64 must, may;
};
constexpr Bits bits_of(std::string_view rule, cap::Allowed a) { return {rule, a.must, a.may}; }
constexpr Bits bit_rules[] = {
    bits_of("EC1", cap::pin),
    bits_of("EC2", cap::primary),
    bits_of("EC3", cap::secondary),
    {"EC30", 0, cap::vm_functions},
    bits_of("XC1", cap::exit),
    bits_of("NC1", cap::entry),
    {"HC1", cap::cr0_fixed0, cap::cr0_fixed1},
    {"HC2", cap::cr4_fixed0, cap::cr4_fixed1},
    {"GC1", cap::cr0_fixed0, cap::cr0_fixed1},
    {"GC3", cap::cr4_fixed0, cap::cr4_fixed1},
};

std::string allowed(const EntryRule& rule, u64 value) {
    std::string text = rule.text;
    for (const Bits& b : bit_rules) {
        if (b.rule != rule.id) continue;
        text += fmt::format("; bits that must be 1: {:#x}, that may be 1: {:#x}", b.must, b.may);
        if (b.must & ~value) text += fmt::format("; 0 but must be 1: {:#x}", b.must & ~value);
        if (value & ~b.may) text += fmt::format("; 1 but must be 0: {:#x}", value & ~b.may);
    }
    return text;
}

/// SDM 3C "VM Instruction Error Numbers".
unsigned error_number(std::string_view rule) {
    if (rule == "B6") return unsigned(isa::VmError::entry_blocked_by_mov_ss);
    return unsigned(rule == "B7" ? isa::VmError::vmlaunch_not_clear
                                 : isa::VmError::vmresume_not_launched);
}

std::string shows(const EntryRule& rule) {
    switch (rule.channel) {
        case EntryChannel::Fault: return "a fault";
        case EntryChannel::Exit: return "VM exit";
        case EntryChannel::FailInvalid: return "VMfailInvalid";
        case EntryChannel::FailValid: return fmt::format("VMfailValid {}", error_number(rule.id));
        case EntryChannel::Controls7: return "VMfailValid 7";
        case EntryChannel::Host8: return "VMfailValid 8";
        case EntryChannel::Guest33:
            return fmt::format("VM exit, reason 33, qualification {}", rule.qualification);
        case EntryChannel::MsrLoading34:
            return "VM exit, reason 34, qualification: the number of the entry";
    }
    return "";
}

/// The basic checks tell what fails, the others what must hold.
bool tells_what_fails(const EntryRule& rule) { return rule.id[0] == 'B'; }

}  // namespace

EntryFailure explain_entry_failure(const Event& event) {
    const EntryRule& rule = isa::entry_rules[event.a];
    EntryFailure f;
    f.rule = rule.id;
    if (const int slot = isa::vmcs_slot(event.error_code); slot >= 0)
        f.field = isa::vmcs_fields[slot].name;
    f.value = event.b;
    f.allowed = tells_what_fails(rule) ? std::string("not: ") + rule.text : allowed(rule, event.b);
    f.source = fmt::format("SDM 3C \"{}\"", rule.title);
    f.shows = shows(rule);
    f.address = event.address;
    f.instruction = event.instruction;
    return f;
}

std::string EntryFailure::words() const {
    const bool of_list = rule.starts_with("ML");
    const std::string what = field.empty() ? fmt::format("found {:#x}", value)
                             : of_list     ? fmt::format("MSR {:#x} of {}", value, field)
                                           : fmt::format("{} is {:#x}", field, value);
    return fmt::format("rule {}: {}; allowed: {}; {}; shows as {}", rule, what, allowed, source,
                       shows);
}

}  // namespace ringside::trace
