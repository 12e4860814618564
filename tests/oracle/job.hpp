// What a trial is to whoever runs it (the host's CPU, Unicorn, our own machine): plain data, so
// that it can lie in memory shared with a child process.
#pragma once
#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>

#include "sim/base/types.hpp"

namespace ringside::oracle {

// Where everything lies, the same in all worlds. Low, since 32-bit code must reach it.
inline constexpr u32 code_at = 0x20000000, code_bytes = 0x1000;
inline constexpr u32 trial_at = code_at + 0x100;  ///< where the code under test begins
/// What the rest of that page holds: INT3.
inline constexpr u8 code_filling = 0xcc;
/// Where the jump after a trial's code leads, out of reach of what trials address.
inline constexpr u32 leave_page_at = 0x71005000;
constexpr u32 leave_at(unsigned bits) { return leave_page_at + (bits == 64 ? 0x800 : 0x200); }
inline constexpr u32 data_at = 0x20010000, data_bytes = 0x2000;
inline constexpr u32 hole_at = data_at + data_bytes;  ///< a page that is not present
inline constexpr u32 read_only_at = hole_at + 0x1000, read_only_bytes = 0x1000;
/// The data once more, where only 64-bit addresses reach.
inline constexpr u64 high_data_at = 0x123420010000;

// Selectors as x86-64 Linux has them, and one of our own in the LDT.
inline constexpr u16 code32_selector = 0x23, flat_selector = 0x2b, code64_selector = 0x33;
inline constexpr u16 window_selector = 0x07;  ///< data at data_at, data_bytes long

enum GprNumber : u8 { AX, CX, DX, BX, SP, BP, SI, DI };

/// A value to be put into data memory before a trial.
struct Patch {
    u16 offset = 0;
    u8 width = 0;
    u64 value = 0;
};

struct Job {
    u8 bits = 32;
    u8 code_length = 0;
    u8 patch_count = 0;
    bool uses_fs_gs = false;  ///< or their bases: they start as null and may be anything afterwards
    bool may_go_round = false;          ///< one of its jumps may go anywhere
    u16 data_selector = flat_selector;  ///< in DS and ES
    u16 instruction_limit = 0;          ///< more cannot run before the end or a fault
    std::array<u8, 104> code{};
    std::array<u64, 16> gpr{};
    u64 flags = 2;
    std::array<Patch, 8> patches{};
};

/// A trial's part of the code page. Every world writes the same, so that a trial that reads what it
/// stands in, or jumps into it, finds the same everywhere.
inline constexpr size_t jump_bytes = 5;
using TrialCode = std::array<u8, sizeof Job::code + jump_bytes>;
inline TrialCode code_of(const Job& job) {
    TrialCode out;
    out.fill(code_filling);
    std::copy_n(job.code.begin(), job.code_length, out.begin());
    const u32 distance = leave_at(job.bits) - (trial_at + job.code_length + u32(jump_bytes));
    out[job.code_length] = 0xe9;  // JMP rel32
    for (unsigned n = 0; n < 4; ++n) out[job.code_length + 1u + n] = u8(distance >> (8 * n));
    return out;
}

inline constexpr i16 completed = -1;
inline constexpr i16 endless = -4;     ///< it went round until it was stopped
inline constexpr i16 some_fault = -3;  ///< a backend that does not tell which
inline constexpr i16 refused = -2;     ///< the backend could not run it: see Backend::complaint

/// The state after the last instruction, or at the fault.
struct Outcome {
    i16 vector = completed;
    u32 error_code = 0;
    u64 cr2 = 0;
    std::array<u64, 16> gpr{};
    u64 rip = 0, flags = 0;
    std::array<u8, data_bytes> memory{};
};

class Backend {
  public:
    virtual ~Backend() = default;
    virtual const char* name() const = 0;
    virtual bool runs(unsigned bits) const = 0;
    /// Vector, error code and registers at a fault; else only that there was one.
    virtual bool tells_faults() const { return true; }
    /// Accesses beyond a segment's limit fault.
    virtual bool checks_limits() const { return true; }
    /// The data memory before the next job; afterwards it carries over from job to job.
    virtual void set_memory(std::span<const u8, data_bytes> bytes) = 0;
    /// False, with the reason in complaint(), when it broke down.
    virtual bool run(std::span<const Job> jobs, std::span<Outcome> outcomes) = 0;
    virtual std::string complaint() const { return {}; }
};

}  // namespace ringside::oracle
