// The interruption-information format shared by three VMCS fields.
// SDM 3C "VM-Entry Controls for Event Injection", "Information for VM Exits Due to Vectored
// Events".
//
//   | 31 valid | 12 NMI unblocking | 11 error code valid | 10:8 type | 7:0 vector |
#pragma once
#include "sim/cpu/delivery.hpp"

namespace ringside::cpu::vmx::interruption {

inline constexpr u32 valid = 1u << 31, error_code_valid = 1u << 11, nmi_unblocking = 1u << 12;
enum Type : u8 {
    external = 0,
    reserved = 1,
    nmi = 2,
    hardware_exception = 3,
    software_interrupt = 4,
    privileged_software = 5,
    software_exception = 6,
    other = 7
};

constexpr Type type(u32 info) { return Type((info >> 8) & 7); }
constexpr u8 vector(u32 info) { return u8(info); }
/// An event that an instruction asked for: INT n, INT3, INTO, INT1.
constexpr bool by_instruction(u32 info) {
    return (info & valid) &&
           (type(info) == software_interrupt || type(info) == privileged_software ||
            type(info) == software_exception);
}

constexpr u32 describe(const Delivery& d) {
    constexpr Type types[] = {external,           hardware_exception,  software_interrupt,
                              software_exception, privileged_software, nmi};
    return valid | (d.has_error_code ? error_code_valid : 0) | u32(types[d.kind]) << 8 | d.vector;
}

}  // namespace ringside::cpu::vmx::interruption
