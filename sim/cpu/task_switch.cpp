#include "sim/cpu/task_switch.hpp"

#include <algorithm>

#include "sim/cpu/delivery_modes.hpp"
#include "sim/cpu/ring_change.hpp"
#include "sim/cpu/segmentation.hpp"
#include "sim/cpu/task_state.hpp"
#include "sim/isa/debug_registers.hpp"

namespace ringside::cpu {

using decode::Seg;
using isa::Descriptor;
using isa::Selector;
using isa::SystemType;
using isa::Vector;
namespace fl = isa::flags;

namespace {

/// What switches. The numbers are those of the VM exit's qualification. SDM 3C "Exit Qualification
/// for Task Switches".
enum class Source : u8 { Call = 0, Iret = 1, Jump = 2, Gate = 3 };

struct Switch {
    Source source;
    Selector selector;  ///< of the new TSS
    Descriptor tss;
    u32 external = 0;     ///< EXT of all error codes
    u64 saved_flags = 0;  ///< EFLAGS as the old task keeps them
    bool nests() const { return source == Source::Call || source == Source::Gate; }
    bool wide() const { return wide_tss(tss.type()); }
};

bool tss_of(Descriptor d, SystemType narrow, SystemType wide) { return d.is(narrow) || d.is(wide); }
bool available(Descriptor d) {
    return tss_of(d, SystemType::Tss16Available, SystemType::TssAvailable);
}
bool busy(Descriptor d) { return tss_of(d, SystemType::Tss16Busy, SystemType::TssBusy); }

/// The TSS that a gate or a back link names. False after a fault: `wrong` for a TSS that is not
/// one or not in the state asked for.
bool find_tss(Exec& x, Selector selector, Vector wrong, bool (*state)(Descriptor), u32 external,
              Descriptor& d) {
    const auto refuse = [&](Vector v) { return x.fault(v, selector.error() | external), false; };
    if (selector.null() || selector.ldt()) return refuse(wrong);
    if (!read_descriptor(x, selector, d, wrong, external)) return false;
    if (!state(d)) return refuse(wrong);
    if (!d.present()) return refuse(Vector::NP);
    return true;
}

void set_busy(Exec& x, Selector selector, bool on) {
    const LinAddr at{descriptor_address(x, selector).value + 5};  // the byte with the type
    constexpr u64 busy_bit = 2;
    const u64 byte = x.read_linear(at, 1, false);
    x.write_linear(at, 1, on ? byte | busy_bit : byte & ~busy_bit, false);
}

// --- in the context of the new task ------------------------------------------------------------

/// Everything but the segments' descriptors. From here on faults belong to the new task.
void load_registers(Exec& x, const TaskImage& image, const Switch& w) {
    State& s = x.s;
    s.regs.rip = x.start_rip = image.ip;
    x.set_flags(image.flags | (w.nests() ? fl::NT : 0), fl::defined);
    for (u8 n = 0; n < image.general.size(); ++n) x.set_reg(n, w.wide() ? 4 : 2, image.general[n]);
    if (w.wide() && (s.cr0 & isa::cr0::PG) && s.cr3 != image.cr3) {
        x.emit(trace::EventKind::ControlWrite, s.cr3, image.cr3, 3);
        s.cr3 = image.cr3;
    }
    if (w.wide() && (s.cr0 & isa::cr0::PG)) s.tlb.flush_non_global();
    s.cr0 |= isa::cr0::TS;
    s.dr[7] &= ~isa::debug::local_enables;
    s.pending_debug = image.debug_trap ? isa::debug::BT : 0;
    x.stepping = false;  // the old task's TF does not trap in the new one
    s.ldtr = Segment::null(image.ldt);
    // Until their descriptors are loaded they cannot be used.
    for (unsigned n = 0; n < decode::segment_count; ++n)
        s.seg[n] = Segment::null(image.selectors[n]);
    x.set_cpl(s.v8086() ? 3 : image.selectors[decode::CS] & 3);
    x.paging_changed();
    x.end_block();
}

bool load_local_table(Exec& x, Selector selector, u32 external) {
    if (selector.null()) return true;
    const auto refuse = [&] { return x.fault(Vector::TS, selector.error() | external), false; };
    if (selector.ldt()) return refuse();
    Descriptor d;
    if (!read_descriptor(x, selector, d, Vector::TS, external)) return false;
    if (!d.is(SystemType::Ldt) || !d.present()) return refuse();
    x.s.ldtr = Segment::from(selector.value, d);
    return true;
}

bool load_code_segment(Exec& x, Selector selector, u32 external) {
    const auto refuse = [&](Vector v) { return x.fault(v, selector.error() | external), false; };
    if (selector.null()) return refuse(Vector::TS);
    Descriptor d;
    if (!read_descriptor(x, selector, d, Vector::TS, external)) return false;
    const bool fits = d.conforming() ? d.dpl() <= selector.rpl() : d.dpl() == selector.rpl();
    if (!d.code() || !fits) return refuse(Vector::TS);
    if (!d.present()) return refuse(Vector::NP);
    mark_accessed(x, selector, d);
    if (x.faulted()) return false;
    x.s.seg[decode::CS] = Segment::from(selector.value, d);
    return true;
}

bool load_data(Exec& x, Seg seg, Selector selector, u32 external) {
    if (selector.null()) return true;
    const auto refuse = [&](Vector v) { return x.fault(v, selector.error() | external), false; };
    Descriptor d;
    if (!read_descriptor(x, selector, d, Vector::TS, external)) return false;
    const bool fits = d.conforming() || std::max(x.s.cpl, selector.rpl()) <= d.dpl();
    if (!d.readable() || !fits) return refuse(Vector::TS);
    if (!d.present()) return refuse(Vector::NP);
    mark_accessed(x, selector, d);
    if (x.faulted()) return false;
    x.s.seg[seg] = Segment::from(selector.value, d);
    return true;
}

/// SDM 3A "Exception Conditions Checked During a Task Switch".
bool load_segments(Exec& x, const TaskImage& image, u32 external) {
    if (!load_local_table(x, {image.ldt}, external)) return false;
    if (x.s.v8086()) {
        for (unsigned n = 0; n < decode::segment_count; ++n)
            x.s.seg[n] = Segment::v8086(image.selectors[n]);
        return true;
    }
    // The stack first, so that what the others raise can be delivered.
    Segment stack;
    if (!check_stack_segment(x, image.selectors[decode::SS], x.s.cpl, Vector::TS, external, stack))
        return false;
    x.s.seg[decode::SS] = stack;
    if (!load_code_segment(x, {image.selectors[decode::CS]}, external)) return false;
    for (const Seg seg : {decode::DS, decode::ES, decode::FS, decode::GS})
        if (!load_data(x, seg, {image.selectors[seg]}, external)) return false;
    return true;
}

// --- the switch --------------------------------------------------------------------------------

/// SDM 3A "Task Switching". The old task is untouched until its image and the new one's are at
/// hand. False after a fault, in the old task or the new.
bool switch_task(Exec& x, const Switch& w) {
    State& s = x.s;
    if (w.tss.limit() < least_tss_limit(w.wide()))
        return x.fault(Vector::TS, w.selector.error() | w.external), false;
    if (s.vmx.non_root) {
        // SDM 3C "Treatment of Task Switches"; "Saving RIP, RSP, RFLAGS, and SSP": RF as the old
        // task would have kept it.
        x.set_flags(w.saved_flags, fl::RF);
        x.vm_exit(isa::ExitReason::TASK_SWITCH, w.selector.value | u64(w.source) << 30);
        return false;
    }
    const u8 cpl_before = s.cpl;
    const Selector old{s.tr.selector};
    TaskImage image;
    if (!read_task(x, w.tss.base(), w.wide(), image)) return false;
    if (!write_task(x, s.tr.base, wide_tss(s.tr.type()), w.saved_flags)) return false;
    if (w.nests()) write_back_link(x, w.tss.base(), old.value);
    if (!w.nests()) set_busy(x, old, false);
    if (w.source != Source::Iret) set_busy(x, w.selector, true);
    if (x.faulted()) return false;

    Descriptor tss = w.tss;
    tss.raw |= bit(41);
    s.tr = Segment::from(w.selector.value, tss);
    load_registers(x, image, w);
    const bool loaded = load_segments(x, image, w.external);
    x.stand_at(image.ip);
    emit_ring_change(x, cpl_before);
    if (!loaded) return false;
    if (s.regs.rip > s.seg[decode::CS].limit) return x.fault(Vector::GP, w.external), false;
    return true;
}

}  // namespace

void far_transfer_to_task(Exec& x, Selector selector, Descriptor d, bool call) {
    if (d.dpl() < x.s.cpl || d.dpl() < selector.rpl()) return x.fault(Vector::GP, selector.error());
    Switch w{call ? Source::Call : Source::Jump, selector, d, 0, x.flags()};
    if (d.is(SystemType::TaskGate)) {
        if (!d.present()) return x.fault(Vector::NP, selector.error());
        w.selector = {d.gate_selector()};
        if (!find_tss(x, w.selector, Vector::GP, available, 0, w.tss)) return;
    } else {
        if (selector.ldt() || !available(d)) return x.fault(Vector::GP, selector.error());
        if (!d.present()) return x.fault(Vector::NP, selector.error());
    }
    switch_task(x, w);
}

void deliver_to_task(Exec& x, const Delivery& event, Descriptor gate) {
    const u32 external = external_bit(event);
    Switch w{Source::Gate, {gate.gate_selector()}, {}, external, pushed_flags(x, event)};
    if (!find_tss(x, w.selector, Vector::GP, available, external, w.tss)) return;
    if (!switch_task(x, w)) return;
    if (event.has_error_code) x.push(event.error_code, w.wide() ? 4 : 2);
}

void return_from_task(Exec& x) {
    const Selector link{read_back_link(x, x.s.tr.base)};
    if (x.faulted()) return;
    Switch w{Source::Iret, link, {}, 0, x.flags() & ~fl::NT};
    if (!find_tss(x, link, Vector::TS, busy, 0, w.tss)) return;
    if (switch_task(x, w)) ++x.charge().returns;
}

}  // namespace ringside::cpu
