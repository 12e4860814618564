#include "tests/oracle/unicorn_cpu.hpp"

#ifdef RINGSIDE_HAS_UNICORN

#include <unicorn/unicorn.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "tests/oracle/simulated_kernel.hpp"

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

/// A descriptor table: the window that 16-bit addresses need, and a flat segment for the stack.
constexpr u64 descriptors_at = 0x2f00b000;
constexpr u16 window_in_table = 8, flat_in_table = 16;
void make_window(uc_engine* uc) {
    using namespace isa;
    const u64 stack = segment32(0, 0xffffffff, access(0, data_type)).raw;
    const u64 table[] = {0, window_data().raw, stack};
    uc_mem_map(uc, descriptors_at, 0x1000, UC_PROT_READ | UC_PROT_WRITE);
    uc_mem_write(uc, descriptors_at, table, sizeof table);
    uc_x86_mmr gdtr{};
    gdtr.base = descriptors_at;
    gdtr.limit = sizeof table - 1;
    uc_reg_write(uc, UC_X86_REG_GDTR, &gdtr);
}

}  // namespace

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
    make_window(uc);
    const std::vector<u8> filling(code_bytes, code_filling);
    uc_mem_write(uc, code_at, filling.data(), filling.size());
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

u32 UnicornCpu::cpuid(u32 leaf, unsigned reg) {
    constexpr u8 code[] = {0x0f, 0xa2};
    constexpr int results[] = {UC_X86_REG_EAX, UC_X86_REG_EBX, UC_X86_REG_ECX, UC_X86_REG_EDX};
    u64 value = leaf;
    const u64 subleaf = 0;
    uc_mem_write(uc_, trial_at, code, sizeof code);
    uc_ctl_remove_cache(uc_, u64(code_at), u64(code_at + code_bytes));
    uc_reg_write(uc_, UC_X86_REG_EAX, &value);
    uc_reg_write(uc_, UC_X86_REG_ECX, &subleaf);
    if (uc_emu_start(uc_, trial_at, trial_at + sizeof code, 0, 0) != UC_ERR_OK) return 0;
    uc_reg_read(uc_, results[reg], &value);
    return u32(value);
}

bool UnicornCpu::run(std::span<const Job> jobs, std::span<Outcome> outcomes) {
    for (size_t n = 0; n < jobs.size(); ++n) run_one(jobs[n], outcomes[n]);
    return true;
}

void UnicornCpu::run_one(const Job& job, Outcome& outcome) {
    const auto registers = bits_ == 64 ? std::span<const int>(registers64) : registers32;
    const TrialCode code = code_of(job);
    uc_mem_write(uc_, trial_at, code.data(), code.size());
    uc_ctl_remove_cache(uc_, u64(code_at), u64(code_at + code_bytes));
    for (u8 n = 0; n < job.patch_count; ++n)
        std::memcpy(data_->data() + job.patches[n].offset, &job.patches[n].value,
                    job.patches[n].width);
    // What a trial raised must not be left for the next.
    uc_context_restore(uc_, fresh_);
    for (size_t n = 0; n < registers.size(); ++n) uc_reg_write(uc_, registers[n], &job.gpr[n]);
    uc_reg_write(uc_, UC_X86_REG_EFLAGS, &job.flags);
    if (job.data_selector == window_selector) {
        // SS first: loading another segment takes the stack's width from it.
        uc_reg_write(uc_, UC_X86_REG_SS, &flat_in_table);
        for (const int segment : {UC_X86_REG_DS, UC_X86_REG_ES})
            uc_reg_write(uc_, segment, &window_in_table);
    }
    bool raised = false;
    constexpr u64 patience = 1'000'000;  // microseconds
    uc_hook hook;
    uc_hook_add(uc_, &hook, UC_HOOK_INTR, reinterpret_cast<void*>(on_interrupt), &raised, 1, 0);
    const u64 end = trial_at + job.code_length;
    const uc_err error = uc_emu_start(uc_, trial_at, end, job.may_go_round ? patience : 0, 0);
    size_t timed_out = 0;
    uc_query(uc_, UC_QUERY_TIMEOUT, &timed_out);
    uc_hook_del(uc_, hook);
    outcome.gpr = {};
    for (size_t n = 0; n < registers.size(); ++n) uc_reg_read(uc_, registers[n], &outcome.gpr[n]);
    outcome.rip = outcome.flags = 0;
    uc_reg_read(uc_, bits_ == 64 ? UC_X86_REG_RIP : UC_X86_REG_EIP, &outcome.rip);
    uc_reg_read(uc_, UC_X86_REG_EFLAGS, &outcome.flags);
    outcome.vector = error == UC_ERR_OK && !raised ? completed : some_fault;
    if (job.may_go_round && timed_out) outcome.vector = endless;
    std::copy(data_->begin(), data_->end(), outcome.memory.begin());
}

}  // namespace ringside::oracle

#else

namespace ringside::oracle {

std::unique_ptr<UnicornCpu> UnicornCpu::open(unsigned, std::string& why) {
    why = "built without Unicorn (libunicorn-dev)";
    return nullptr;
}
UnicornCpu::~UnicornCpu() = default;
void UnicornCpu::set_memory(std::span<const u8, data_bytes>) {}
bool UnicornCpu::run(std::span<const Job>, std::span<Outcome>) { return false; }
u32 UnicornCpu::cpuid(u32, unsigned) { return 0; }

}  // namespace ringside::oracle

#endif
