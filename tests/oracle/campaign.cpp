#include "tests/oracle/campaign.hpp"

#include <fmt/format.h>

#include "tests/oracle/comparison.hpp"

namespace ringside::oracle {
namespace {

constexpr size_t batch = 256;

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
    const Comparison comparison(theirs, ours, generator.vendor());
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
            const std::string differs = comparison.difference(trials[n], outcomes[n], mine);
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
