#include "tests/oracle/unicorn_cpu.hpp"

#include <unicorn/unicorn.h>

#include <algorithm>
#include <cstring>

#include "sim/isa/instructions.hpp"

namespace ringside::oracle {
namespace {

constexpr int registers32[] = {UC_X86_REG_EAX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_EBX,
                               UC_X86_REG_ESP, UC_X86_REG_EBP, UC_X86_REG_ESI, UC_X86_REG_EDI};
constexpr int registers64[] = {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX,
                               UC_X86_REG_RSP, UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI,
                               UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10, UC_X86_REG_R11,
                               UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15};
/// An exception that Unicorn would deliver to a guest's kernel: there is none.
void on_interrupt(uc_engine* uc, uint32_t, void* seen) {
    *static_cast<bool*>(seen) = true;
    uc_emu_stop(uc);
}

using isa::Op;
constexpr const char *privilege = "Unicorn runs at CPL 0",
                     *segments = "Unicorn has no descriptor tables here",
                     *own_answer = "Unicorn answers with its own",
                     *raises = "Unicorn only tells that something was raised";

constexpr Exclusion exclusions[] = {
    {Op::CPUID, own_answer},   {Op::RDTSC, own_answer},
    {Op::RDTSCP, own_answer},  {Op::RDPID, own_answer},
    {Op::SMSW, own_answer},    {Op::SGDT, own_answer},
    {Op::SIDT, own_answer},    {Op::SLDT, own_answer},
    {Op::STR, own_answer},     {Op::CLI, privilege},
    {Op::STI, privilege},      {Op::IN, privilege},
    {Op::OUT, privilege},      {Op::INS, privilege},
    {Op::OUTS, privilege},     {Op::IRET, segments},
    {Op::CALL_FAR, segments},  {Op::JMP_FAR, segments},
    {Op::RET_FAR, segments},   {Op::MOV_TO_SREG, segments},
    {Op::POP_SREG, segments},  {Op::MOV_FROM_SREG, segments},
    {Op::PUSH_SREG, segments}, {Op::LFAR, segments},
    {Op::LAR, segments},       {Op::LSL, segments},
    {Op::VERR, segments},      {Op::VERW, segments},
    {Op::INT, raises},         {Op::INT1, raises},
    {Op::INT3, raises},        {Op::INTO, raises},
    {Op::BOUND, raises},       {Op::VMXON, raises},
    {Op::VMXOFF, raises},      {Op::VMCLEAR, raises},
    {Op::VMPTRLD, raises},     {Op::VMPTRST, raises},
    {Op::VMREAD, raises},      {Op::VMWRITE, raises},
    {Op::VMLAUNCH, raises},    {Op::VMRESUME, raises},
    {Op::VMCALL, raises},      {Op::INVEPT, raises},
    {Op::INVVPID, raises},     {Op::VMFUNC, raises},
};

}  // namespace

std::vector<Exclusion> unicorn_exclusions() {
    std::vector<Exclusion> all(std::begin(exclusions), std::end(exclusions));
    for (const isa::InstructionRow& row : isa::rows_detail::table)
        if (row.cpl < 3) all.push_back({row.op, privilege});
    return all;
}

std::unique_ptr<UnicornCpu> UnicornCpu::open(unsigned bits, std::string& why) {
    uc_engine* uc = nullptr;
    const uc_err opened = uc_open(UC_ARCH_X86, bits == 64 ? UC_MODE_64 : UC_MODE_32, &uc);
    if (opened != UC_ERR_OK) {
        why = uc_strerror(opened);
        return nullptr;
    }
    auto cpu = std::unique_ptr<UnicornCpu>(new UnicornCpu(uc, bits));
    if (uc_mem_map(uc, code_at, code_bytes, UC_PROT_READ | UC_PROT_EXEC) != UC_ERR_OK ||
        uc_mem_map_ptr(uc, data_at, data_bytes, UC_PROT_READ | UC_PROT_WRITE, cpu->data_->data()) !=
            UC_ERR_OK ||
        (bits == 64 && uc_mem_map_ptr(uc, high_data_at, data_bytes, UC_PROT_READ | UC_PROT_WRITE,
                                      cpu->data_->data()) != UC_ERR_OK) ||
        uc_mem_map(uc, read_only_at, read_only_bytes, UC_PROT_READ) != UC_ERR_OK) {
        why = "Unicorn does not map the memory";
        return nullptr;
    }
    uc_context_alloc(uc, &cpu->fresh_);
    uc_context_save(uc, cpu->fresh_);
    return cpu;
}

UnicornCpu::~UnicornCpu() {
    if (fresh_) uc_context_free(fresh_);
    uc_close(uc_);
}

void UnicornCpu::set_memory(std::span<const u8, data_bytes> bytes) {
    std::copy(bytes.begin(), bytes.end(), data_->begin());
}

bool UnicornCpu::run(std::span<const Job> jobs, std::span<Outcome> outcomes) {
    for (size_t n = 0; n < jobs.size(); ++n) run_one(jobs[n], outcomes[n]);
    return true;
}

void UnicornCpu::run_one(const Job& job, Outcome& outcome) {
    const auto registers = bits_ == 64 ? std::span<const int>(registers64) : registers32;
    uc_mem_write(uc_, trial_at, job.code.data(), job.code_length);
    uc_ctl_remove_cache(uc_, u64(code_at), u64(code_at + code_bytes));
    for (u8 n = 0; n < job.patch_count; ++n)
        std::memcpy(data_->data() + job.patches[n].offset, &job.patches[n].value,
                    job.patches[n].width);
    // What a trial raised must not be left for the next.
    uc_context_restore(uc_, fresh_);
    for (size_t n = 0; n < registers.size(); ++n) uc_reg_write(uc_, registers[n], &job.gpr[n]);
    uc_reg_write(uc_, UC_X86_REG_EFLAGS, &job.flags);
    bool raised = false;
    uc_hook hook;
    uc_hook_add(uc_, &hook, UC_HOOK_INTR, reinterpret_cast<void*>(on_interrupt), &raised, 1, 0);
    const u64 end = trial_at + job.code_length;
    const uc_err error = uc_emu_start(uc_, trial_at, end, 0, 0);
    uc_hook_del(uc_, hook);
    outcome.gpr = {};
    for (size_t n = 0; n < registers.size(); ++n) uc_reg_read(uc_, registers[n], &outcome.gpr[n]);
    outcome.rip = outcome.flags = 0;
    uc_reg_read(uc_, bits_ == 64 ? UC_X86_REG_RIP : UC_X86_REG_EIP, &outcome.rip);
    uc_reg_read(uc_, UC_X86_REG_EFLAGS, &outcome.flags);
    outcome.vector = error == UC_ERR_OK && !raised ? completed : some_fault;
    std::copy(data_->begin(), data_->end(), outcome.memory.begin());
}

}  // namespace ringside::oracle
