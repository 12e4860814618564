// Text into lines of tokens: comments, continuation, macros, conditions, includes.
#pragma once
#include "sim/asm/assembler.hpp"
#include "sim/asm/reports.hpp"

namespace ringside::assembler {

std::vector<Line> preprocess(const Source& source, const Options& options, Reports& reports);

}  // namespace ringside::assembler
