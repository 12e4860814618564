// The host's own CPU as an oracle. A child process runs the trials: 32-bit code through the segment
// that x86-64 Linux keeps at selector 0x23, 64-bit code as it is. Faults come as signals, whose
// context shows vector, error code and registers.
#pragma once
#include <vector>

#include "tests/oracle/encodings.hpp"
#include "tests/oracle/job.hpp"
#include "tests/oracle/undefined.hpp"

namespace ringside::oracle {

class HostCpu : public Backend {
  public:
    /// Null, with the reason in `why`, where the host cannot do it.
    static std::unique_ptr<HostCpu> open(std::string& why);
    ~HostCpu() override;
    HostCpu(const HostCpu&) = delete;
    HostCpu& operator=(const HostCpu&) = delete;

    const char* name() const override { return "the host's CPU"; }
    bool runs(unsigned bits) const override { return bits == 32 || bits == 64; }
    void set_memory(std::span<const u8, data_bytes> bytes) override;
    bool run(std::span<const Job> jobs, std::span<Outcome> outcomes) override;
    std::string complaint() const override { return complaint_; }

  private:
    struct Shared;
    HostCpu() = default;
    Shared* shared_ = nullptr;
    int child_ = -1, to_child_ = -1, from_child_ = -1;
    std::string complaint_;
};

/// By CPUID.
Vendor host_vendor();
/// The feature that the host lacks for this encoding, or why it must not run; null where it may.
const char* missing_on_host(const Encoding& e);

}  // namespace ringside::oracle
