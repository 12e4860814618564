// VM entries that failed, explained, while an image runs that nobody else watches.
#pragma once
#include <span>
#include <vector>

#include "sim/trace/entry_failure.hpp"

namespace ringside::session {

/// Keeps the first ones; counts all.
class EntryFailures final : public trace::Sink {
  public:
    void on(const trace::Event& event) override {
        if (event.kind != trace::EventKind::VmEntryFailure) return;
        if (failures_.size() < most) failures_.push_back(trace::explain_entry_failure(event));
        ++count_;
    }
    const std::vector<trace::EntryFailure>& failures() const { return failures_; }
    u64 count() const { return count_; }

    static constexpr size_t most = 100;

  private:
    std::vector<trace::EntryFailure> failures_;
    u64 count_ = 0;
};

/// Are the bytes of VMLAUNCH or VMRESUME in there? Images without need no watching, which costs
/// time. SDM 3C "VMX Instruction Reference".
inline bool may_enter_guests(std::span<const u8> file) {
    for (size_t n = 2; n < file.size(); ++n)
        if (file[n - 2] == 0x0f && file[n - 1] == 0x01 && (file[n] == 0xc2 || file[n] == 0xc3))
            return true;
    return false;
}

}  // namespace ringside::session
