// What VM entries and VM exits do alike.
#pragma once
#include "sim/cpu/exec.hpp"
#include "sim/cpu/vmx/vmcs.hpp"

namespace ringside::cpu::vmx {

inline bool on(const Exec& x, const Vmcs& v, isa::ExitControl c) {
    return has(v.get(x.ram, isa::VmcsField::PRIMARY_VM_EXIT_CONTROLS), bit(u8(c)));
}
inline bool on(const Exec& x, const Vmcs& v, isa::EntryControl c) {
    return has(v.get(x.ram, isa::VmcsField::VM_ENTRY_CONTROLS), bit(u8(c)));
}

/// SDM 3C "Loading Guest Control Registers, Debug Registers, and MSRs": ET, NW, CD and the reserved
/// bits stay as they are.
constexpr u64 loaded_cr0(u64 old, u64 field) {
    using namespace isa::cr0;
    return merge(old, field, PE | MP | EM | TS | NE | WP | AM | PG);
}

/// Uses the translations of another context from now on. Without a VPID (0) every transition
/// forgets them. SDM 3C "Operations that Invalidate Cached Mappings".
void translate_as(Exec& x, const mem::TlbContext& context);

}  // namespace ringside::cpu::vmx
