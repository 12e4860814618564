#include "sim/session/native_network.hpp"

#include <algorithm>

#include "sim/machine/run.hpp"

namespace ringside::session {
namespace {

using machine::Machine;
using machine::Stop;

constexpr Cycle flight = 1000;  ///< of a frame: so far each machine can run by itself

struct End {
    Machine machine;
    bool going = true;
    bool waits = false;  ///< for a frame: nothing else would wake it

    void run_to(Cycle cycle, const StopLimits& limits) {
        if (!going || machine.now >= cycle) return;
        machine::Limits until;
        until.cycles = std::min(cycle, limits.cycles);
        until.instructions = limits.instructions;
        const Stop stop = machine::run(machine, until, {});
        waits = stop.reason == Stop::Halted && machine.cpu.interrupts_on();
        if (waits) machine.now = cycle;
        going = (waits || stop.reason == Stop::Limit) && machine.now < limits.cycles &&
                machine.instructions < limits.instructions;
    }
    bool idle() const { return !going || waits; }
};

}  // namespace

std::vector<dev::Frame> frames_from(Machine other, Machine machine, const StopLimits& limits) {
    std::vector<dev::Frame> arrived;
    End from{std::move(other)}, to{std::move(machine)};
    from.machine.board.plug_in_network();
    to.machine.board.plug_in_network();
    for (Cycle end = flight; to.going; end += flight) {
        from.run_to(end, limits);
        to.run_to(end, limits);
        const auto sent = from.machine.board.take_sent_frames();
        const auto answered = to.machine.board.take_sent_frames();
        for (dev::Frame frame : sent) {
            frame.when += flight;
            to.machine.board.expect_frame(frame);
            arrived.push_back(frame);
        }
        for (dev::Frame frame : answered) {
            frame.when += flight;
            from.machine.board.expect_frame(frame);
        }
        const bool silent = sent.empty() && answered.empty();
        if (silent && from.idle() && to.idle()) break;  // nobody will ever wake them
    }
    return arrived;
}

}  // namespace ringside::session
