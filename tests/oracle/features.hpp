// Which processors have an encoding: by CPUID.
#pragma once
#include <functional>

#include "tests/oracle/encodings.hpp"

namespace ringside::oracle {

/// A register (0 to 3 for EAX to EDX) of a leaf, subleaf 0.
using Cpuid = std::function<u32(u32 leaf, unsigned reg)>;

/// The feature that the processor lacks for this encoding; null where it has all.
const char* missing_feature(const Encoding& e, const Cpuid& cpuid);

}  // namespace ringside::oracle
