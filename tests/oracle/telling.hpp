// What both oracle tests say and demand at the end of a comparison.
#pragma once
#include "tests/oracle/campaign.hpp"

namespace ringside::oracle {

/// Instructions to execute: RINGSIDE_ORACLE_INSTRUCTIONS, or this many.
u64 wanted(u64 otherwise);
/// What the trials are made from: RINGSIDE_ORACLE_SEED, or this.
u64 seed(u64 otherwise);
/// Checks that nothing differed and that every encoding ran; tells what was left out.
void tell(const char* mode, const Backend& theirs, const Generator& generator, const Report& report,
          const std::set<std::string>& skipped);

}  // namespace ringside::oracle
