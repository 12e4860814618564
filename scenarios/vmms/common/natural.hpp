// The width that the manual calls natural: 64 bits in a VMM of 64-bit mode, 32 in the others. SDM
// 3C "VMCS Data": fields of natural width. A VMM of 64-bit mode is compiled with pointers of 32
// bits all the same, since it lies below 4 GiB.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

#if defined(__x86_64__) && defined(__ILP32__)
using Natural = u64;
inline constexpr bool long_mode = true;
template <class Long, class Legacy>
using ByMode = Long;
#else
using Natural = u32;
inline constexpr bool long_mode = false;
template <class Long, class Legacy>
using ByMode = Legacy;
#endif

}  // namespace ringside::vmm
