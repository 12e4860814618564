#include "sim/machine/run.hpp"

#include <algorithm>
#include <utility>

#include "sim/cpu/boundary.hpp"
#include "sim/cpu/delivery.hpp"
#include "sim/cpu/threaded.hpp"
#include "sim/cpu/vmx/preemption_timer.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/paging.hpp"
#include "sim/timing/policy.hpp"

namespace ringside::machine {
namespace {

using cpu::BoundInsn;
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
          caches_(m.derived.caches(m.ram.size())),
          x_(m.cpu, m.ram, m.board, caches_.lines, caches_.code, watch.sink) {
        x_.all_sensitive = watch.all_sensitive;
        refresh_code_map();
    }

    Stop run() {
        deadline_ = next_event();
        for (;;) {
            x_.now = m_.now;
            x_.retired = m_.instructions;
            if (stopped_by_board()) return stop_;
            if (m_.cpu.activity == cpu::Activity::Shutdown && !m_.cpu.vmx.non_root)
                return {Stop::Shutdown, 0, {}, {}};
            if (m_.instructions >= limits_.instructions || m_.steps >= limits_.steps ||
                m_.now >= limits_.cycles)
                return {};
            if (m_.now >= deadline_) {
                m_.board.advance(m_.now);
                deadline_ = next_event();
            }
            if (cpu::event_possible(x_) && cpu::take_event(x_)) {
                if (!settle()) return stop_;
                continue;
            }
            if (m_.cpu.activity != cpu::Activity::Active) {
                if (!wait()) return {Stop::Halted, 0, {}, here()};
                continue;
            }
            if (!block()) return stop_;
        }
    }

  private:
    LinAddr here() const { return m_.cpu.code_address(); }

    bool stopped_by_board() {
        if (!m_.board.wants_to_stop()) return false;
        if (const auto value = m_.board.debug_exit()) {
            stop_ = {Stop::DebugExit, *value, {}, here()};
            return true;
        }
        if (m_.board.reset_requested()) {
            stop_ = {Stop::Reset, 0, {}, here()};
            return true;
        }
        stop_ = {Stop::NotModelled, 0, m_.board.not_modelled(), here()};
        return true;
    }

    void refresh_code_map() {
        Derived::Caches& d = caches_;
        const u64 version = watch_.map ? watch_.map->version() : 0;
        const bool traced = watch_.sink != nullptr;
        if (d.watched_by == watch_.map && d.watch_version == version && d.traced == traced &&
            d.costs_of == m_.profile)
            return;
        d.code.clear();
        d.code.release_dropped();
        d.watched_by = watch_.map;
        d.watch_version = version;
        d.traced = traced;
        d.costs_of = m_.profile;
    }

    /// When a device or the CPU itself next does something unasked.
    Cycle next_event() const { return std::min(m_.board.next_event(), cpu::next_event(m_.cpu)); }

    /// A breakpoint on the next instruction: a fault, before the instruction is even fetched. RF
    /// and a MOV SS hold it back. SDM 3B "Instruction-Breakpoint Exception Condition".
    bool code_breakpoint() {
        const cpu::State& s = m_.cpu;
        if (!cpu::debug::any_enabled(s) || !cpu::debug::watches_code(s) ||
            (s.regs.flags & isa::flags::RF) || s.shadow == cpu::Shadow::MovSs)
            return false;
        const u64 hits = cpu::debug::code_hits(s, here().value);
        if (hits) x_.stop_with(Pending::debug_fault(hits));
        return hits != 0;
    }

    void note_breakpoints() { m_.cpu.pending_debug |= std::exchange(x_.breakpoints_met, 0); }

    /// Idles to the next device event. False when nothing can wake the CPU.
    bool wait() {
        const cpu::State& s = m_.cpu;
        if (!cpu::can_wake(s) || deadline_ == never) return false;
        // A wait that a limit cuts short is one step all the same: it is counted when it is over.
        const Cycle until = std::max(std::min(deadline_, limits_.cycles), m_.now);
        meter_.idle += until - m_.now;
        m_.now = until;
        if (until >= deadline_) ++m_.steps;
        return true;
    }

    /// Deals with what stopped an instruction or a delivery; charges transitions. False to stop.
    bool settle() {
        while (x_.attention.stopped)
            if (!settle_one()) return false;
        note_breakpoints();
        charge();
        cpu::vmx::start_preemption_timer(m_.cpu, m_.now);
        deadline_ = next_event();
        x_.attention = {};
        ++m_.steps;
        return true;
    }

    /// False to stop.
    bool settle_one() {
        switch (x_.pending.kind) {
            case Pending::None: break;
            case Pending::Fault: {
                const Pending& p = x_.pending;
                return take_back_and_deliver({cpu::Delivery::Hardware, p.vector, p.has_error_code,
                                              p.error_code, p.cr2, p.debug});
            }
            case Pending::SoftwareInterrupt: return deliver(cpu::Delivery::Software);
            case Pending::SoftwareException: return deliver(cpu::Delivery::SoftwareException);
            case Pending::PrivilegedSoftwareException:
                return deliver(cpu::Delivery::PrivilegedSoftwareException);
            default: return settle_other(x_.take_pending());
        }
        return true;
    }
    bool take_back_and_deliver(const cpu::Delivery& event) {
        x_.go_live();
        m_.cpu.regs.rip = x_.start_rip;
        cpu::deliver(x_, event);
        return true;
    }
    bool deliver(cpu::Delivery::Kind kind) {
        const cpu::Delivery event{kind, x_.pending.vector, false, 0, 0};
        x_.go_live();
        cpu::deliver(x_, event);
        return true;
    }
    bool settle_other(const Pending& p) {
        cpu::State& s = m_.cpu;
        switch (p.kind) {
            case Pending::VmExit:
                s.regs.rip = x_.start_rip;
                cpu::vmx::leave_guest(x_, p);
                return true;
            case Pending::VmEntry: cpu::vmx::enter_guest(x_, p.vector != 0); return true;
            case Pending::TripleFault:
                s.activity = cpu::Activity::Shutdown;
                x_.emit(trace::EventKind::Shutdown);
                return true;
            default: break;
        }
        s.regs.rip = x_.start_rip;
        stop_ = {Stop::NotModelled, 0, p.what, here()};
        return false;
    }

    /// What happened outside the code that runs.
    void charge() {
        if (!x_.attention.charged) return;
        const timing::Dynamic& time = x_.charges();
        const u32 extra = timing_.extra(time), transition = timing_.transition(time);
        meter_.cycles[world_] += extra;
        meter_.transition += transition;
        meter_.tlb_misses += time.tlb_misses;
        m_.now += extra + transition;
        x_.forget_charges();
    }

    static u16 cost(const void* timing, const decode::Insn& i) {
        return std::max<u16>(1, static_cast<const Timing*>(timing)->cost(i));
    }

    bool block() {
        x_.stand_at(m_.cpu.regs.rip);
        x_.current = nullptr;
        x_.stepping = m_.cpu.regs.flags & isa::flags::TF;
        if (code_breakpoint()) return settle();
        cpu::Block* const b = cpu::fetch_block(x_, context_, watch_.map, cost, &timing_);
        if (!b) return settle();
        world_ = b->world;
        // What the fetch took counts before the instruction looks at the time, in whole runs and
        // cut ones.
        charge();
        x_.now = m_.now;
        if (b->probe >= 0 && watch_.sink && probed_at_ != m_.steps) {
            probed_at_ = m_.steps;
            x_.emit(trace::EventKind::Probe, u64(b->probe));
            if (watch_.map->version() != caches_.watch_version) {
                refresh_code_map();
                return true;  // the map changed: find the block anew
            }
        }
        const bool kept = execute(*b);
        caches_.code.release_dropped();
        return kept;
    }

    /// Runs from the block's first instruction up to a limit, a deadline or anything unusual.
    bool execute(cpu::Block& b) {
        enter(b);
        const u64 room = std::min(limits_.instructions - m_.instructions, limits_.steps - m_.steps);
        const Cycle until = std::min(deadline_, limits_.cycles);
        const bool resumed = (m_.cpu.regs.flags & isa::flags::RF) && !forget_resume_flag(b);
        const bool one = m_.cpu.shadow != cpu::Shadow::None || resumed || x_.stepping ||
                         (cpu::debug::any_enabled(m_.cpu) && cpu::debug::watches_code(m_.cpu)) ||
                         cpu::vmx::monitor_trap_flag(m_.cpu);
        // Every instruction takes a cycle at least, so this bounds their number too.
        const Cycle latest = m_.now + room < m_.now ? never : m_.now + room;
        x_.place.latest = std::min(limits_.cycles, latest);
        x_.place.deadline = std::min(deadline_, x_.place.latest);
        const bool whole = x_.place.clock + b.cycles_before_last < x_.place.deadline &&
                           b.count <= room && in_segment(b);
        if (one || !whole) return carefully(b, one ? 1 : room, until, resumed);
        return threaded(b);
    }

    void enter(cpu::Block& b) {
        Exec::Place& at = x_.place;
        const u64 came_from = at.context;
        arrive(b);
        at.clock = m_.now;
        at.counted = m_.instructions;
        if (at.missed.link) fill_link(std::exchange(at.missed, {}), came_from, b);
        began_ = {m_.now, m_.instructions, meter_.transition};
    }

    /// What threaded code has to know of where it is.
    void arrive(cpu::Block& b) {
        const cpu::State& s = m_.cpu;
        const cpu::Segment& cs = s.seg[decode::CS];
        Exec::Place& at = x_.place;
        const bool flat = s.mode64();
        at.code_base = cs.origin;
        at.code_bias = flat ? bit(isa::paging::linear_bits - 1) : 0;
        at.code_limit = flat ? bit(isa::paging::linear_bits) - 1 : cs.limit;
        at.linear_mask = cs.linear_mask;
        // In 16-bit code EIP does not wrap at 64 KiB by itself: the limit stops it.
        at.rip_mask = flat ? ~u64{0} : 0xffffffff;
        at.context = cpu::CodeCache::link_context(context_, b.world);
        at.block = &b;
        x_.attention = {};
    }

    /// A link that led nowhere leads to this block, if nothing has come between.
    void fill_link(const Exec::Place::Missed& missed, u64 came_from, cpu::Block& b) {
        const u64 rip = m_.cpu.regs.rip, context = x_.place.context;
        const bool same_way = missed.serial && missed.rip == rip &&
                              missed.from->serial == missed.serial && came_from == context;
        if (same_way && b.serial && b.probe < 0 && in_segment(b))
            *missed.link = {context, b.serial, &b, b.first(), b.linear};
    }

    bool in_segment(const cpu::Block& b) const {
        return x_.place.holds(m_.cpu.regs.rip + b.bytes - 1);
    }

    /// RF, once loaded by IRET, lasts for one instruction, whose breakpoints have been looked at.
    /// It is seen otherwise in a guest and by what stores EFLAGS whole only; else it may as well be
    /// cleared at once. False if it may not. SDM 3B "Resume Flag (RF)".
    bool forget_resume_flag(const cpu::Block& b) {
        const isa::Op op = b.first()->insn.op;
        const bool stores_flags = (op >= isa::Op::CALL_FAR && op <= isa::Op::IRET) ||
                                  (op >= isa::Op::SYSENTER && op <= isa::Op::SYSRET);
        if (m_.cpu.vmx.non_root || stores_flags) return false;
        m_.cpu.regs.flags &= ~isa::flags::RF;
        return true;
    }

    /// Block after block without looking up, by threaded code.
    bool threaded(const cpu::Block& b) {
        const BoundInsn* i = b.first();
        for (;;) {
            x_.place.stopped_at = nullptr;
            cpu::threaded::run_threaded(x_, i);
            i = x_.place.stopped_at;
            if (!i) return leave(x_.place.clock, x_.place.counted), true;
            if (only_crosses()) {
                const bool retired = x_.pending.kind != Pending::Fault;
                if (x_.attention.stopped) settle_one();
                if (x_.attention.stopped) return settle_after(i, retired);
                count_crossing(i, retired);
                i = next_at_hand();
                if (i) continue;
                x_.attention = {};
                return leave(x_.place.clock, x_.place.counted), true;
            }
            if (unusual()) return settle_after(i);
            charge_within();
            const bool late =
                x_.place.clock + x_.place.block->cycles_before_last >= x_.place.deadline;
            ++i;
            if (looks_needed() || late || i == x_.place.block->first() + x_.place.block->count)
                return leave_after(i - 1), true;
        }
    }

    // --- crossing rings without the run loop, where nobody looks on -----------------------------

    /// Is a jump elsewhere (IRET, a far transfer), or a fault or INT n to be delivered, all that is
    /// to be seen to?
    bool only_crosses() const {
        const Exec::Attention& a = x_.attention;
        if (watch_.sink || m_.cpu.vmx.non_root || a.restarts || a.board_touched || a.shadow_set ||
            x_.breakpoints_met)
            return false;
        const auto kind = x_.pending.kind;
        return a.stopped ? kind >= Pending::Fault && kind <= Pending::PrivilegedSoftwareException
                         : a.block_ended;
    }

    /// From the start of the block of `i` to what follows that crossing.
    void count_crossing(const BoundInsn* i, bool retired) {
        x_.place.clock += i->cycles_before + i->cycles;
        x_.place.counted += i->index + retired;
        if (!retired) ++m_.steps;  // the others are counted as instructions
        charge_within();
    }

    /// The first instruction of the block to go on with; null when the run loop must look.
    const BoundInsn* next_at_hand() {
        const cpu::State& s = m_.cpu;
        const bool alone = !cpu::event_possible(x_) && s.shadow == cpu::Shadow::None &&
                           s.activity == cpu::Activity::Active && !cpu::debug::any_enabled(s) &&
                           !(s.regs.flags & isa::flags::TF);
        if (!alone || s.regs.rip > s.code_limit()) return nullptr;
        context_ = cpu::fetch_context(x_);
        cpu::Block* const b = x_.code.entered_before(s.code_address().value, context_);
        if (!b || b->world != world_) return nullptr;
        arrive(*b);
        const bool in_time = x_.place.clock + b->cycles_before_last < x_.place.deadline;
        if (!in_time || !in_segment(*b)) return nullptr;
        if ((s.regs.flags & isa::flags::RF) && !forget_resume_flag(*b)) return nullptr;
        return b->first();
    }

    /// Instruction by instruction: at most `room`, each looked at on both sides.
    bool carefully(const cpu::Block& b, u64 room, Cycle until, bool resumed) {
        cpu::State& s = m_.cpu;
        const cpu::Shadow shadow = s.shadow;
        const BoundInsn* i = b.first();
        for (const BoundInsn* const end = i + std::min<u64>(room, b.count);; ++i) {
            x_.begin(i);
            if (x_.start_rip + i->insn.length - 1 > s.code_limit())
                x_.fault(isa::Vector::GP, 0);
            else
                i->body(x_, i->insn);
            if (unusual()) break;
            charge_within();
            if (looks_needed() || i + 1 == end ||
                x_.place.clock + i->cycles_before + i->cycles >= until)
                break;
        }
        using enum Pending::Kind;
        // An instruction that is taken back leaves the shadow: a VM exit saves it.
        const bool taken_back = x_.pending.kind == Fault || x_.pending.kind == VmExit;
        if (!taken_back && !x_.attention.shadow_set && s.shadow == shadow)
            s.shadow = cpu::Shadow::None;
        const bool completed = !taken_back || i != b.first();
        if (!taken_back) cpu::vmx::reach_boundary(s);
        if (resumed && completed && i->insn.op != isa::Op::IRET) s.regs.flags &= ~isa::flags::RF;
        // The trap of EFLAGS.TF; INT n and its like clear TF on their way and have none.
        // SDM 3B "Single-Step Exception Condition".
        const u64 next = (x_.start_rip + i->insn.length) & x_.place.rip_mask;
        if (x_.stepping && x_.pending.kind == None && cpu::debug::steps_after(s, i->insn, next))
            s.pending_debug |= isa::debug::BS;
        if (unusual()) return settle_after(i);
        return leave_after(i), true;
    }

    bool unusual() const { return x_.attention.stopped || x_.attention.restarts; }
    bool looks_needed() const {
        const Exec::Attention& a = x_.attention;
        return a.block_ended || a.board_touched || a.shadow_set;
    }

    /// Cycles of memory, repetitions and crossings of an instruction that went well.
    void charge_within() {
        if (!x_.attention.charged) return;
        const timing::Dynamic& time = x_.charges();
        const u32 transition = timing_.transition(time);
        x_.place.clock += timing_.extra(time) + transition;
        meter_.transition += transition;
        meter_.tlb_misses += time.tlb_misses;
        x_.forget_charges();
    }

    /// Brings the machine's counters up to a place in the code.
    void leave(Cycle now, u64 instructions) {
        x_.fold_status();
        m_.now = now;
        m_.instructions = instructions;
        m_.steps += instructions - began_.instructions;
        meter_.cycles[world_] += now - began_.now - (meter_.transition - began_.transition);
        meter_.instructions[world_] += instructions - began_.instructions;
        deadline_ = next_event();
        note_breakpoints();
    }
    void leave_after(const BoundInsn* i) {
        leave(x_.place.clock + i->cycles_before + i->cycles, x_.place.counted + i->index + 1);
    }
    /// Likewise when `i` was taken back, cut short, or is to be followed by a delivery.
    bool settle_after(const BoundInsn* i) {
        using enum Pending::Kind;
        return settle_after(i, x_.pending.kind != Fault && x_.pending.kind != VmExit &&
                                   x_.pending.kind != NotModelled && !x_.attention.restarts);
    }
    bool settle_after(const BoundInsn* i, bool retired) {
        if (!retired && !x_.attention.restarts) x_.breakpoints_met = 0;  // as if never executed
        // Between two rounds of a REP its breakpoint must not be met again.
        // SDM 3B "Resume Flag (RF)".
        if (x_.attention.restarts) m_.cpu.regs.flags |= isa::flags::RF;
        leave(x_.place.clock + i->cycles_before + i->cycles, x_.place.counted + i->index + retired);
        x_.attention.restarts = false;
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
    Derived::Caches& caches_;
    Exec x_;
    struct Began {
        Cycle now;
        u64 instructions, transition;
    } began_{};               ///< the stretch of code that runs
    Cycle deadline_ = never;  ///< of the board
    u64 probed_at_ = never;   ///< the step whose probe point has been reported
    u64 context_ = 0;         ///< CodeCache::context of the code that runs
    u32 world_ = 0;
    Stop stop_;
};

}  // namespace

Stop run(Machine& m, const Limits& limits, const Watch& watch) {
    Stop stop = m.profile->counts_only
                    ? Runner<timing::Off>(m, limits, watch, {}).run()
                    : Runner<timing::Simple>(m, limits, watch, {*m.profile}).run();
    // What code leaves behind that is no state, or two equal machines would not compare so.
    RINGSIDE_CHECK(m.cpu.regs.status.kind() == cpu::Status::Known);
    m.cpu.regs.status = {};
    return stop;
}

}  // namespace ringside::machine
