// Random user-mode sequences on the host's CPU and on ours: registers, flags, memory and faults
// must be equal.
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/oracle/host_cpu.hpp"
#include "tests/oracle/telling.hpp"

using namespace ringside;
using namespace ringside::oracle;
using isa::Op;

namespace {

/// Instructions whose answer is the host's own, or that would leave the trial.
constexpr Exclusion exclusions[] = {
    {Op::CPUID, "answers with the host's features"},
    {Op::RDTSC, "answers with the host's time"},
    {Op::RDTSCP, "answers with the host's time"},
    {Op::RDPID, "answers with the host's processor number"},
    {Op::RDRAND, "gives a random number"},
    {Op::RDSEED, "gives a random number"},
    {Op::SGDT, "answers with the host kernel's tables, or its emulation of them (UMIP)"},
    {Op::SIDT, "answers with the host kernel's tables, or its emulation of them (UMIP)"},
    {Op::SLDT, "answers with the host kernel's tables, or its emulation of them (UMIP)"},
    {Op::STR, "answers with the host kernel's tables, or its emulation of them (UMIP)"},
    {Op::SMSW, "answers with the host kernel's CR0, or its emulation of it (UMIP)"},
    {Op::VMCALL, "may reach the host's hypervisor"},
    {Op::VMFUNC, "may reach the host's hypervisor"},
    {Op::XGETBV, "the host has CR4.OSXSAVE set, which this CPU does not offer"},
    {Op::XSETBV, "the host has CR4.OSXSAVE set, which this CPU does not offer"},
};

/// 32-bit code in protected mode and in compatibility mode, as on the host; 64-bit code.
constexpr struct {
    unsigned bits;
    Kernel kernel;
    const char* name;
} worlds[] = {{32, Kernel::Legacy, "protected mode"},
              {32, Kernel::Long, "compatibility mode"},
              {64, Kernel::Long, "64-bit mode"}};

}  // namespace

TEST_CASE("random user-mode code does on the simulated CPU what it does on the host's") {
    std::string why;
    const auto host = HostCpu::open(why);
#if defined(__x86_64__) && defined(__linux__)
    REQUIRE_MESSAGE(host, "no host CPU to compare with: " << why);
#else
    std::printf("SKIPPED %s: see the comparison with Unicorn\n", why.c_str());
    return;
#endif
    for (const auto& world : worlds) {
        CAPTURE(world.name);
        std::set<std::string> skipped;
        const Vendor vendor = host_vendor();
        Generator generator(world.bits,
                            comparable(world.bits, exclusions, missing_on_host, vendor, skipped),
                            vendor, seed(20261129));
        const Report report = compare(*host, world.kernel, generator, wanted(200'000));
        tell(world.name, *host, generator, report, skipped);
    }
}
