#include "tests/oracle/features.hpp"

namespace ringside::oracle {

const char* missing_feature(const Encoding& e, const Cpuid& cpuid) {
    struct Feature {
        ZydisISASet set;
        u32 leaf;
        unsigned reg, bit;  ///< reg: 0 to 3 for EAX to EDX
        const char* name;
    };
    static constexpr Feature features[] = {
        {ZYDIS_ISA_SET_BMI1, 7, 1, 3, "BMI1"},
        {ZYDIS_ISA_SET_BMI2, 7, 1, 8, "BMI2"},
        {ZYDIS_ISA_SET_ADOX_ADCX, 7, 1, 19, "ADX"},
        {ZYDIS_ISA_SET_LZCNT, 0x80000001, 2, 5, "LZCNT"},
        {ZYDIS_ISA_SET_MOVBE, 1, 2, 22, "MOVBE"},
        {ZYDIS_ISA_SET_POPCNT, 1, 2, 23, "POPCNT"},
        {ZYDIS_ISA_SET_SSE42, 1, 2, 20, "SSE4.2"},
        {ZYDIS_ISA_SET_RDWRFSGS, 7, 1, 0, "FSGSBASE"},
        {ZYDIS_ISA_SET_CMPXCHG16B, 1, 2, 13, "CMPXCHG16B"},
        {ZYDIS_ISA_SET_CLFLUSHOPT, 7, 1, 23, "CLFLUSHOPT"},
        {ZYDIS_ISA_SET_CLWB, 7, 1, 24, "CLWB"},
        {ZYDIS_ISA_SET_RDPID, 7, 2, 22, "RDPID"},
        {ZYDIS_ISA_SET_RDTSCP, 0x80000001, 3, 27, "RDTSCP"},
        {ZYDIS_ISA_SET_LAHF, 0x80000001, 2, 0, "LAHF in 64-bit mode"},
    };
    for (const Feature& f : features)
        if (f.set == e.isa_set && !(cpuid(f.leaf, f.reg) >> f.bit & 1)) return f.name;
    return nullptr;
}

}  // namespace ringside::oracle
