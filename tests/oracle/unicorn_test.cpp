// The same sequences on Unicorn and on ours: a second opinion on x86-64, the only one elsewhere.
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/oracle/features.hpp"
#include "tests/oracle/telling.hpp"
#include "tests/oracle/unicorn_cpu.hpp"

using namespace ringside;
using namespace ringside::oracle;

TEST_CASE("random user-mode code does on the simulated CPU what it does on Unicorn") {
    for (const unsigned bits : {32u, 64u}) {
        CAPTURE(bits);
        std::string why;
        const auto unicorn = UnicornCpu::open(bits, why);
        if (!unicorn) {
            std::printf("SKIPPED %s\n", why.c_str());
            return;
        }
        const auto missing = [&](const Encoding& e) {
            return missing_feature(
                e, [&](u32 leaf, unsigned reg) { return unicorn->cpuid(leaf, reg); });
        };
        std::set<std::string> skipped;
        Generator generator(bits,
                            comparable(bits, unicorn_exclusions(), missing, Vendor::Qemu, skipped),
                            Vendor::Qemu, seed(20261124));
        const Kernel kernel = bits == 64 ? Kernel::Long : Kernel::Legacy;
        tell(bits == 64 ? "64-bit mode" : "protected mode", *unicorn, generator,
             compare(*unicorn, kernel, generator, wanted(200'000)), skipped);
    }
}
