// The guest's segment registers, as the VMCS has them. SDM 3C "Guest Register State".
#pragma once
#include "scenarios/vmms/common/vmx/instructions.hpp"
#include "sim/isa/descriptors.hpp"

namespace ringside::vmm {

/// In the order of their fields' encodings.
enum class SegmentRegister : u8 { ES, CS, SS, DS, FS, GS, LDTR, TR };

/// The four fields of a segment register have encodings of one pattern: those of ES, and 2 more for
/// each register on. SDM 3D "Field Encoding in VMCS".
constexpr vmx::Field field_of(SegmentRegister r, vmx::Field of_es) {
    return vmx::Field(u32(of_es) + 2 * u32(r));
}
static_assert(field_of(SegmentRegister::TR, vmx::Field::GUEST_ES_LIMIT) ==
              vmx::Field::GUEST_TR_LIMIT);

namespace access_rights {
inline constexpr u32 unusable = 1u << 16;
inline constexpr u32 code64 = 1u << 13;  ///< L
inline constexpr u32 v8086 = 0xf3;       ///< present, ring 3, data
constexpr u32 of(isa::Descriptor d) {
    return u32(field(d.raw, 47, 40) | field(d.raw, 55, 52) << 12);
}
}  // namespace access_rights

inline void write_segment(SegmentRegister r, u16 selector, Natural base, u32 limit, u32 rights) {
    using vmx::Field, vmx::write;
    write(field_of(r, Field::GUEST_ES_SELECTOR), selector);
    write(field_of(r, Field::GUEST_ES_BASE), base);
    write(field_of(r, Field::GUEST_ES_LIMIT), limit);
    write(field_of(r, Field::GUEST_ES_ACCESS_RIGHTS), rights);
}
inline void write_segment(SegmentRegister r, u16 selector, isa::Descriptor d) {
    write_segment(r, selector, d.base(), d.limit(), access_rights::of(d));
}

}  // namespace ringside::vmm
