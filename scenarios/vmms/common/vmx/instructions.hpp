// The VMX instructions and the fields of the current VMCS. SDM 3C "VMX Instruction Reference".
#pragma once
#include "scenarios/vmms/common/serial.hpp"
#include "sim/isa/vmcs_fields.hpp"
#include "sim/isa/vmx.hpp"

namespace ringside::vmm::vmx {

using Field = isa::VmcsField;

// Each of these instructions reports failure by CF or ZF; "setna" is true if either is set.
inline bool vmxon(u64 region) {
    bool failed;
    asm volatile("vmxon %1\n\tsetna %0" : "=qm"(failed) : "m"(region) : "cc", "memory");
    return !failed;
}
inline bool vmclear(u64 region) {
    bool failed;
    asm volatile("vmclear %1\n\tsetna %0" : "=qm"(failed) : "m"(region) : "cc", "memory");
    return !failed;
}
inline bool vmptrld(u64 region) {
    bool failed;
    asm volatile("vmptrld %1\n\tsetna %0" : "=qm"(failed) : "m"(region) : "cc", "memory");
    return !failed;
}

/// What INVVPID forgets. SDM 3C "INVVPID".
enum class Invvpid : u32 { one_address = 0, one_context = 1 };
inline void invvpid(Invvpid type, u16 vpid, Natural linear) {
    const struct { u64 vpid, linear; } what{vpid, linear};
    bool failed;
    asm volatile("invvpid %1, %2\n\tsetna %0"
                 : "=qm"(failed)
                 : "m"(what), "r"(Natural(type))
                 : "cc", "memory");
    if (failed) stop("INVVPID of type ", u32(type), " failed");
}

/// A field, as far as it fits: without 64-bit mode only the low half of a 64-bit field.
inline Natural read(Field field) {
    Natural value;
    asm volatile("vmread %1, %0" : "=r"(value) : "r"(Natural(field)) : "cc");
    return value;
}
inline void write(Field field, Natural value) {
    bool failed;
    asm volatile("vmwrite %1, %2\n\tsetna %0"
                 : "=qm"(failed)
                 : "r"(value), "r"(Natural(field))
                 : "cc");
    if (failed) stop("VMWRITE of field ", Hex{u32(field)}, " failed");
}
/// All of a 64-bit field. Without 64-bit mode it takes two accesses: the high half has the next
/// encoding.
inline void write64(Field field, u64 value) {
    write(field, Natural(value));
    if constexpr (!long_mode) write(Field(u32(field) | 1), Natural(value >> 32));
}
inline u64 read64(Field field) {
    if constexpr (long_mode) return read(field);
    return read(field) | u64(read(Field(u32(field) | 1))) << 32;
}

constexpr u32 control(isa::PinBased c) { return 1u << u8(c); }
constexpr u32 control(isa::ProcBased c) { return 1u << u8(c); }
constexpr u32 control(isa::ProcBased2 c) { return 1u << u8(c); }
constexpr u32 control(isa::ExitControl c) { return 1u << u8(c); }
constexpr u32 control(isa::EntryControl c) { return 1u << u8(c); }

}  // namespace ringside::vmm::vmx
