// check(condition): our own mistakes, tested in every build. Never for bad input.
#pragma once
#include <cstdio>
#include <cstdlib>

namespace ringside {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "ringside: internal error: %s does not hold at %s:%d\n", condition, file,
                 line);
    std::abort();
}

}  // namespace ringside

#define RINGSIDE_CHECK(condition) \
    ((condition) ? void(0) : ::ringside::check_failed(#condition, __FILE__, __LINE__))
