// The EPT pointer. SDM 3C "Extended-Page-Table Pointer (EPTP)".
#pragma once
#include "sim/isa/msrs.hpp"

namespace ringside::cpu::vmx {

// The rules EC23, EC24 and EC26, one by one. EC25 holds for every pointer: this CPU has the
// accessed and dirty flags that bit 6 turns on.
namespace eptp {

namespace cap = isa::vmx_capability;

constexpr u64 uncacheable = 0, write_back = 6;
constexpr bool good_memory_type(u64 p) {
    const u64 type = field(p, 2, 0);
    return (type == write_back && has(cap::ept_vpid, bit(14))) ||
           (type == uncacheable && has(cap::ept_vpid, bit(8)));
}
constexpr bool good_walk_length(u64 p) { return field(p, 5, 3) == 3; }
static_assert(has(cap::ept_vpid, bit(21)));
constexpr bool reserved_clear(u64 p) {
    return field(p, 11, 7) == 0 && p >> cap::physical_bits == 0;
}
constexpr bool valid(u64 p) {
    return good_memory_type(p) && good_walk_length(p) && reserved_clear(p);
}

}  // namespace eptp
}  // namespace ringside::cpu::vmx
