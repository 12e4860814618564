// What CPUID answers: the features that this CPU has, and no others. SDM 2A "CPUID". Freestanding.
#pragma once
#include "sim/base/bits.hpp"

namespace ringside::isa::cpuid {

struct Leaf {
    u32 eax, ebx, ecx, edx;
};

/// Feature bits of leaf 1.
inline constexpr u32 ecx_VMX = 1u << 5, ecx_MOVBE = 1u << 22, ecx_POPCNT = 1u << 23;
inline constexpr u32 edx_VME = 1u << 1, edx_DE = 1u << 2, edx_PSE = 1u << 3, edx_TSC = 1u << 4,
                     edx_MSR = 1u << 5, edx_CX8 = 1u << 8, edx_PGE = 1u << 13, edx_CMOV = 1u << 15,
                     edx_PAT = 1u << 16;

inline constexpr u32 highest_leaf = 1;
inline constexpr u32 highest_extended_leaf = 0x80000004;

/// Leaf 0 says "GenuineIntel" since it is Intel's rules that are modelled; the brand string says
/// what it really is. Out-of-range leaves answer as the highest basic leaf.
constexpr Leaf answer(u32 leaf) {
    switch (leaf) {
        case 0: return {highest_leaf, 0x756e6547, 0x6c65746e, 0x49656e69};
        case 0x80000000: return {highest_extended_leaf, 0, 0, 0};
        case 0x80000001: return {0, 0, 0, 0};
        // "Ringside simulated x86 CPU with VMX"
        case 0x80000002: return {0x676e6952, 0x65646973, 0x6d697320, 0x74616c75};
        case 0x80000003: return {0x78206465, 0x43203638, 0x77205550, 0x20687469};
        case 0x80000004: return {0x00584d56, 0, 0, 0};
        default:
            return {0x000006f0, 0, ecx_VMX | ecx_MOVBE | ecx_POPCNT,
                    edx_VME | edx_DE | edx_PSE | edx_TSC | edx_MSR | edx_CX8 | edx_PGE | edx_CMOV |
                        edx_PAT};
    }
}

}  // namespace ringside::isa::cpuid
