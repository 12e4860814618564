// The machine code around a trial on the host: loads all registers, and stores them afterwards.
#pragma once
#if defined(__x86_64__) && defined(__linux__)
#include <ucontext.h>

#include "tests/oracle/job.hpp"

namespace ringside::oracle::stubs {

// Below 4 GiB, since 32-bit code must reach them; away from what trials address, byte-swapped
// or by a bit offset of 32 bits too.
inline constexpr u32 stub_at = leave_page_at, exchange_at = 0x71107000, code_alias_at = 0x7120b000;

/// What both sides of the jump read and write.
struct Exchange {
    std::array<u64, 16> gpr;
    u64 flags;
    u64 host_sp;  ///< the C++ side's stack
    u32 enter_offset;
    u16 enter_selector, data_selector;
    u64 leave_target;  ///< where 64-bit code goes on
};
inline Exchange& exchange() { return *reinterpret_cast<Exchange*>(u64(exchange_at)); }

/// Writes the code at stub_at; once.
void write();
/// Runs the job's code; returns after its end or its fault.
void enter(const Job& job);
/// Lets the return from a signal handler return from enter().
void leave_through_context(mcontext_t& context);

}  // namespace ringside::oracle::stubs
#endif
