#include "tests/oracle/host_stubs.hpp"

#if defined(__x86_64__) && defined(__linux__)

#include <cstddef>
#include <cstring>

extern "C" char ringside_oracle_back[];

namespace ringside::oracle::stubs {
namespace {

constexpr u32 enter32_at = stub_at, hop_at = stub_at + 0x400, enter64_at = stub_at + 0x600;
constexpr u32 plain_flags = 0x202;  ///< only IF, and the bit that is always 1
/// A little stack for PUSHF and POPF.
constexpr u32 scratch_stack = exchange_at + 0x800;

constexpr u32 gpr_at(unsigned n) { return exchange_at + u32(offsetof(Exchange, gpr)) + 8 * n; }
constexpr u32 flags_at = exchange_at + u32(offsetof(Exchange, flags));
constexpr u32 target_at = exchange_at + u32(offsetof(Exchange, leave_target));
constexpr u32 data_selector_at = exchange_at + u32(offsetof(Exchange, data_selector));

class Writer {
  public:
    explicit Writer(u32 at) : at_(reinterpret_cast<u8*>(u64(at))) {}
    Writer& bytes(std::initializer_list<unsigned> list) {
        for (const unsigned b : list) *at_++ = u8(b);
        return *this;
    }
    Writer& word(u32 value) {
        std::memcpy(at_, &value, 4);
        at_ += 4;
        return *this;
    }
    Writer& jump(u32 to) { return bytes({0xe9}).word(to - u32(u64(at_ + 4))); }

  private:
    u8* at_;
};

/// 32-bit: DS may be anything at the end, SS is flat all the time.
void write_32() {
    constexpr unsigned ss = 0x36;
    Writer e(enter32_at);
    e.bytes({0xbc}).word(scratch_stack);                     // mov esp, scratch
    e.bytes({ss, 0xff, 0x35}).word(flags_at).bytes({0x9d});  // push [flags]; popf
    for (const unsigned n : {1u, 2u, 3u, 4u, 5u, 6u, 7u})    // mov r, [gpr]
        e.bytes({ss, 0x8b, 0x05 | n << 3}).word(gpr_at(n));
    e.bytes({ss, 0x8e, 0x05}).word(data_selector_at);  // mov es, [selector]
    e.bytes({ss, 0x8e, 0x1d}).word(data_selector_at);  // mov ds, [selector]
    e.bytes({ss, 0x8b, 0x05}).word(gpr_at(0)).jump(trial_at);
    Writer l(leave_at(32));
    l.bytes({ss, 0x89, 0x25}).word(gpr_at(4));  // mov [gpr4], esp
    l.bytes({0xbc}).word(scratch_stack);
    l.bytes({0x9c, ss, 0x8f, 0x05}).word(flags_at);   // pushf; pop [flags]
    l.bytes({0x68}).word(plain_flags).bytes({0x9d});  // push flags; popf: without AC
    for (const unsigned n : {0u, 1u, 2u, 3u, 5u, 6u, 7u})
        l.bytes({ss, 0x89, 0x05 | n << 3}).word(gpr_at(n));
    // A 32-bit far jump cannot reach beyond 4 GiB: it stops over in low 64-bit code.
    l.bytes({0xea}).word(hop_at).bytes({code64_selector, 0});
    Writer(hop_at).bytes({0xff, 0x24, 0x25}).word(target_at);  // jmp [target]
}

void write_64() {
    const auto rex = [](unsigned n) { return 0x48u | (n >= 8 ? 4u : 0u); };
    const auto modrm = [](unsigned n) { return 0x04u | (n & 7) << 3; };
    Writer e(enter64_at);
    e.bytes({0xbc}).word(scratch_stack);
    e.bytes({0xff, 0x34, 0x25}).word(flags_at).bytes({0x9d});
    for (unsigned n = 0; n < 16; ++n) e.bytes({rex(n), 0x8b, modrm(n), 0x25}).word(gpr_at(n));
    e.bytes({0x8e, 0x04, 0x25}).word(data_selector_at);  // mov es, [selector]
    e.bytes({0x8e, 0x1c, 0x25}).word(data_selector_at);  // mov ds, [selector]
    e.jump(trial_at);
    Writer l(leave_at(64));
    l.bytes({0x48, 0x89, 0x24, 0x25}).word(gpr_at(4));
    l.bytes({0xbc}).word(scratch_stack);
    l.bytes({0x9c, 0x8f, 0x04, 0x25}).word(flags_at);
    l.bytes({0x68}).word(plain_flags).bytes({0x9d});
    for (unsigned n = 0; n < 16; ++n)
        if (n != 4) l.bytes({rex(n), 0x89, modrm(n), 0x25}).word(gpr_at(n));
    l.bytes({0xff, 0x24, 0x25}).word(target_at);
}

__attribute__((noinline)) void far_call() {
    // Registers are loaded and stored by the other side; everything here counts as lost.
    asm volatile(
        "push %%rbp\n push %%rbx\n push %%r12\n push %%r13\n push %%r14\n push %%r15\n"
        "mov %%rsp, %c[rsp_at]\n"
        "ljmp *%c[enter_at]\n"
        ".globl ringside_oracle_back\n"
        "ringside_oracle_back:\n"
        "mov %c[rsp_at], %%rsp\n cld\n"
        "pop %%r15\n pop %%r14\n pop %%r13\n pop %%r12\n pop %%rbx\n pop %%rbp\n"
        :
        : [rsp_at] "i"(exchange_at + offsetof(Exchange, host_sp)), [enter_at] "i"(
                                                                       exchange_at +
                                                                       offsetof(Exchange,
                                                                                enter_offset))
        : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

}  // namespace

void write() {
    write_32();
    write_64();
    exchange().leave_target = u64(&ringside_oracle_back);
}

void enter(const Job& job) {
    Exchange& x = exchange();
    x.gpr = job.gpr;
    x.flags = job.flags;
    x.enter_offset = job.bits == 64 ? enter64_at : enter32_at;
    x.enter_selector = job.bits == 64 ? code64_selector : code32_selector;
    x.data_selector = job.data_selector;
    far_call();
    if (job.bits == 32)
        for (unsigned n = 0; n < 8; ++n) x.gpr[n] &= 0xffffffff;
}

void leave_through_context(mcontext_t& context) {
    context.gregs[REG_RIP] = greg_t(u64(&ringside_oracle_back));
    context.gregs[REG_EFL] = plain_flags;
    // CS, GS, FS and SS, 16 bits each.
    context.gregs[REG_CSGSFS] = greg_t(u64(code64_selector) | u64(flat_selector) << 48);
}

}  // namespace ringside::oracle::stubs

#endif
