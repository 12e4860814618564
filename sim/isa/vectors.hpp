// Exception vectors. SDM 3A "Exception and Interrupt Vectors". Freestanding.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::isa {

enum class Vector : u8 {
    DE = 0,
    DB = 1,
    NMI = 2,
    BP = 3,
    OF = 4,
    BR = 5,
    UD = 6,
    NM = 7,
    DF = 8,
    TS = 10,
    NP = 11,
    SS = 12,
    GP = 13,
    PF = 14,
    MF = 16,
    AC = 17,
    MC = 18,
    XM = 19,
    VE = 20,
    CP = 21,
};

/// Vectors that push an error code. SDM 3A "Error Code".
constexpr bool pushes_error_code(u8 vector) {
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21;
}
/// "#GP" and so on; "vector n" has no short name here and gives nullptr.
constexpr const char* vector_name(u8 vector) {
    constexpr const char* names[] = {"#DE", "#DB",   "NMI", "#BP", "#OF", "#BR", "#UD", "#NM",
                                     "#DF", nullptr, "#TS", "#NP", "#SS", "#GP", "#PF", nullptr,
                                     "#MF", "#AC",   "#MC", "#XM", "#VE", "#CP"};
    return vector < sizeof(names) / sizeof(names[0]) ? names[vector] : nullptr;
}

/// Error code of #PF. SDM 3A "Interrupt 14—Page-Fault Exception (#PF)".
namespace pf {
inline constexpr u32 P = 1u << 0;     ///< 0: not present; 1: protection
inline constexpr u32 W = 1u << 1;     ///< a write
inline constexpr u32 U = 1u << 2;     ///< a user-mode access
inline constexpr u32 RSVD = 1u << 3;  ///< a reserved bit was 1
inline constexpr u32 I = 1u << 4;     ///< an instruction fetch
}  // namespace pf

/// Error codes with a selector. SDM 3A "Error Code".
namespace selector_error {
inline constexpr u32 EXT = 1u << 0;
inline constexpr u32 IDT = 1u << 1;
inline constexpr u32 TI = 1u << 2;
}  // namespace selector_error

}  // namespace ringside::isa
