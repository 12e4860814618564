// What Unicorn cannot be compared on.
#include "sim/isa/instructions.hpp"
#include "tests/oracle/unicorn_cpu.hpp"

namespace ringside::oracle {
namespace {

using isa::Op;
constexpr const char *privilege = "Unicorn runs at CPL 0",
                     *segments = "Unicorn has no descriptor tables here",
                     *own_answer = "Unicorn answers with its own",
                     *raises = "Unicorn only tells that something was raised";

constexpr Exclusion exclusions[] = {
    {Op::CPUID, own_answer},
    {Op::RDTSC, own_answer},
    {Op::RDTSCP, own_answer},
    {Op::RDPID, own_answer},
    {Op::RDRAND, own_answer},
    {Op::RDSEED, own_answer},
    {Op::SMSW, own_answer},
    {Op::SGDT, own_answer},
    {Op::SIDT, own_answer},
    {Op::SLDT, own_answer},
    {Op::STR, own_answer},
    {Op::CLI, privilege},
    {Op::STI, privilege},
    {Op::IN, privilege},
    {Op::OUT, privilege},
    {Op::INS, privilege},
    {Op::OUTS, privilege},
    {Op::IRET, segments},
    {Op::CALL_FAR, segments},
    {Op::JMP_FAR, segments},
    {Op::RET_FAR, segments},
    {Op::MOV_TO_SREG, segments},
    {Op::POP_SREG, segments},
    {Op::MOV_FROM_SREG, segments},
    {Op::PUSH_SREG, segments},
    {Op::LFAR, segments},
    {Op::LAR, segments},
    {Op::LSL, segments},
    {Op::VERR, segments},
    {Op::VERW, segments},
    {Op::INT, raises},
    {Op::INT1, raises},
    {Op::INT3, raises},
    {Op::INTO, raises},
    {Op::BOUND, raises},
    {Op::VMXON, raises},
    {Op::VMXOFF, raises},
    {Op::VMCLEAR, raises},
    {Op::VMPTRLD, raises},
    {Op::VMPTRST, raises},
    {Op::VMREAD, raises},
    {Op::VMWRITE, raises},
    {Op::VMLAUNCH, raises},
    {Op::VMRESUME, raises},
    {Op::VMCALL, raises},
    {Op::INVEPT, raises},
    {Op::INVVPID, raises},
    {Op::VMFUNC, raises},
    {Op::SYSCALL, privilege},
    {Op::SYSENTER, privilege},
    {Op::SYSRET, privilege},
    {Op::SYSEXIT, privilege},
    {Op::SWAPGS, privilege},
    {Op::STAC, privilege},
    {Op::CLAC, privilege},
    {Op::POPF, privilege},
    {Op::RDFSBASE, segments},
    {Op::RDGSBASE, segments},
    {Op::WRFSBASE, segments},
    {Op::WRGSBASE, segments},
    {Op::CLFLUSH, "Unicorn does not look at its operand"},
};

}  // namespace

std::vector<Exclusion> unicorn_exclusions() {
    std::vector<Exclusion> all(std::begin(exclusions), std::end(exclusions));
    for (const isa::InstructionRow& row : isa::rows_detail::table)
        if (row.cpl < 3) all.push_back({row.op, privilege});
    return all;
}

}  // namespace ringside::oracle
