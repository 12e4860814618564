// The model-specific registers of IA-32e mode. SDM 4 "Architectural MSRs".
#pragma once
#include <optional>

#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

/// The register's value; nothing when it is none of these.
std::optional<u64> read_long_msr(const State& s, u32 index);
enum class LongMsrWrite : u8 { NotThese, Done, Refused };
/// Refused: #GP(0), a value that the register cannot hold.
LongMsrWrite write_long_msr(Exec& x, u32 index, u64 value);

}  // namespace ringside::cpu
