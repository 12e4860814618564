#include "tests/oracle/host_cpu.hpp"

#if defined(__x86_64__) && defined(__linux__)

#include <sys/mman.h>
#include <csetjmp>
#include <csignal>
#include <cstring>

namespace ringside::oracle {
namespace {

// The one page of machine code and the words it exchanges lie at fixed addresses below 4 GiB, since
// 32-bit code must reach them.
constexpr u32 exchange_at = 0x20020000;  // gpr[8], flags, then the far pointers and the saved RSP
struct Exchange {
    u32 gpr[8];
    u32 flags;
    u32 enter_offset;
    u16 enter_selector, pad;
    u32 leave_offset;
    u16 leave_selector, pad2;
    u64 host_rsp;
};

Exchange& exchange() { return *reinterpret_cast<Exchange*>(u64(exchange_at)); }

// A signal handler has no other way to find its way back: one oracle a process.
sigjmp_buf way_back;
volatile int caught;

void on_signal(int number) {
    caught = number;
    siglongjmp(way_back, 1);
}

void emit(u8*& at, std::initializer_list<unsigned> bytes) {
    for (const unsigned b : bytes) *at++ = u8(b);
}
void emit32(u8*& at, u32 value) {
    std::memcpy(at, &value, 4);
    at += 4;
}

constexpr u32 exchange_gpr(unsigned n) { return exchange_at + 4 * n; }
constexpr u32 exchange_flags = exchange_at + 32;

}  // namespace

std::unique_ptr<HostCpu> HostCpu::open(std::string& why) {
    const auto map = [](u32 at, size_t bytes) {
        return mmap(reinterpret_cast<void*>(u64(at)), bytes, PROT_READ | PROT_WRITE | PROT_EXEC,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
                    0) == reinterpret_cast<void*>(u64(at));
    };
    if (!map(host_code_at, 0x1000) || !map(host_data_at, data_bytes) || !map(exchange_at, 0x1000)) {
        why = "the host does not map memory at fixed addresses below 4 GiB";
        return nullptr;
    }
    static std::array<u8, 65536> signal_stack;
    stack_t stack{};
    stack.ss_sp = signal_stack.data();
    stack.ss_size = signal_stack.size();
    sigaltstack(&stack, nullptr);
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP})
        sigaction(number, &action, nullptr);
    auto cpu = std::unique_ptr<HostCpu>(new HostCpu);
    UserState probe;
    const u8 inc_eax[] = {0x40};
    if (cpu->run(inc_eax, probe) != Ending::Completed || probe.gpr[0] != 1) {
        why = "the host refuses 32-bit code segments (selector 0x23)";
        return nullptr;
    }
    return cpu;
}

HostCpu::~HostCpu() {
    for (const auto& [at, bytes] : {std::pair{host_code_at, size_t(0x1000)},
                                    {host_data_at, size_t(data_bytes)},
                                    {exchange_at, size_t(0x1000)}})
        munmap(reinterpret_cast<void*>(u64(at)), bytes);
    for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP}) signal(number, SIG_DFL);
}

std::span<u8> HostCpu::data() { return {reinterpret_cast<u8*>(u64(host_data_at)), data_bytes}; }

__attribute__((noinline)) static void far_call() {
    // Registers are loaded and stored by the 32-bit side; everything here counts as lost.
    asm volatile(
        "push %%rbp\n push %%rbx\n push %%r12\n push %%r13\n push %%r14\n push %%r15\n"
        "mov %%rsp, %c[rsp_at]\n"
        "mov $0x2b, %%eax\n mov %%eax, %%ds\n mov %%eax, %%es\n"
        "ljmp *%c[enter_at]\n"
        ".globl ringside_oracle_back\n"
        "ringside_oracle_back:\n"
        "mov %c[rsp_at], %%rsp\n cld\n"
        "pop %%r15\n pop %%r14\n pop %%r13\n pop %%r12\n pop %%rbx\n pop %%rbp\n"
        :
        : [rsp_at] "i"(exchange_at + offsetof(Exchange, host_rsp)), [enter_at] "i"(
                                                                        exchange_at +
                                                                        offsetof(Exchange,
                                                                                 enter_offset))
        : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

Ending HostCpu::run(std::span<const u8> code, UserState& state) {
    u8* const start = reinterpret_cast<u8*>(u64(host_code_at));
    u8* trial =
        start + 0x100;  // where the code under test lies: the simulator's trial is there too
    std::memcpy(trial, code.data(), code.size());
    u8* at = trial + code.size();
    // Leave: pushfd on a stack of our own would disturb the trial's; so ESP is saved first.
    emit(at, {0x89, 0x25}), emit32(at, exchange_gpr(4));       // mov [gpr4], esp
    emit(at, {0xbc}), emit32(at, exchange_at + 0x800);         // mov esp, exchange + 0x800
    emit(at, {0x9c, 0x8f, 0x05}), emit32(at, exchange_flags);  // pushfd; pop [flags]
    emit(at, {0xa3}), emit32(at, exchange_gpr(0));             // mov [gpr0], eax
    for (const unsigned n : {1u, 2u, 3u, 5u, 6u, 7u})
        emit(at, {0x89, 0x05 | n << 3}), emit32(at, exchange_gpr(n));
    // A 64-bit return address above 4 GiB cannot be in a 32-bit far jump: stop over in low 64-bit
    // code.
    u8* const hop = start + 0xf00;
    emit(at, {0xea}), emit32(at, u32(u64(hop))), emit(at, {0x33, 0x00});
    u8* h = hop;
    extern char back[] asm("ringside_oracle_back");
    emit(h, {0xff, 0x25, 0, 0, 0, 0});  // jmp [rip]
    const u64 target = u64(back);
    std::memcpy(h, &target, 8);
    // Enter: load everything, then fall into the trial.
    u8* e = start;
    emit(e, {0xbc}), emit32(e, exchange_at + 0x800);
    emit(e, {0xff, 0x35}), emit32(e, exchange_flags), emit(e, {0x9d});  // push [flags]; popfd
    for (const unsigned n : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u})
        emit(e, {0x8b, 0x05 | n << 3}), emit32(e, exchange_gpr(n));
    emit(e, {0xe9}), emit32(e, u32(trial - (e + 4)));
    Exchange& x = exchange();
    for (unsigned n = 0; n < 8; ++n) x.gpr[n] = state.gpr[n];
    x.flags = state.flags | 0x200;
    x.enter_offset = host_code_at;
    x.enter_selector = 0x23;
    caught = 0;
    if (sigsetjmp(way_back, 1) == 0) far_call();
    for (unsigned n = 0; n < 8; ++n) state.gpr[n] = x.gpr[n];
    state.flags = x.flags;
    if (caught == 0) return Ending::Completed;
    return caught == SIGFPE ? Ending::DivideError : Ending::OtherFault;
}

}  // namespace ringside::oracle

#else

namespace ringside::oracle {
std::unique_ptr<HostCpu> HostCpu::open(std::string& why) {
    why = "the host is not x86-64 Linux";
    return nullptr;
}
HostCpu::~HostCpu() = default;
std::span<u8> HostCpu::data() { return {}; }
Ending HostCpu::run(std::span<const u8>, UserState&) { return Ending::OtherFault; }
}  // namespace ringside::oracle

#endif
