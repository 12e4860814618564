// An ordinary process of the host, which knows of no guest: it counts primes, and gets its share of
// the processor beside the guests.
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/host/process/system.hpp"

namespace ringside::process {
namespace {

bool is_prime(u32 n) {
    for (u32 d = 2; d * d <= n; ++d)
        if (n % d == 0) return false;
    return n >= 2;
}

}  // namespace

extern "C" [[noreturn]] void calculator(u32) {
    constexpr u32 interval = 200;
    u32 primes = 0;
    for (u32 n = 0;; ++n) {
        primes += is_prime(n);
        if (n % interval != 0) continue;
        PROBE("calculator.progress", n, primes);
        call(abi::Call::log, address("."), 1);
    }
}

}  // namespace ringside::process
