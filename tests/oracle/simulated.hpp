// Our machine as the oracle's other side: user code in the same memory, with a kernel around it
// that does nothing but keep what a fault pushed.
#pragma once
#include "sim/machine/run.hpp"
#include "tests/oracle/simulated_kernel.hpp"

namespace ringside::oracle {

class Simulated : public Backend {
  public:
    explicit Simulated(Kernel kernel) : kernel_(kernel), m_(machine_with(kernel)) {}
    const char* name() const override { return "Ringside"; }
    bool runs(unsigned bits) const override { return bits == 32 || kernel_ == Kernel::Long; }
    void set_memory(std::span<const u8, data_bytes> bytes) override;
    bool run(std::span<const Job> jobs, std::span<Outcome> outcomes) override;
    void run_one(const Job& job, Outcome& outcome);
    std::string complaint() const override { return complaint_; }
    /// The linear address is that of its kernel.
    bool own(u64 linear) const { return linear - kernel_at(kernel_) < kernel_bytes; }

  private:
    void start(const Job& job);
    machine::Stop run_for(u64 instructions);
    void take_fault(Outcome& outcome);
    Kernel kernel_;
    machine::Machine m_;
    std::string complaint_;
};

}  // namespace ringside::oracle
