#include "tests/oracle/simulated.hpp"

#include <algorithm>

namespace ringside::oracle {
namespace {

constexpr bool has_error_code(u8 vector) {
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

}  // namespace

void Simulated::set_memory(std::span<const u8, data_bytes> bytes) { m_.poke({data_pages}, bytes); }

bool Simulated::run(std::span<const Job> jobs, std::span<Outcome> outcomes) {
    for (size_t n = 0; n < jobs.size(); ++n) run_one(jobs[n], outcomes[n]);
    return true;
}

/// Code, memory, segments and registers as the trial begins.
void Simulated::start(const Job& job) {
    m_.poke({code_page + trial_at - code_at}, code_of(job));
    for (u8 n = 0; n < job.patch_count; ++n) {
        const Patch& p = job.patches[n];
        u8 raw[8];
        for (unsigned b = 0; b < p.width; ++b) raw[b] = u8(p.value >> (8 * b));
        m_.poke({data_pages + u32(p.offset)}, {raw, p.width});
    }
    cpu::State& s = m_.cpu;
    for (cpu::Segment& one : s.seg) one = cpu::Segment::null(0);
    s.seg[decode::CS] =
        cpu::Segment::from(job.bits == 64 ? code64_selector : code32_selector, user_code(job.bits));
    s.seg[decode::SS] = cpu::Segment::from(flat_selector, flat_data());
    s.seg[decode::DS] = s.seg[decode::ES] = cpu::Segment::from(
        job.data_selector, job.data_selector == window_selector ? window_data() : flat_data());
    s.cpl = 3;
    s.derive_segments();
    s.activity = cpu::Activity::Active;
    s.shadow = cpu::Shadow::None;
    s.regs = {};
    std::copy(job.gpr.begin(), job.gpr.end(), s.regs.gpr.begin());
    s.regs.rip = trial_at;
    s.regs.flags = job.flags;
}

machine::Stop Simulated::run_for(u64 instructions) {
    machine::Limits limits;
    limits.instructions = m_.instructions + instructions;
    limits.steps = m_.steps + instructions + 500;
    return machine::run(m_, limits, {});
}

void Simulated::run_one(const Job& job, Outcome& outcome) {
    start(job);
    // The handler's HLT, what raises an event and the way out count too. A trial whose jumps went
    // elsewhere may need longer.
    machine::Stop stop = run_for(job.instruction_limit + 4u);
    const auto on_the_way = [&] {
        return stop.reason == machine::Stop::Limit && m_.cpu.regs.rip != leave_at(job.bits);
    };
    constexpr u64 patience = 100'000;
    if (on_the_way()) stop = run_for(patience);
    outcome.error_code = 0;
    outcome.cr2 = 0;
    for (unsigned n = 0; n < 16; ++n) outcome.gpr[n] = m_.cpu.regs.gpr[n];
    outcome.rip = m_.cpu.regs.rip;
    outcome.flags = m_.cpu.regs.flags;
    switch (stop.reason) {
        case machine::Stop::Limit:
            outcome.vector = on_the_way() ? endless : completed;
            outcome.rip = trial_at + job.code_length;
            break;
        case machine::Stop::Halted: take_fault(outcome); break;
        default:
            outcome.vector = refused;
            complaint_ = stop.what.empty() ? "stopped" : stop.what;
            break;
    }
    m_.ram.copy_out({data_pages}, outcome.memory);
}

/// The handler of the vector has halted; the frame lies on the kernel's stack.
void Simulated::take_fault(Outcome& outcome) {
    const u64 base = kernel_at(kernel_);
    const u8 vector = u8((m_.cpu.regs.rip - base - handlers_page) / handler_bytes);
    outcome.vector = vector;
    const unsigned width = kernel_ == Kernel::Long ? 8 : 4;
    u64 at = m_.cpu.regs.gpr[SP] - base;
    const auto pop = [&] {
        const u64 value = m_.ram.read({at}, width);
        at += width;
        return value;
    };
    if (has_error_code(vector)) outcome.error_code = u32(pop());
    outcome.rip = pop();
    pop();  // CS
    outcome.flags = pop();
    outcome.gpr[SP] = pop();
    if (vector == u8(isa::Vector::PF)) outcome.cr2 = m_.cpu.cr2;
}

}  // namespace ringside::oracle
