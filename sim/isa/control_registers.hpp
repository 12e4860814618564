// CR0, CR3, CR4, EFER. SDM 3A "Control Registers". Freestanding.
#pragma once
#include "sim/base/bits.hpp"

namespace ringside::isa {

namespace cr0 {
inline constexpr u64 PE = bit(0), MP = bit(1), EM = bit(2), TS = bit(3), ET = bit(4), NE = bit(5),
                     WP = bit(16), AM = bit(18), NW = bit(29), CD = bit(30), PG = bit(31);
}
namespace cr4 {
inline constexpr u64 VME = bit(0), PVI = bit(1), TSD = bit(2), DE = bit(3), PSE = bit(4),
                     PAE = bit(5), MCE = bit(6), PGE = bit(7), PCE = bit(8), OSFXSR = bit(9),
                     OSXMMEXCPT = bit(10), UMIP = bit(11), VMXE = bit(13), SMXE = bit(14),
                     FSGSBASE = bit(16), PCIDE = bit(17), OSXSAVE = bit(18), SMEP = bit(20),
                     SMAP = bit(21);
}
inline constexpr u64 pcid_mask = 0xfff;       ///< of CR3, with CR4.PCIDE
inline constexpr u64 cr3_no_flush = bit(63);  ///< of a value moved to CR3, with CR4.PCIDE
namespace efer {
inline constexpr u64 SCE = bit(0), LME = bit(8), LMA = bit(10), NXE = bit(11);
}

}  // namespace ringside::isa
