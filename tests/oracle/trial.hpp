// One random sequence and what of its outcome counts.
#pragma once
#include <optional>
#include <random>
#include <vector>

#include "tests/oracle/encodings.hpp"
#include "tests/oracle/job.hpp"
#include "tests/oracle/vendor_differences.hpp"

namespace ringside::oracle {

using Random = std::mt19937_64;

inline constexpr unsigned longest_trial = 6;

struct Placed {
    u32 encoding = 0;  ///< index into the generator's encodings
    u8 offset = 0;
    bool uncertain = false;  ///< a jump whose target is whatever memory holds by then
    u8 unlike = 0;           ///< what is not compared of its own: a sum of Unlike
    decode::Insn insn;
};

struct Trial {
    Job job;
    std::array<Placed, longest_trial> insns;
    u8 count = 0;
    u64 masked_flags = 0;     ///< not compared when the trial completes
    u64 masked_at_fault = 0;  ///< not compared when it ends in a fault
    u16 masked_registers = 0;
    u16 masked_at = 0, masked_bytes = 0;  ///< a range of data memory
    bool uncertain() const;               ///< one of its jumps may go anywhere
    std::string text() const;
};

/// Which encodings a backend can compare, and why not.
struct Exclusion {
    isa::Op op;
    const char* why;
};

class TrialBuilder;

class Generator {
  public:
    /// `windows`: the backend has segments that 16-bit addresses need to reach the data memory.
    Generator(unsigned bits, std::vector<Encoding> encodings, Vendor vendor, u64 seed,
              bool windows = true);
    /// Built around the next encoding in turn: so all get about as many.
    Trial next();
    /// What a batch begins with.
    void fill(std::span<u8, data_bytes> memory);
    const std::vector<Encoding>& encodings() const { return encodings_; }
    Vendor vendor() const { return vendor_; }

  private:
    void add_some(TrialBuilder& builder, u64 count);
    unsigned bits_;
    std::vector<Encoding> encodings_;
    Vendor vendor_;
    bool windows_;
    Random random_;
    size_t turn_ = 0;
};

}  // namespace ringside::oracle
