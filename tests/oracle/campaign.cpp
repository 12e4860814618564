#include "tests/oracle/campaign.hpp"

#include <fmt/format.h>

#include "sim/cpu/ops/binding.hpp"
#include "sim/isa/flags.hpp"

namespace ringside::oracle {
namespace {

namespace fl = isa::flags;

constexpr size_t batch = 256;

/// All that user code can see or change; IF and IOPL are the same all the time.
constexpr u64 compared_flags = fl::status | fl::DF | fl::ID | fl::TF | fl::NT | fl::AC;
constexpr u64 compared_at_fault = compared_flags | fl::RF;
constexpr i16 stack_fault = 12, protection_fault = 13, page_fault = 14;
/// Of a page fault's error code. SDM 3A "Page-Fault Exceptions".
constexpr u32 present_bit = 1;

/// Of the instruction at this address.
u8 unlike_at(const Trial& t, u64 rip) {
    for (u8 n = 0; n < t.count; ++n)
        if (trial_at + t.insns[n].offset == rip) return t.insns[n].unlike;
    return 0;
}

std::string difference(const Trial& t, const Outcome& theirs, const Outcome& ours,
                       const Backend& backend, const Simulated& machine) {
    const bool limited = ours.vector == stack_fault || ours.vector == protection_fault;
    if (!backend.checks_limits() && limited && t.job.data_selector == window_selector) return {};
    if (!backend.tells_faults() && theirs.vector == some_fault && ours.vector >= 0) return {};
    // SDM 3A "Limit Checking": with a limit of FFFFFFFFH an access that wraps may or may not be
    // #GP.
    constexpr u64 last_bytes = 0xfffffff0;
    if (t.job.bits == 32 && theirs.vector == page_fault && theirs.cr2 >= last_bytes && limited)
        return {};
    std::string out;
    const auto say = [&](const char* what, u64 a, u64 b) {
        if (a != b) out += fmt::format(" {} {:x}/{:x}", what, a, b);
    };
    if (ours.vector == refused) return " ours: " + machine.complaint();
    if (theirs.vector == refused) return " theirs: could not run it";
    const bool fault = theirs.vector >= 0;
    const u8 unlike = fault ? unlike_at(t, theirs.rip) : 0;
    const bool any_fault = has(unlike, Unlike::FaultOrder) && fault && ours.vector >= 0;
    if (!any_fault) say("vector", u64(i64(theirs.vector)), u64(i64(ours.vector)));
    // Each was stopped somewhere on its way.
    if (theirs.vector == endless) return out;
    if (fault && theirs.vector == ours.vector && !any_fault) {
        // What a kernel has mapped for itself differs.
        const bool of_a_kernel = theirs.cr2 >> 63 || machine.own(theirs.cr2);
        const u32 unseen = theirs.vector == page_fault && of_a_kernel ? present_bit : 0;
        say("error code", theirs.error_code & ~unseen, ours.error_code & ~unseen);
        say("cr2", theirs.cr2, ours.cr2);
    }
    const bool trace = has(unlike, Unlike::FaultTrace);
    static constexpr const char* names[] = {"ax", "cx", "dx",  "bx",  "sp",  "bp",  "si",  "di",
                                            "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
    for (unsigned n = 0; n < (t.job.bits == 64 ? 16u : 8u); ++n)
        if (!trace && !(t.masked_registers >> n & 1)) say(names[n], theirs.gpr[n], ours.gpr[n]);
    if (!has(unlike, Unlike::SavedIp)) say("ip", theirs.rip, ours.rip);
    u64 flags = fault ? compared_at_fault & ~t.masked_at_fault : compared_flags & ~t.masked_flags;
    if (has(unlike, Unlike::FaultFlags)) flags &= ~fl::status;
    say("flags", theirs.flags & flags, ours.flags & flags);
    if (theirs.memory != ours.memory && !trace)
        for (size_t n = 0; n < data_bytes; ++n) {
            if (n - t.masked_at < t.masked_bytes || theirs.memory[n] == ours.memory[n]) continue;
            say(fmt::format("[{:x}]", n).c_str(), theirs.memory[n], ours.memory[n]);
            break;
        }
    return out;
}

std::string start_text(const Job& j) {
    std::string out;
    for (u8 n = 0; n < j.code_length; ++n)
        out += fmt::format("{}{:02x}", n ? "" : " code ", j.code[n]);
    for (unsigned n = 0; n < (j.bits == 64 ? 16u : 8u); ++n) out += fmt::format(" {:x}", j.gpr[n]);
    return out + fmt::format(" flags {:x}{}", j.flags,
                             j.data_selector == window_selector ? " windowed" : "");
}

bool may_jump(isa::Op op) {
    using enum isa::Op;
    return (op >= JMP && op <= RET) || (op >= CALL_FAR && op <= RET_FAR) || op == IRET;
}

/// Counts the instructions that certainly ran or faulted: up to the one that faulted; up to the
/// first that may have jumped past the others.
void count(Report& report, const Trial& t, const Outcome& theirs) {
    ++report.trials;
    ++report.endings[theirs.vector];
    const u64 end = trial_at + t.job.code_length;
    const bool ended = theirs.vector == completed, inside = theirs.rip - trial_at < end - trial_at;
    for (u8 n = 0; n < t.count; ++n) {
        const Placed& p = t.insns[n];
        if (!ended && inside && trial_at + p.offset > theirs.rip) break;
        ++report.runs[p.encoding];
        ++report.instructions;
        if (p.uncertain || (!ended && !inside && may_jump(p.insn.op))) break;
    }
}

}  // namespace

Report compare(Backend& theirs, Kernel kernel, Generator& generator, u64 instructions,
               u64 told_at_most) {
    Report report;
    report.runs.resize(generator.encodings().size());
    Simulated ours(kernel);
    std::vector<Trial> trials(batch);
    std::vector<Job> jobs(batch);
    std::vector<Outcome> outcomes(batch);
    Outcome mine;
    std::array<u8, data_bytes> memory;
    while (report.instructions < instructions) {
        generator.fill(memory);
        theirs.set_memory(memory);
        ours.set_memory(memory);
        for (size_t n = 0; n < batch; ++n) jobs[n] = (trials[n] = generator.next()).job;
        if (!theirs.run(jobs, outcomes)) {
            report.broken = theirs.complaint();
            return report;
        }
        for (size_t n = 0; n < batch; ++n) {
            ours.run_one(jobs[n], mine);
            count(report, trials[n], outcomes[n]);
            // A jump that went anywhere may have met what is not modelled.
            if (mine.vector == refused && trials[n].uncertain()) {
                ++report.discarded;
                ours.set_memory(outcomes[n].memory);
                continue;
            }
            const std::string differs = difference(trials[n], outcomes[n], mine, theirs, ours);
            if (mine.memory != outcomes[n].memory) ours.set_memory(outcomes[n].memory);
            if (differs.empty()) continue;
            if (++report.different <= told_at_most)
                report.differences.push_back(trials[n].text() + " differs (" + theirs.name() +
                                             "/ours):" + differs + " from" + start_text(jobs[n]));
        }
    }
    return report;
}

std::vector<Encoding> comparable(unsigned bits, std::span<const Exclusion> exclusions,
                                 const Missing& missing, Vendor vendor,
                                 std::set<std::string>& skipped) {
    std::vector<Encoding> kept;
    for (Encoding& e : all_encodings(bits)) {
        const isa::Op op = e.sample.op;
        // x87, MMX and SSE state is not modelled.
        const bool coprocessor = op == isa::Op::X87 || op == isa::Op::MMX || op == isa::Op::SSE;
        if (op == isa::Op::Unknown || coprocessor) continue;
        const char* why = nullptr;
        for (const Exclusion& x : exclusions)
            if (x.op == op) why = x.why;
        if (!why) why = missing(e);
        Decoding sample;
        if (!why && decode_both(e.sample_bytes, bits, sample)) why = incomparable(sample, vendor);
        if (why)
            skipped.insert(fmt::format("{}: {}", isa::row(op).name, why));
        else
            kept.push_back(std::move(e));
    }
    return kept;
}

}  // namespace ringside::oracle
