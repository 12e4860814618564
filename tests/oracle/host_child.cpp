#include "tests/oracle/host_child.hpp"

#if defined(__x86_64__) && defined(__linux__)

#include <asm/ldt.h>
#include <asm/prctl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <iterator>

#include "tests/oracle/host_stubs.hpp"

namespace ringside::oracle::child {
namespace {

// A signal handler has no other way to find what it belongs to: one trial at a time a process.
Outcome* running = nullptr;
u64 trials_begun = 0, trial_at_last_tick = 0;
bool restore_fs = false;
u64 fs_base = 0;

void set_base(int which, u64 base) {
    long ignored;
    asm volatile("syscall"
                 : "=a"(ignored)
                 : "0"(long(SYS_arch_prctl)), "D"(long(which)), "S"(base)
                 : "rcx", "r11", "memory");
}
/// A trial that deals with FS and GS starts with null selectors and bases of 0.
void take_fs_away() {
    set_base(ARCH_SET_GS, 0);
    set_base(ARCH_SET_FS, 0);
}
/// Such code takes the thread pointer away; nothing that uses it may run before this.
void give_fs_back() {
    set_base(ARCH_SET_GS, 0);
    set_base(ARCH_SET_FS, fs_base);
}

/// A signal handler inherits AC, and compiled code does not care for alignment.
[[gnu::always_inline]] inline void clear_alignment_check() {
    asm volatile(
        "lea -128(%%rsp), %%rsp\n pushfq\n andl %0, (%%rsp)\n popfq\n lea 128(%%rsp), %%rsp" ::"i"(
            ~0x40000)
        : "cc", "memory");
}

void on_signal(int, siginfo_t*, void* context) {
    clear_alignment_check();
    if (restore_fs) give_fs_back();
    auto& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
    constexpr int registers[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                 REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                 REG_R12, REG_R13, REG_R14, REG_R15};
    for (unsigned n = 0; n < 16; ++n) running->gpr[n] = u64(machine.gregs[registers[n]]);
    running->rip = u64(machine.gregs[REG_RIP]);
    running->flags = u64(machine.gregs[REG_EFL]);
    running->vector = i16(machine.gregs[REG_TRAPNO]);
    running->error_code = u32(machine.gregs[REG_ERR]);
    constexpr i16 page_fault = 14;
    running->cr2 = running->vector == page_fault ? u64(machine.gregs[REG_CR2]) : 0;
    // Back to where the trial was started from.
    stubs::leave_through_context(machine);
}

/// Two ticks of the process's own time in one trial: it goes round. Nothing here may use the thread
/// pointer before FS is given back.
void on_tick(int, siginfo_t*, void* context) {
    clear_alignment_check();
    auto& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
    if (u64(machine.gregs[REG_RIP]) - code_at >= code_bytes) return;
    if (trial_at_last_tick != trials_begun) {
        trial_at_last_tick = trials_begun;
        return;
    }
    if (restore_fs) give_fs_back();
    running->vector = endless;
    stubs::leave_through_context(machine);
}

bool map(u64 at, size_t bytes, int rights, int file = -1, off_t offset = 0) {
    const int kind = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void* const wanted = reinterpret_cast<void*>(at);
    return mmap(wanted, bytes, rights, kind | MAP_FIXED_NOREPLACE | MAP_POPULATE, file, offset) ==
           wanted;
}

/// Code and data each under two addresses: one for the trial, one for us or for 64-bit code.
bool map_arena() {
    const int file = int(syscall(SYS_memfd_create, "oracle", 0));
    if (file < 0 || ftruncate(file, code_bytes + data_bytes) != 0) return false;
    return map(code_at, code_bytes, PROT_READ | PROT_EXEC, file) &&
           map(stubs::code_alias_at, code_bytes, PROT_READ | PROT_WRITE, file) &&
           map(data_at, data_bytes, PROT_READ | PROT_WRITE, file, code_bytes) &&
           map(high_data_at, data_bytes, PROT_READ | PROT_WRITE, file, code_bytes) &&
           map(read_only_at, read_only_bytes, PROT_READ) &&
           map(stubs::stub_at, 0x1000, PROT_READ | PROT_WRITE | PROT_EXEC) &&
           map(stubs::exchange_at, 0x1000, PROT_READ | PROT_WRITE);
}

bool make_window() {
    user_desc d{};
    d.entry_number = window_selector >> 3;
    d.base_addr = data_at;
    d.limit = data_bytes - 1;
    d.seg_32bit = 1;
    d.useable = 1;
    constexpr int write_entry = 1;
    return syscall(SYS_modify_ldt, write_entry, &d, sizeof d) == 0;
}

void listen_to_signals() {
    static std::array<u8, 65536> stack;
    stack_t where{};
    where.ss_sp = stack.data();
    where.ss_size = stack.size();
    sigaltstack(&where, nullptr);
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_ONSTACK | SA_SIGINFO;
    for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP})
        sigaction(number, &action, nullptr);
    action.sa_sigaction = on_tick;
    action.sa_flags |= SA_RESTART;
    sigaction(SIGVTALRM, &action, nullptr);
    constexpr timeval tick{0, 20'000};
    const itimerval every{tick, tick};
    setitimer(ITIMER_VIRTUAL, &every, nullptr);
}

/// Random code must not reach the host's kernel, by INT 80H least of all: every system call but
/// those made here returns an error from now on, where the kernel can be told so.
void give_up_system_calls() {
    constexpr u32 number = offsetof(seccomp_data, nr), arch = offsetof(seccomp_data, arch);
    constexpr u32 allowed[] = {SYS_read,  SYS_write,      SYS_rt_sigreturn,
                               SYS_alarm, SYS_arch_prctl, SYS_exit_group};
    constexpr u8 count = std::size(allowed);
    std::array<sock_filter, count + 5> program;
    size_t n = 0;
    program[n++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, arch);
    program[n++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, u8(count + 1));
    program[n++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, number);
    for (u8 left = count; left > 0; --left)
        program[n++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[count - left], left, 0);
    program[n++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    program[n++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const sock_fprog filter{u16(n), program.data()};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

void run(const Job& job, Outcome& outcome) {
    const TrialCode code = code_of(job);
    std::memcpy(reinterpret_cast<u8*>(u64(stubs::code_alias_at)) + (trial_at - code_at),
                code.data(), code.size());
    u8* const data = reinterpret_cast<u8*>(u64(data_at));
    for (u8 n = 0; n < job.patch_count; ++n)
        std::memcpy(data + job.patches[n].offset, &job.patches[n].value, job.patches[n].width);
    outcome.vector = completed;
    outcome.error_code = 0;
    outcome.cr2 = 0;
    running = &outcome;
    ++trials_begun;
    restore_fs = job.uses_fs_gs;
    if (restore_fs) take_fs_away();
    stubs::enter(job);
    if (restore_fs) give_fs_back();
    if (outcome.vector == completed) {
        const stubs::Exchange& x = stubs::exchange();
        outcome.gpr = x.gpr;
        outcome.flags = x.flags;
        outcome.rip = trial_at + job.code_length;
    }
    std::memcpy(outcome.memory.data(), data, data_bytes);
}

}  // namespace

void serve(Shared& shared, int from_parent, int to_parent) {
    syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_base);
    char word = map_arena() && make_window() ? 1 : 0;
    if (word) {
        stubs::write();
        std::memset(reinterpret_cast<u8*>(u64(stubs::code_alias_at)), code_filling, code_bytes);
    }
    listen_to_signals();
    give_up_system_calls();
    if (write(to_parent, &word, 1) != 1 || !word) _exit(1);
    while (read(from_parent, &word, 1) == 1) {
        // A trial that does not end is a failure of ours: the alarm ends the child.
        alarm(20);
        if (shared.memory_is_new)
            std::memcpy(reinterpret_cast<u8*>(u64(data_at)), shared.memory.data(), data_bytes);
        shared.memory_is_new = false;
        for (shared.current = 0; shared.current < shared.count; ++shared.current)
            run(shared.jobs[shared.current], shared.outcomes[shared.current]);
        if (write(to_parent, &word, 1) != 1) break;
    }
    _exit(0);
}

}  // namespace ringside::oracle::child

#endif
