// Unicorn (QEMU's translator as a library) as an oracle: a second opinion, and the only one where
// the host is no x86-64. It runs at CPL 0, checks no segment limit and has no descriptors but the
// window's, so what stands on privilege or on segments is not compared with it. Where it is wrong,
// the tables say so in their column.
#pragma once
#include "tests/oracle/job.hpp"
#include "tests/oracle/trial.hpp"

struct uc_struct;
struct uc_context;

namespace ringside::oracle {

class UnicornCpu : public Backend {
  public:
    /// Null, with the reason in `why`, where it does not start.
    static std::unique_ptr<UnicornCpu> open(unsigned bits, std::string& why);
    ~UnicornCpu() override;
    UnicornCpu(const UnicornCpu&) = delete;
    UnicornCpu& operator=(const UnicornCpu&) = delete;

    const char* name() const override { return "Unicorn"; }
    bool runs(unsigned bits) const override { return bits == bits_; }
    /// Of a fault it only tells that there was one.
    bool tells_faults() const override { return false; }
    bool checks_limits() const override { return false; }
    void set_memory(std::span<const u8, data_bytes> bytes) override;
    bool run(std::span<const Job> jobs, std::span<Outcome> outcomes) override;
    /// Its answer, register 0 to 3 for EAX to EDX.
    u32 cpuid(u32 leaf, unsigned reg);

  private:
    UnicornCpu(uc_struct* engine, unsigned bits) : uc_(engine), bits_(bits) {}
    void run_one(const Job& job, Outcome& outcome);
    /// The data memory, mapped at both its addresses.
    struct alignas(4096) Pages : std::array<u8, data_bytes> {};
    std::unique_ptr<Pages> data_ = std::make_unique<Pages>();
    uc_struct* uc_;
    uc_context* fresh_ = nullptr;  ///< registers as they are at the beginning
    unsigned bits_;
};

/// Rows that Unicorn cannot be compared on, and why.
std::vector<Exclusion> unicorn_exclusions();

}  // namespace ringside::oracle
