// What counts of two outcomes of a trial.
#pragma once
#include "tests/oracle/simulated.hpp"
#include "tests/oracle/trial.hpp"

namespace ringside::oracle {

class Comparison {
  public:
    Comparison(const Backend& theirs, const Simulated& ours, Vendor vendor)
        : backend_(theirs), machine_(ours), vendor_(vendor) {}
    /// What differs, as text: theirs, then ours. Empty where nothing does that counts.
    std::string difference(const Trial& t, const Outcome& theirs, const Outcome& ours) const;

  private:
    bool allowed(const Trial& t, const Outcome& theirs, const Outcome& ours) const;
    bool any_fault_will_do(u8 unlike, const Outcome& theirs, const Outcome& ours) const;
    const Backend& backend_;
    const Simulated& machine_;
    Vendor vendor_;
};

/// Code and start values of a trial, for messages.
std::string start_text(const Job& job);

}  // namespace ringside::oracle
