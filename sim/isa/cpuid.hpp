// What CPUID answers: the features that this CPU has, and no others. SDM 2A "CPUID". Freestanding.
#pragma once
#include "sim/isa/paging.hpp"

namespace ringside::isa::cpuid {

struct Leaf {
    u32 eax, ebx, ecx, edx;
};

/// Feature bits of leaf 1.
inline constexpr u32 ecx_MONITOR = 1u << 3, ecx_VMX = 1u << 5, ecx_CX16 = 1u << 13,
                     ecx_PCID = 1u << 17, ecx_MOVBE = 1u << 22, ecx_POPCNT = 1u << 23,
                     ecx_RDRAND = 1u << 30;
inline constexpr u32 edx_VME = 1u << 1, edx_DE = 1u << 2, edx_PSE = 1u << 3, edx_TSC = 1u << 4,
                     edx_MSR = 1u << 5, edx_PAE = 1u << 6, edx_CX8 = 1u << 8, edx_APIC = 1u << 9,
                     edx_SEP = 1u << 11, edx_PGE = 1u << 13, edx_CMOV = 1u << 15,
                     edx_PAT = 1u << 16, edx_PSE36 = 1u << 17, edx_CLFSH = 1u << 19;
/// Leaf 1, EBX bits 15:8: the bytes that CLFLUSH flushes, in units of 8.
inline constexpr u32 ebx_clflush_line = (64 / 8) << 8;

/// Leaf 5: the smallest and the largest line that MONITOR watches, in bytes; extensions are told of
/// (there is none); MWAIT has one sub-state, of C1.
inline constexpr u32 monitor_line = 64, leaf5_ecx_enumerates = 1, leaf5_edx_one_C1 = 0x10;

/// Leaf 7. CRC32 runs too, though SSE4.2, which would announce it, is not here.
inline constexpr u32 leaf7_ebx_FSGSBASE = 1u << 0, leaf7_ebx_BMI1 = 1u << 3,
                     leaf7_ebx_SMEP = 1u << 7, leaf7_ebx_BMI2 = 1u << 8,
                     leaf7_ebx_INVPCID = 1u << 10, leaf7_ebx_RDSEED = 1u << 18,
                     leaf7_ebx_ADX = 1u << 19, leaf7_ebx_SMAP = 1u << 20,
                     leaf7_ebx_CLFLUSHOPT = 1u << 23, leaf7_ebx_CLWB = 1u << 24,
                     leaf7_ecx_UMIP = 1u << 2, leaf7_ecx_RDPID = 1u << 22;
/// The leaf of extended features.
inline constexpr u32 extended_features = 0x80000001;
/// Leaf 80000001H. SYSCALL is told to 64-bit mode only: it exists there only.
inline constexpr u32 extended_ecx_LAHF64 = 1u << 0, extended_ecx_LZCNT = 1u << 5,
                     extended_ecx_PREFETCHW = 1u << 8;
inline constexpr u32 extended_edx_SYSCALL = 1u << 11, extended_edx_NX = 1u << 20,
                     extended_edx_Page1GB = 1u << 26, extended_edx_RDTSCP = 1u << 27,
                     extended_edx_LM = 1u << 29;

inline constexpr u32 highest_leaf = 7;
inline constexpr u32 highest_extended_leaf = 0x80000008;

/// Leaf 0 says "GenuineIntel" since it is Intel's rules that are modelled; the brand string says
/// what it really is. Out-of-range leaves answer as the highest basic leaf.
constexpr Leaf answer(u32 leaf, u32 subleaf = 0) {
    switch (leaf) {
        case 0: return {highest_leaf, 0x756e6547, 0x6c65746e, 0x49656e69};
        case 0x80000000: return {highest_extended_leaf, 0, 0, 0};
        case extended_features:
            return {0, 0, extended_ecx_LAHF64 | extended_ecx_LZCNT | extended_ecx_PREFETCHW,
                    extended_edx_SYSCALL | extended_edx_NX | extended_edx_Page1GB |
                        extended_edx_RDTSCP | extended_edx_LM};
        // "Ringside simulated x86 CPU with VMX"
        case 0x80000002: return {0x676e6952, 0x65646973, 0x6d697320, 0x74616c75};
        case 0x80000003: return {0x78206465, 0x43203638, 0x77205550, 0x20687469};
        case 0x80000004: return {0x00584d56, 0, 0, 0};
        // Nothing to say about caches and power.
        case 0x80000005:
        case 0x80000006:
        case 0x80000007: return {0, 0, 0, 0};
        case 0x80000008: return {paging::physical_bits | paging::linear_bits << 8, 0, 0, 0};
        case 1:
            return {
                0x000006f0, ebx_clflush_line,
                ecx_MONITOR | ecx_VMX | ecx_CX16 | ecx_PCID | ecx_MOVBE | ecx_POPCNT | ecx_RDRAND,
                edx_VME | edx_DE | edx_PSE | edx_TSC | edx_MSR | edx_PAE | edx_CX8 | edx_APIC |
                    edx_SEP | edx_PGE | edx_CMOV | edx_PAT | edx_PSE36 | edx_CLFSH};
        // Nothing to say about caches, serial numbers and power.
        case 2: return {1, 0, 0, 0};
        case 3:
        case 4:
        case 6: return {0, 0, 0, 0};
        case 5: return {monitor_line, monitor_line, leaf5_ecx_enumerates, leaf5_edx_one_C1};
        default:
            if (subleaf != 0) return {0, 0, 0, 0};
            return {0,
                    leaf7_ebx_FSGSBASE | leaf7_ebx_BMI1 | leaf7_ebx_SMEP | leaf7_ebx_BMI2 |
                        leaf7_ebx_INVPCID | leaf7_ebx_RDSEED | leaf7_ebx_ADX | leaf7_ebx_SMAP |
                        leaf7_ebx_CLFLUSHOPT | leaf7_ebx_CLWB,
                    leaf7_ecx_UMIP | leaf7_ecx_RDPID, 0};
    }
}

}  // namespace ringside::isa::cpuid
