#include "tests/oracle/comparison.hpp"

#include <fmt/format.h>

#include "sim/isa/flags.hpp"

namespace ringside::oracle {
namespace {

namespace fl = isa::flags;

/// All that user code can see or change; IF and IOPL are the same all the time.
constexpr u64 compared_flags = fl::status | fl::DF | fl::ID | fl::TF | fl::NT | fl::AC;
constexpr u64 compared_at_fault = compared_flags | fl::RF;
constexpr i16 debug_exception = 1, stack_fault = 12, protection_fault = 13, page_fault = 14,
              alignment_check = 17;
/// Of a page fault's error code. SDM 3A "Page-Fault Exceptions".
constexpr u32 present_bit = 1;

/// Of the instruction at this address.
u8 unlike_at(const Trial& t, u64 rip) {
    for (u8 n = 0; n < t.count; ++n)
        if (trial_at + t.insns[n].offset == rip) return t.insns[n].unlike;
    return 0;
}

class Words {
  public:
    void say(const char* what, u64 theirs, u64 ours) {
        if (theirs != ours) text += fmt::format(" {} {:x}/{:x}", what, theirs, ours);
    }
    std::string text;
};

void compare_registers(Words& words, const Trial& t, const Outcome& theirs, const Outcome& ours) {
    static constexpr const char* names[] = {"ax", "cx", "dx",  "bx",  "sp",  "bp",  "si",  "di",
                                            "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
    for (unsigned n = 0; n < (t.job.bits == 64 ? 16u : 8u); ++n)
        if (!(t.masked_registers >> n & 1)) words.say(names[n], theirs.gpr[n], ours.gpr[n]);
}

/// The first byte that differs.
void compare_memory(Words& words, const Trial& t, const Outcome& theirs, const Outcome& ours) {
    if (theirs.memory == ours.memory) return;
    for (size_t n = 0; n < data_bytes; ++n) {
        if (n - t.masked_at < t.masked_bytes || theirs.memory[n] == ours.memory[n]) continue;
        return words.say(fmt::format("[{:x}]", n).c_str(), theirs.memory[n], ours.memory[n]);
    }
}

}  // namespace

/// Outcomes of which no more can be asked.
bool Comparison::allowed(const Trial& t, const Outcome& theirs, const Outcome& ours) const {
    const bool limited = ours.vector == stack_fault || ours.vector == protection_fault;
    if (!backend_.checks_limits() && limited && t.job.data_selector == window_selector) return true;
    if (!backend_.tells_faults() && theirs.vector == some_fault && ours.vector >= 0) return true;
    // SDM 3A "Limit Checking": with a limit of FFFFFFFFH an access that wraps may or may not be
    // #GP.
    constexpr u64 last_bytes = 0xfffffff0;
    return t.job.bits == 32 && theirs.vector == page_fault && theirs.cr2 >= last_bytes && limited;
}

bool Comparison::any_fault_will_do(u8 unlike, const Outcome& theirs, const Outcome& ours) const {
    if (theirs.vector < 0 || ours.vector < 0) return false;
    return has(unlike, Unlike::FaultOrder) ||
           (alignment_first(vendor_) && theirs.vector == alignment_check &&
            ours.vector == page_fault);
}

std::string Comparison::difference(const Trial& t, const Outcome& theirs,
                                   const Outcome& ours) const {
    if (allowed(t, theirs, ours)) return {};
    if (ours.vector == refused) return " ours: " + machine_.complaint();
    if (theirs.vector == refused) return " theirs: could not run it";
    Words words;
    const bool fault = theirs.vector >= 0;
    const u8 unlike = fault ? unlike_at(t, theirs.rip) : 0;
    const bool any_fault = any_fault_will_do(unlike, theirs, ours);
    if (!any_fault) words.say("vector", u64(i64(theirs.vector)), u64(i64(ours.vector)));
    // Each was stopped somewhere on its way.
    if (theirs.vector == endless) return words.text;
    if (fault && theirs.vector == ours.vector && !any_fault) {
        // What a kernel has mapped for itself differs.
        const bool of_a_kernel = theirs.cr2 >> 63 || machine_.own(theirs.cr2);
        const u32 unseen = theirs.vector == page_fault && of_a_kernel ? present_bit : 0;
        words.say("error code", theirs.error_code & ~unseen, ours.error_code & ~unseen);
        words.say("cr2", theirs.cr2, ours.cr2);
    }
    if (!has(unlike, Unlike::SavedIp)) words.say("ip", theirs.rip, ours.rip);
    u64 flags = fault ? compared_at_fault & ~t.masked_at_fault : compared_flags & ~t.masked_flags;
    if (has(unlike, Unlike::FaultFlags)) flags &= ~fl::status;
    if (has(unlike, Unlike::ResumeFlag) && theirs.vector == debug_exception) flags &= ~fl::RF;
    words.say("flags", theirs.flags & flags, ours.flags & flags);
    if (has(unlike, Unlike::FaultTrace)) return words.text;
    compare_registers(words, t, theirs, ours);
    compare_memory(words, t, theirs, ours);
    return words.text;
}

std::string start_text(const Job& j) {
    std::string out;
    for (u8 n = 0; n < j.code_length; ++n)
        out += fmt::format("{}{:02x}", n ? "" : " code ", j.code[n]);
    for (unsigned n = 0; n < (j.bits == 64 ? 16u : 8u); ++n) out += fmt::format(" {:x}", j.gpr[n]);
    return out + fmt::format(" flags {:x}{}", j.flags,
                             j.data_selector == window_selector ? " windowed" : "");
}

}  // namespace ringside::oracle
