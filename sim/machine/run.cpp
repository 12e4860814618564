#include "sim/machine/run.hpp"

#include <algorithm>

#include "sim/cpu/delivery.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/timing/policy.hpp"

namespace ringside::machine {
namespace {

using cpu::Exec;
using cpu::Pending;

template <class Timing>
class Runner {
  public:
    Runner(Machine& m, const Limits& limits, const Watch& watch, Timing timing)
        : m_(m),
          limits_(limits),
          watch_(watch),
          timing_(timing),
          meter_(watch.meter ? *watch.meter : own_meter_),
          x_(m.cpu, m.ram, m.board, m.derived.lines, m.derived.code, watch.sink) {
        x_.all_sensitive = watch.all_sensitive;
        refresh_code_map();
    }

    Stop run() {
        deadline_ = m_.board.next_event();
        for (;;) {
            x_.now = m_.now;
            x_.retired = m_.instructions;
            if (stopped_by_board()) return stop_;
            if (m_.cpu.activity == cpu::Activity::Shutdown) return {Stop::Shutdown, 0, {}, {}};
            if (m_.instructions >= limits_.instructions || m_.steps >= limits_.steps ||
                m_.now >= limits_.cycles)
                return {};
            if (m_.now >= deadline_) {
                m_.board.advance(m_.now);
                deadline_ = m_.board.next_event();
            }
            if (interrupt()) {
                if (!settle()) return stop_;
                continue;
            }
            if (m_.cpu.activity == cpu::Activity::Halted) {
                if (!wait()) return {Stop::Halted, 0, {}, here()};
                continue;
            }
            if (!block()) return stop_;
        }
    }

  private:
    LinAddr here() const { return m_.cpu.code_address(); }

    bool stopped_by_board() {
        if (const auto value = m_.board.debug_exit()) {
            stop_ = {Stop::DebugExit, *value, {}, here()};
            return true;
        }
        if (m_.board.reset_requested()) {
            stop_ = {Stop::Reset, 0, {}, here()};
            return true;
        }
        return false;
    }

    void refresh_code_map() {
        Derived& d = m_.derived;
        const u64 version = watch_.map ? watch_.map->version() : 0;
        if (d.watched_by == watch_.map && d.watch_version == version && d.costs_of == m_.profile)
            return;
        d.code.clear();
        d.code.release_dropped();
        d.watched_by = watch_.map;
        d.watch_version = version;
        d.costs_of = m_.profile;
    }

    /// Delivers a hardware interrupt or leaves the guest for one. True when something was done.
    bool interrupt() {
        cpu::State& s = m_.cpu;
        if (s.shadow != cpu::Shadow::None) return false;
        if (m_.board.interrupt_pending()) {
            x_.start_rip = s.regs.rip;
            x_.current = nullptr;
            if (s.vmx.non_root && cpu::vmx::exits_on_interrupt(x_)) {
                deadline_ = m_.board.next_event();
                return true;
            }
            if (s.interrupts_on()) {
                const u8 vector = m_.board.acknowledge(m_.now);
                deadline_ = m_.board.next_event();
                cpu::deliver(x_, {cpu::Delivery::External, vector, false, 0, 0});
                return true;
            }
        }
        if (s.vmx.non_root && cpu::vmx::interrupt_window_open(s)) {
            x_.start_rip = s.regs.rip;
            cpu::vmx::leave_guest(x_, Pending::exit(isa::ExitReason::INTERRUPT_WINDOW, 0));
            return true;
        }
        return false;
    }

    /// Idles to the next device event. False when nothing can wake the CPU.
    bool wait() {
        const cpu::State& s = m_.cpu;
        const bool can_wake =
            s.interrupts_on() || cpu::vmx::pin(s, isa::PinBased::external_interrupt_exiting);
        if (!can_wake || deadline_ == never) return false;
        const Cycle until = std::max(deadline_, m_.now);
        meter_.idle += until - m_.now;
        m_.now = until;
        ++m_.steps;
        return true;
    }

    /// Deals with what stopped an instruction or a delivery; charges transitions. False to stop.
    bool settle() {
        while (x_.pending.kind != Pending::None)
            if (!settle_one(x_.take_pending())) return false;
        charge();
        ++m_.steps;
        return true;
    }

    bool settle_one(const Pending& p) {
        cpu::State& s = m_.cpu;
        using cpu::Delivery;
        switch (p.kind) {
            case Pending::None: break;
            case Pending::Fault:
                s.regs.rip = x_.start_rip;
                cpu::deliver(x_,
                             {Delivery::Hardware, p.vector, p.has_error_code, p.error_code, p.cr2});
                break;
            case Pending::SoftwareInterrupt:
                cpu::deliver(x_, {Delivery::Software, p.vector, false, 0, 0});
                break;
            case Pending::SoftwareException:
                cpu::deliver(x_, {Delivery::SoftwareException, p.vector, false, 0, 0});
                break;
            case Pending::PrivilegedSoftwareException:
                cpu::deliver(x_, {Delivery::PrivilegedSoftwareException, p.vector, false, 0, 0});
                break;
            case Pending::VmExit:
                s.regs.rip = x_.start_rip;
                cpu::vmx::leave_guest(x_, p);
                break;
            case Pending::VmEntry: cpu::vmx::enter_guest(x_, p.vector != 0); break;
            case Pending::TripleFault:
                s.activity = cpu::Activity::Shutdown;
                x_.emit(trace::EventKind::Shutdown);
                break;
            case Pending::NotModelled:
                s.regs.rip = x_.start_rip;
                stop_ = {Stop::NotModelled, 0, p.what, here()};
                return false;
        }
        return true;
    }

    void charge() {
        if (!x_.dynamic.any()) return;
        const u32 extra = timing_.extra(x_.dynamic), transition = timing_.transition(x_.dynamic);
        meter_.cycles[world_] += extra;
        meter_.transition += transition;
        meter_.tlb_misses += x_.dynamic.tlb_misses;
        m_.now += extra + transition;
        x_.dynamic = {};
    }

    /// Modes in which any instruction would behave otherwise than here.
    const char* unmodelled_mode() const {
        const cpu::State& s = m_.cpu;
        if (!(s.regs.flags & (isa::flags::TF | isa::flags::AC))) return nullptr;
        if (s.regs.flags & isa::flags::TF) return "single-stepping (EFLAGS.TF)";
        return s.cpl == 3 && (s.cr0 & isa::cr0::AM) ? "alignment checking (CR0.AM, EFLAGS.AC)"
                                                    : nullptr;
    }

    bool block() {
        std::unique_ptr<cpu::Block> uncached;
        x_.start_rip = m_.cpu.regs.rip;
        x_.current = nullptr;
        if (const char* what = unmodelled_mode()) {
            stop_ = {Stop::NotModelled, 0, what, here()};
            return false;
        }
        cpu::Block* b = cpu::fetch_block(x_, watch_.map, uncached,
                                         [this](const decode::Insn& i) { return timing_.cost(i); });
        if (!b) return settle();
        world_ = b->world;
        x_.fetch_delta = b->start - m_.cpu.regs.rip;
        if (b->probe >= 0 && watch_.sink && probed_at_ != m_.steps) {
            probed_at_ = m_.steps;
            x_.emit(trace::EventKind::Probe, u64(b->probe));
            if (watch_.map->version() != m_.derived.watch_version) {
                refresh_code_map();
                return true;  // the map changed: find the block anew
            }
        }
        const bool kept = execute(*b);
        m_.derived.code.release_dropped();
        return kept;
    }

    /// Runs the block's instructions up to its end, a limit, a deadline or anything unusual.
    bool execute(cpu::Block& b) {
        cpu::State& s = m_.cpu;
        const cpu::Shadow shadow = s.shadow;
        u64 room = std::min({limits_.instructions - m_.instructions, limits_.steps - m_.steps,
                             u64(b.insns.size())});
        // RF, once loaded by IRET, lasts for one instruction. SDM 3B "Resume Flag (RF)".
        const bool resumed = s.regs.flags & isa::flags::RF;
        if (shadow != cpu::Shadow::None || resumed) room = std::min<u64>(room, 1);
        const Cycle deadline = std::min(deadline_, limits_.cycles);
        const u64 limit = s.code_limit(), rip_mask = width_mask(s.seg[decode::CS].address_bytes);
        s.regs.gpr[decode::block_start] = s.regs.rip;
        x_.block_ended = false;
        x_.shadow_set = false;
        Cycle now = m_.now;
        u64 done = 0;
        bool retired = true;
        while (done < room) {
            const cpu::BoundInsn& bound = b.insns[done];
            x_.start_rip = s.regs.rip;
            if (s.regs.rip + bound.insn.length - 1 > limit) {
                x_.fault(isa::Vector::GP, 0);
                retired = false;
                break;
            }
            x_.current = &bound;
            x_.now = now;
            x_.retired = m_.instructions + done;
            s.regs.rip = (s.regs.rip + bound.insn.length) & rip_mask;
            bound.body(x_, bound.insn);
            now += bound.cost;
            if (x_.pending.kind != Pending::None || x_.restarts) {
                retired = x_.pending.kind != Pending::Fault && x_.pending.kind != Pending::VmExit &&
                          x_.pending.kind != Pending::NotModelled && !x_.restarts;
                break;
            }
            ++done;
            if constexpr (Timing::counts) {
                if (x_.dynamic.any()) {
                    const u32 extra = timing_.extra(x_.dynamic);
                    now += extra + timing_.transition(x_.dynamic);
                    meter_.transition += timing_.transition(x_.dynamic);
                    meter_.cycles[world_] -= timing_.transition(x_.dynamic);
                    meter_.tlb_misses += x_.dynamic.tlb_misses;
                    x_.dynamic = {};
                }
            }
            if (x_.block_ended || now >= deadline) break;
        }
        const bool unusual = x_.pending.kind != Pending::None || x_.restarts;
        if (unusual && retired) ++done;
        meter_.cycles[world_] += now - m_.now;
        meter_.instructions[world_] += done;
        m_.now = now;
        m_.instructions += done;
        m_.steps += done;
        // An instruction that is taken back leaves the shadow: a VM exit saves it.
        const bool taken_back =
            x_.pending.kind == Pending::Fault || x_.pending.kind == Pending::VmExit;
        if (!taken_back && !x_.shadow_set && s.shadow == shadow) s.shadow = cpu::Shadow::None;
        if (resumed && done > 0 && x_.current->insn.op != isa::Op::IRET)
            s.regs.flags &= ~isa::flags::RF;
        if (x_.board_touched) {
            deadline_ = m_.board.next_event();
            x_.board_touched = false;
        }
        if (!unusual) return true;
        x_.restarts = false;
        if (retired) --m_.steps;  // settle() counts this step
        x_.now = m_.now;
        return settle();
    }

    Machine& m_;
    const Limits& limits_;
    const Watch& watch_;
    Timing timing_;
    Meter own_meter_;
    Meter& meter_;
    Exec x_;
    Cycle deadline_ = never;
    u64 probed_at_ = never;  ///< the step whose probe point has been reported
    u32 world_ = 0;
    Stop stop_;
};

}  // namespace

Stop run(Machine& m, const Limits& limits, const Watch& watch) {
    const Stop stop = m.profile->counts_only
                          ? Runner<timing::Off>(m, limits, watch, {}).run()
                          : Runner<timing::Simple>(m, limits, watch, {*m.profile}).run();
    m.cpu.regs.gpr[decode::block_start] = 0;
    return stop;
}

}  // namespace ringside::machine
