#include "tests/oracle/host_cpu.hpp"

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "tests/oracle/features.hpp"
#include "tests/oracle/host_child.hpp"

namespace ringside::oracle {

struct HostCpu::Shared : child::Shared {};

std::unique_ptr<HostCpu> HostCpu::open(std::string& why) {
    void* const memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int down[2], up[2];
    if (memory == MAP_FAILED || pipe(down) != 0 || pipe(up) != 0) {
        why = "no shared memory or no pipe for the child process";
        return nullptr;
    }
    auto cpu = std::unique_ptr<HostCpu>(new HostCpu);
    cpu->shared_ = new (memory) Shared;
    cpu->child_ = fork();
    if (cpu->child_ == 0) {
        close(down[1]);
        close(up[0]);
        child::serve(*cpu->shared_, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    cpu->to_child_ = down[1];
    cpu->from_child_ = up[0];
    signal(SIGPIPE, SIG_IGN);
    char ready = 0;
    if (cpu->child_ < 0 || read(cpu->from_child_, &ready, 1) != 1 || !ready) {
        why = "the child cannot map memory at fixed addresses below 4 GiB, or has no LDT";
        return nullptr;
    }
    Job probe;
    probe.code[0] = 0x40;  // inc eax
    probe.code_length = 1;
    Outcome outcome;
    if (!cpu->run({&probe, 1}, {&outcome, 1}) || outcome.vector != completed ||
        outcome.gpr[AX] != 1) {
        why = "the host does not run 32-bit code (selector 0x23): " + cpu->complaint_;
        return nullptr;
    }
    return cpu;
}

HostCpu::~HostCpu() {
    if (to_child_ >= 0) close(to_child_);
    if (from_child_ >= 0) close(from_child_);
    if (child_ > 0) waitpid(child_, nullptr, 0);
    if (shared_) munmap(shared_, sizeof(Shared));
}

void HostCpu::set_memory(std::span<const u8, data_bytes> bytes) {
    std::copy(bytes.begin(), bytes.end(), shared_->memory.begin());
    shared_->memory_is_new = true;
}

bool HostCpu::run(std::span<const Job> jobs, std::span<Outcome> outcomes) {
    for (size_t done = 0; done < jobs.size();) {
        const size_t count = std::min(jobs.size() - done, child::batch);
        std::copy_n(jobs.begin() + long(done), count, shared_->jobs.begin());
        shared_->count = u32(count);
        char word = 1;
        if (write(to_child_, &word, 1) != 1 || read(from_child_, &word, 1) != 1) {
            int status = 0;
            waitpid(child_, &status, 0);
            child_ = -1;
            complaint_ = "the child died of signal " +
                         std::to_string(WIFSIGNALED(status) ? WTERMSIG(status) : 0) + " in trial " +
                         std::to_string(done + shared_->current) + " of its batch";
            return false;
        }
        std::copy_n(shared_->outcomes.begin(), count, outcomes.begin() + long(done));
        done += count;
    }
    return true;
}

Vendor host_vendor() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    __get_cpuid(0, &a, &b, &c, &d);
    return b == signature_AMD_ebx ? Vendor::Amd : Vendor::Intel;
}

const char* missing_on_host(const Encoding& e) {
    if (e.mnemonic == ZYDIS_MNEMONIC_SYSCALL || e.mnemonic == ZYDIS_MNEMONIC_SYSENTER)
        return "would enter the host's kernel";
    return missing_feature(e, [](u32 leaf, unsigned reg) {
        unsigned r[4] = {};
        __get_cpuid_count(leaf, 0, &r[0], &r[1], &r[2], &r[3]);
        return u32(r[reg]);
    });
}

}  // namespace ringside::oracle

#else

namespace ringside::oracle {

struct HostCpu::Shared {};
std::unique_ptr<HostCpu> HostCpu::open(std::string& why) {
    why = "the host is not x86-64 Linux";
    return nullptr;
}
HostCpu::~HostCpu() = default;
void HostCpu::set_memory(std::span<const u8, data_bytes>) {}
bool HostCpu::run(std::span<const Job>, std::span<Outcome>) { return false; }
Vendor host_vendor() { return Vendor::Intel; }
const char* missing_on_host(const Encoding&) { return "x86-64"; }

}  // namespace ringside::oracle

#endif
