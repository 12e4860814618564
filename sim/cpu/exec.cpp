#include "sim/cpu/exec.hpp"

#include "sim/isa/ept.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::cpu {

using decode::Seg;
using isa::Vector;

Exec::Exec(State& state, mem::Ram& memory, dev::Board& pc, HostLines& lines, CodeCache& cache,
           trace::Sink* to)
    : s(state),
      ram(memory),
      board(pc),
      code(cache),
      sink(to),
      r(&state.regs),
      lines_(lines),
      set_(nullptr) {
    set_cpl(s.cpl);
    refresh_lines();
}

void Exec::set_cpl(u8 cpl) {
    s.cpl = cpl;
    choose_lines();
}

void Exec::choose_lines() {
    aligned_only_ = s.cpl == 3 && (s.cr0 & isa::cr0::AM) && (s.regs.flags & isa::flags::AC);
    set_ = aligned_only_ ? &lines_.none : &lines_.of(user());
}

void Exec::check_alignment(LinAddr linear, unsigned width) {
    if (aligned_only_ && linear.value & (width - 1)) fault(Vector::AC, 0);
}

void Exec::stop_with(const Pending& p) {
    if (pending.kind != Pending::None) return;
    pending = p;
    attention.stopped = true;
    scratch_ = s.regs;
    r = &scratch_;
}

void Exec::go_live() {
    r = &s.regs;
    fold_status();
    attention.stopped = false;
    pending = {};
}

void Exec::page_fault(LinAddr linear, u32 error_code) {
    Pending p = Pending::fault(u8(Vector::PF), error_code);
    p.cr2 = linear.value;
    stop_with(p);
}

void Exec::software_interrupt(u8 vector, Pending::Kind kind) {
    if (pending.kind != Pending::None) return;
    attention.stopped = true;
    pending.kind = kind;  // the instruction has nothing left to do that would have to be inert
    pending.vector = vector;
}

void Exec::jump(u64 target, unsigned operand_size) {
    target &= width_mask(operand_size);
    if (target > s.seg[decode::CS].limit) [[unlikely]] {
        // SDM 1 "Canonical Addressing": in 64-bit mode that is all a target must be.
        if (!s.mode64() || !isa::paging::canonical(target)) return fault(Vector::GP, 0);
    }
    r->rip = target;
}

void Exec::refresh_lines() {
    if (lines_.ram_version == ram.version()) return;
    lines_.clear();
    lines_.ram_version = ram.version();
}

const mem::TlbEntry* Exec::translate(LinAddr linear, mem::Access access, HostPhys& out) {
    if (s.long_mode() && !isa::paging::canonical(linear.value))
        return fault(Vector::GP, 0), nullptr;
    const mem::PagingMode mode = s.paging_mode();
    const mem::TlbEntry* entry = s.tlb.find(access.fetch, linear.value >> 12, s.tlb_tag());
    if (!entry || !entry->allows(access, mode)) entry = walk(linear, access, mode);
    if (entry) out = {entry->frame << 12 | (linear.value & 0xfff)};
    return entry;
}

void Exec::leave_for_ept(const mem::Walk& w, LinAddr linear) {
    Pending p =
        Pending::exit(w.outcome == mem::Walk::EptViolation ? isa::ExitReason::EPT_VIOLATION
                                                           : isa::ExitReason::EPT_MISCONFIGURATION,
                      w.ept_qualification);
    p.guest_linear = linear.value;
    p.guest_physical = w.guest_physical.value;
    stop_with(p);
}

bool Exec::read_guest_physical(GuestPhys at, u64& value) {
    mem::Walk w = mem::walk_ept(ram, s.paging_mode().eptp, at, {});
    if (w.outcome != mem::Walk::Mapped) {
        // SDM 3C "Exit Qualification for EPT Violations": no guest linear address is meant.
        w.ept_qualification &= ~(isa::ept::linear_valid | isa::ept::linear_translated);
        leave_for_ept(w, {});
        return false;
    }
    value = ram.read(w.physical, 8);
    return true;
}

const mem::TlbEntry* Exec::walk(LinAddr linear, mem::Access access, const mem::PagingMode& mode) {
    const u64 page = linear.value >> 12;
    const mem::Walk w = mem::walk(ram, mode, linear, access);
    timing::Dynamic& time = charge();
    ++time.tlb_misses;
    time.walk_reads += w.step_count;
    switch (w.outcome) {
        case mem::Walk::Mapped: break;
        case mem::Walk::PageFault: page_fault(linear, w.error_code); break;
        case mem::Walk::EptViolation:
        case mem::Walk::EptMisconfiguration: leave_for_ept(w, linear); break;
    }
    if (w.outcome != mem::Walk::Mapped) {
        // SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches": so does a fault.
        drop_translation(page);
        return nullptr;
    }
    if (access.fetch)
        forget_fetches();
    else
        lines_.drop(page);
    s.tlb.insert(access.fetch, {page, w.physical.value >> 12, s.tlb_tag(), w.user, w.rw,
                                w.ept_writable, w.dirty, w.global, w.page_shift});
    return s.tlb.find(access.fetch, page, s.tlb_tag());
}

void Exec::forget_fetches() {
    code.forget_translations();
    lines_.user_fetch = lines_.supervisor_fetch = {};
    end_block();
}

void Exec::drop_translation(u64 page) {
    const bool large = s.tlb.may_hold_large_pages();
    if (large || s.tlb.find(true, page, s.tlb_tag())) forget_fetches();
    s.tlb.flush_page(page, s.tlb_tag());
    large ? lines_.clear() : lines_.drop(page);
}

bool Exec::translate_fetch(LinAddr linear, HostPhys& out) {
    FetchLine& line = user() ? lines_.user_fetch : lines_.supervisor_fetch;
    if (line.page != linear.value >> 12) {
        if (!translate(linear, {false, true, user()}, out)) return false;
        line = {linear.value >> 12, out.value >> 12};
    }
    out = {line.frame << 12 | (linear.value & 0xfff)};
    return true;
}

HostPhys Exec::start_phys() const {
    if (current) return {place.block->start + current->offset};
    // At an instruction boundary, as the next fetch would find it.
    const LinAddr linear = start_linear();
    const u64 offset = linear.value & 0xfff;
    if (const auto* entry = s.tlb.find(true, linear.value >> 12, s.tlb_tag()))
        return {entry->frame << 12 | offset};
    const mem::Access fetch{.fetch = true, .user = user()};
    const mem::Walk w = mem::peek_walk(ram, s.paging_mode(), linear, fetch);
    return w.outcome == mem::Walk::Mapped ? w.physical : HostPhys{~u64{0}};
}

u64 Exec::peek_linear(LinAddr linear, unsigned width) const {
    u64 value = 0;
    const u64 mask = s.linear_mask(linear);
    for (unsigned n = 0; n < width; ++n) {
        const mem::Walk w = mem::peek_walk(ram, s.paging_mode(), {(linear.value + n) & mask}, {});
        if (w.outcome == mem::Walk::Mapped) value |= ram.read(w.physical, 1) << (8 * n);
    }
    return value;
}

u64 Exec::load_bytes(HostPhys at, unsigned width) {
    if (!board.claims(at)) [[likely]]
        return ram.read(at, width);
    attention.board_touched = true;
    end_block();
    return board.read_memory(at, width, now);
}

void Exec::store_bytes(HostPhys at, unsigned width, u64 value) {
    if (board.claims(at)) [[unlikely]] {
        attention.board_touched = true;
        end_block();
        return board.write_memory(at, width, value, now);
    }
    if (dev::Board::read_only(at)) return;
    if (code.has_code(at.value >> 12)) return store_over_code(at, width, value);
    ram.write(at, width, value);
}

void Exec::store_over_code(HostPhys at, unsigned width, u64 value) {
    if (ram.read(at, width) == (value & width_mask(width))) return;  // as a translator often does
    ram.write(at, width, value);
    if (code.rewritten(at.value, width, ram.page(at.value >> 12), current)) end_block();
}

void Exec::write_physical(HostPhys at, unsigned width, u64 value) {
    const u64 in_page = 4096 - (at.value & 0xfff);
    if (width > in_page) {
        store_bytes(at, unsigned(in_page), value);
        store_bytes({at.value + in_page}, width - unsigned(in_page), value >> (8 * in_page));
    } else {
        store_bytes(at, width, value);
    }
    refresh_lines();
}

bool Exec::accept(LinAddr linear, unsigned width, mem::Access access) {
    if (!access.implicit) check_alignment(linear, width);
    if (faulted()) return false;
    if (debug::any_enabled(s))
        meet_breakpoints(debug::data_hits(s, linear.value, width, access.write));
    return true;
}

u64 Exec::read_by_walk(LinAddr linear, unsigned width, bool as_user, bool implicit) {
    const u64 mask = s.linear_mask(linear);
    const unsigned in_page = unsigned(4096 - (linear.value & 0xfff));
    HostPhys first, second;
    const mem::Access access{.user = as_user, .implicit = implicit};
    const mem::TlbEntry* entry = translate(linear, access, first);
    if (!entry) return 0;
    if (width > in_page) {
        if (!translate({(linear.value + in_page) & mask}, access, second)) return 0;
        if (!accept(linear, width, access)) return 0;
        refresh_lines();
        return load_bytes(first, in_page) | load_bytes(second, width - in_page) << (8 * in_page);
    }
    if (!accept(linear, width, access)) return 0;
    refresh_lines();
    if (may_hold_line(*entry, as_user, linear.value >> 12) && ram.contains(first) &&
        !board.claims(first)) {
        HostLine& line = line_set(as_user).fill(linear.value >> 12);
        if (line.read_page != linear.value >> 12) line.write_page = ~u64{0};
        line.read_page = linear.value >> 12;
        // Written through only after write_linear has made the page this machine's own.
        line.point(linear.value >> 12, const_cast<u8*>(ram.page(first.value >> 12)));
    }
    return load_bytes(first, width);
}

void Exec::write_by_walk(LinAddr linear, unsigned width, u64 value, bool as_user, bool implicit) {
    const u64 mask = s.linear_mask(linear);
    const unsigned in_page = unsigned(4096 - (linear.value & 0xfff));
    HostPhys first, second;
    const mem::Access access{.write = true, .user = as_user, .implicit = implicit};
    const mem::TlbEntry* entry = translate(linear, access, first);
    if (!entry) return;
    if (width > in_page) {
        if (!translate({(linear.value + in_page) & mask}, access, second)) return;
        if (!accept(linear, width, access)) return;
        store_bytes(first, in_page, value);
        store_bytes(second, width - in_page, value >> (8 * in_page));
        return refresh_lines();
    }
    if (!accept(linear, width, access)) return;
    const u64 frame = first.value >> 12, page = linear.value >> 12;
    const bool plain = ram.contains(first) && !board.claims(first) &&
                       !dev::Board::read_only(first) && !code.has_code(frame);
    if (!plain || !may_hold_line(*entry, as_user, page)) {
        store_bytes(first, width, value);
        return refresh_lines();
    }
    u8* const host = ram.own_page(frame);
    refresh_lines();
    HostLine& line = line_set(as_user).fill(page);
    line.point(page, host);
    line.read_page = line.write_page = page;
    put_host_value(host + (first.value & 0xfff), width, value);
}

u64 Exec::load_slowly(Seg seg, u64 offset, unsigned width) {
    const Segment& g = s.seg[seg];
    if (!g.may_read(offset, width)) return segment_fault(seg), 0;
    return read_linear(g.linear(offset), width, user(), false);
}

void Exec::store_slowly(Seg seg, u64 offset, unsigned width, u64 value) {
    const Segment& g = s.seg[seg];
    if (!g.may_write(offset, width)) return segment_fault(seg);
    write_linear(g.linear(offset), width, value, user(), false);
}

u64 Exec::load(Seg seg, u64 offset, unsigned width) {
    switch (width) {
        case 1: return load<1>(seg, offset);
        case 2: return load<2>(seg, offset);
        case 4: return load<4>(seg, offset);
        default: return load<8>(seg, offset);
    }
}

void Exec::store(Seg seg, u64 offset, unsigned width, u64 value) {
    switch (width) {
        case 1: return store<1>(seg, offset, value);
        case 2: return store<2>(seg, offset, value);
        case 4: return store<4>(seg, offset, value);
        default: return store<8>(seg, offset, value);
    }
}

void Exec::probe_write(Seg seg, u64 offset, unsigned width) {
    if (faulted()) return;
    const Segment& g = s.seg[seg];
    if (!g.may_write(offset, width)) return segment_fault(seg);
    const u64 linear = g.linear(offset).value;
    const HostLine& line = set_->of(linear >> 12);
    if (line.write_page == linear >> 12 && (linear & 0xfff) <= 4096 - width) return;
    HostPhys ignored;
    if (!translate({linear}, {true, false, user()}, ignored)) return;
    const u64 last = g.linear(offset + width - 1).value;
    if (last >> 12 != linear >> 12) translate({last & ~u64{0xfff}}, {true, false, user()}, ignored);
    refresh_lines();
}

void Exec::push(u64 value, unsigned width) {
    const u64 top = (stack_pointer() - width) & width_mask(stack_size());
    store(decode::SS, top, width, value);
    set_stack_pointer(top);
}

u64 Exec::pop(unsigned width) {
    const u64 value = load(decode::SS, stack_pointer(), width);
    set_stack_pointer(stack_pointer() + width);
    return value;
}

void Exec::emit(trace::EventKind kind, u64 a, u64 b, u8 vector) {
    if (!sink) return;
    trace::Event e;
    e.kind = kind;
    e.vector = vector;
    e.a = a;
    e.b = b;
    e.cpl_before = e.cpl_after = s.cpl;
    emit(e);
}

void Exec::emit(trace::Event e) {
    if (!sink) return;
    e.non_root = s.vmx.non_root;
    e.op = current ? u16(current->insn.op) : 0;
    e.when = now;
    e.instruction = retired;
    e.address = start_linear();
    e.phys = start_phys();
    sink->on(e);
}

}  // namespace ringside::cpu
