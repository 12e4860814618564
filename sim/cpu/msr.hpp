// Model-specific registers as RDMSR, WRMSR and the MSR lists of VM entries and exits see them.
// SDM 4 "Model-Specific Registers (MSRs)"; SDM 3D "VMX Capability Reporting Facility".
#pragma once
#include <optional>

#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

/// The value that RDMSR gives at CPL 0; nothing where it would give #GP(0).
std::optional<u64> read_msr(const Exec& x, u32 index);

struct MsrWrite {
    enum Outcome : u8 {
        Done,
        Refused,  ///< WRMSR would give #GP(0)
        NotModelled
    } outcome;
    const char* what = nullptr;  ///< NotModelled: by name
};
/// What WRMSR does at CPL 0. Changes nothing unless it is Done.
MsrWrite write_msr(Exec& x, u32 index, u64 value);

}  // namespace ringside::cpu
