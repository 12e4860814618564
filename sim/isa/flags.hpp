// EFLAGS. SDM 1 "EFLAGS Register". Freestanding.
#pragma once
#include "sim/base/bits.hpp"

namespace ringside::isa::flags {

inline constexpr u64 CF = bit(0);
inline constexpr u64 fixed = bit(1);  ///< always 1
inline constexpr u64 PF = bit(2);
inline constexpr u64 AF = bit(4);
inline constexpr u64 ZF = bit(6);
inline constexpr u64 SF = bit(7);
inline constexpr u64 TF = bit(8);
inline constexpr u64 IF = bit(9);
inline constexpr u64 DF = bit(10);
inline constexpr u64 OF = bit(11);
inline constexpr u64 IOPL = bit(12) | bit(13);
inline constexpr unsigned IOPL_shift = 12;
inline constexpr u64 NT = bit(14);
inline constexpr u64 RF = bit(16);
inline constexpr u64 VM = bit(17);
inline constexpr u64 AC = bit(18);
inline constexpr u64 VIF = bit(19);
inline constexpr u64 VIP = bit(20);
inline constexpr u64 ID = bit(21);

inline constexpr u64 status = CF | PF | AF | ZF | SF | OF;
inline constexpr u64 defined = status | TF | IF | DF | IOPL | NT | RF | VM | AC | VIF | VIP | ID;

}  // namespace ringside::isa::flags
