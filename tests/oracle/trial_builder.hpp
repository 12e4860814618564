// Puts a trial together, one instruction after the other: start values, addresses that lie in the
// data memory, targets of jumps, selectors.
#pragma once
#include "tests/oracle/trial.hpp"

namespace ringside::oracle {

class TrialBuilder {
  public:
    /// `windowed`: DS and ES begin at the data memory, so that 16-bit addresses reach it.
    TrialBuilder(unsigned bits, bool windowed, Vendor vendor, Random& random);
    /// Adds an instance of the encoding; false where it does not fit here.
    bool add(const Encoding& encoding, u32 index);
    Trial finish();
    bool closed() const { return closed_; }

  private:
    struct Draft;
    u64 pick(u64 below) { return random_() % below; }
    bool chance(unsigned in) { return random_() % in == 0; }
    u64 interesting();
    bool attempt(const Encoding& encoding, u32 index);
    // Encoding an instance.
    bool encode(const Encoding& e, Draft& d);
    void rex(const Encoding& e, Draft& d);
    void override_segment(Draft& d);
    bool memory_operand(const Encoding& e, Draft& d, u8 reg);
    void memory16(Draft& d, u8 reg, u64 target);
    void memory32(const Encoding& e, Draft& d, u8 reg, u64 target);
    u64 target(const Encoding& e);
    // What an instruction needs of the start state.
    bool prepare(const Encoding& e, Draft& d);
    bool prepare_jump(Draft& d);
    bool prepare_indirect(Draft& d, bool far);
    bool prepare_return(Draft& d);
    u64 flags_to_load(u64 flags);
    bool prepare_selector(Draft& d);
    void prepare_strings(const Draft& d);
    void prepare_division(const Draft& d);
    void prepare_bit_string(Draft& d);
    bool prepare_rest(const Encoding& e, Draft& d);
    /// The register starts with this value, unless something happened to it already.
    bool constrain(u8 reg, u64 value);
    /// Where the data memory begins for the stack pointer that a trial starts with.
    u64 stack_base() const;
    /// False where memory ends, or another instruction's value lies there.
    bool patch(u64 offset, unsigned width, u64 value);
    std::optional<u64> operand_offset(const Draft& d) const;
    void fill_after(unsigned bytes);
    // Book-keeping.
    bool acceptable(const Encoding& e, const Draft& d);
    void commit(const Draft& d, u32 index);
    Count count_of(const decode::Insn& i) const;

    unsigned bits_;
    u64 origin_;  ///< offset of the data memory in DS
    Vendor vendor_;
    Random& random_;
    Trial t_;
    u16 modified_ = 0, pinned_ = 0;
    bool wrote_memory_ = false, closed_ = false;
    bool checks_alignment_ = false;  ///< AC may be set
    u64 tainted_ = 0;
    unsigned filler_ = 0;
    /// The number of instructions with the last CALL that found the stack as it was, and how many
    /// bytes it jumped over.
    u8 called_ = 0xff;
    unsigned called_over_ = 0;
};

}  // namespace ringside::oracle
