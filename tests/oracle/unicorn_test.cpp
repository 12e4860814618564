// The same sequences on Unicorn and on ours: a second opinion on x86-64, the only one elsewhere.
#include <doctest/doctest.h>

#include "tests/oracle/telling.hpp"
#include "tests/oracle/unicorn_cpu.hpp"

using namespace ringside;
using namespace ringside::oracle;

TEST_CASE("random user-mode code does on the simulated CPU what it does on Unicorn") {
    for (const unsigned bits : {32u}) {
        CAPTURE(bits);
        std::string why;
        const auto unicorn = UnicornCpu::open(bits, why);
        REQUIRE_MESSAGE(unicorn, why);
        std::set<std::string> skipped;
        Generator generator(bits, comparable(bits, unicorn_exclusions(), nullptr, skipped),
                            Vendor::Qemu, 20261124, false);
        tell(bits, *unicorn, generator,
             compare(*unicorn, Kernel::Legacy, generator, wanted(20'000)), skipped);
    }
}
