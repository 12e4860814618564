#include "scenarios/vmms/common/shadow_paging.hpp"

#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::vmm {

using namespace isa::paging;

namespace {

/// What tells one address space of the guest's from another.
u32 key_of(const PagingRegisters& registers) {
    constexpr u32 no_paging = 1, with_pae = 2;
    if (!registers.paging()) return no_paging;
    return registers.pae() ? u32(registers.cr3 & pdpt_base) | with_pae
                           : u32(registers.cr3 & frame32);
}

Access access_of(u32 error_code) {
    return {(error_code & isa::pf::W) != 0, (error_code & isa::pf::U) != 0};
}

/// Probe points: their arguments have names. (No instruction is emitted: more must follow.)
void tell_space(u32 cr3, bool known) { PROBE("shadow.space", cr3, known); }
void tell_trace(u32 page) { PROBE("shadow.trace", page); }
void tell_untrace(u32 page) { PROBE("shadow.untrace", page); }

}  // namespace

// ---- from the guest's tables to the shadow

PageFaultOutcome ShadowPaging::on_page_fault(GuestMemory& memory, const PagingRegisters& registers,
                                             u32 linear, u32 error_code) {
    using Kind = PageFaultOutcome::Kind;
    const Access access = access_of(error_code);

    // Only an application can come here, since ring 1 is stopped by its segments: to it, there is
    // nothing.
    if (!tables_.reachable(linear))
        return {Kind::GuestFault, page_fault(linear, error_code & ~isa::pf::P)};

    if (!tables_.is_current(key_of(registers))) enter(memory, registers);
    const Translation t = translate(memory, registers, linear, access);
    if (t.fault) return {Kind::GuestFault, t.fault};
    const u32 page = u32(t.physical & frame32);
    if (!memory.contains(page, page_size)) return {Kind::Device, {}, t.physical};

    const u32 source = source_of(memory, t);
    const bool table = tables_.made_from(page) || page == source;
    if (access.write && traced(page)) return {Kind::TracedWrite, {}, t.physical};
    if (access.write && table) return {Kind::TableWrite, {}, t.physical};

    // A clean page stays read-only until its first write, so that the guest's dirty bit is set in
    // time.
    bool writable = t.writable && t.dirty && !traced(page) && !table;
    bool user = t.user;
    if (access.write && !t.writable) {
        // CR0.WP is 0 in the guest and 1 in the real CPU: let the kernel write, and applications
        // fault again.
        writable = true;
        user = false;
    }
    tables_.set(linear, u32(memory.host_physical(page) | P | (writable ? RW : 0) | (user ? US : 0)),
                source);
    return {};
}

void ShadowPaging::enter(const GuestMemory& memory, const PagingRegisters& registers) {
    const u32 directory = u32(registers.cr3 & frame32);
    const bool traceable = registers.paging() && !registers.pae() && follow(memory, directory);
    const bool known =
        tables_.enter(key_of(registers), traceable ? directory : ShadowTables::no_source);
    if (!known && registers.paging() && !traceable) tables_.set_behind();
    tell_space(registers.cr3, known);
}

/// The page table that an entry is made from, traced; no_source if there is none, or it cannot be
/// traced.
u32 ShadowPaging::source_of(const GuestMemory& memory, const Translation& t) {
    if (t.table == Translation::no_table) return ShadowTables::no_source;
    if (!tables_.behind() && follow(memory, t.table)) return t.table;
    tables_.set_behind();
    return ShadowTables::no_source;
}

/// A page table of the guest's comes into use: from now on a write to it faults. False if it
/// cannot be so.
bool ShadowPaging::follow(const GuestMemory& memory, u32 table) {
    if (!memory.contains(table, page_size)) return false;
    for (u32 i = 0; i < open_count_; ++i)
        if (open_[i] == table) return false;
    if (!tables_.made_from(table)) {
        tell_trace(table);
        tables_.protect(memory.host_physical(table));
    }
    return true;
}

bool ShadowPaging::allows(u32 linear, u32 error_code) const {
    return allowed(linear, access_of(error_code)) != 0;
}

u32 ShadowPaging::allowed(u32 linear, Access access) const {
    const u32 entry = tables_.entry(linear);
    const u32 needed = u32(P) | (access.write ? u32(RW) : 0) | (access.user ? u32(US) : 0);
    return (entry & needed) == needed ? entry : 0;
}

u8* ShadowPaging::mapped(u32 linear, u32 bytes, Access access) const {
    const u32 offset = linear % page_size;
    if (offset + bytes > page_size) return nullptr;
    const u32 entry = allowed(linear, access);
    return entry ? at_physical(u32(entry & frame32) + offset) : nullptr;
}

// ---- what the guest does with its TLB

void ShadowPaging::load(const GuestMemory& memory, const PagingRegisters& registers) {
    open_count_ = 0;
    enter(memory, registers);
}

void ShadowPaging::flush_page(u32 linear) {
    if (!tables_.reachable(linear)) return;
    if (tables_.behind())
        tables_.forget(linear);
    else
        tables_.flush_tlb(linear);  // the shadow is as the guest's tables are
}

// ---- writes to the guest's tables

void ShadowPaging::write(GuestMemory& memory, u32 guest_physical, const void* from, u32 bytes) {
    u8* const to = memory.at(guest_physical, bytes);
    if (!to) return;
    if (traced(guest_physical)) note_write(guest_physical, bytes);
    const bool table = tables_.made_from(u32(guest_physical & frame32));
    const bool changes = table && memcmp(to, from, bytes) != 0;
    memcpy(to, from, bytes);
    table_written_ |= table;
    if (changes) on_table_changed(guest_physical, bytes);
}

void ShadowPaging::on_table_changed(u32 guest_physical, u32 bytes) {
    const u32 table = u32(guest_physical & frame32), offset = guest_physical - table;
    const bool in_use =
        tables_.forget_made_from(table, offset / sizeof(u32), (offset + bytes - 1) / sizeof(u32));
    if (in_use || table != idle_table_) idle_changes_ = 0;
    idle_table_ = table;
    if (in_use || ++idle_changes_ < most_idle_changes) return;
    idle_changes_ = 0;
    tell_untrace(table);
    tables_.forget_made_from(table);
}

bool ShadowPaging::take_table_write() {
    const bool written = table_written_;
    table_written_ = false;
    return written;
}

void ShadowPaging::open_table(u32 guest_physical) {
    const u32 table = u32(guest_physical & frame32);
    if (open_count_ == most_open) --open_count_;
    open_[open_count_++] = table;
    tell_untrace(table);
    tables_.forget_made_from(table);
}

// ---- pages that the technique watches

void ShadowPaging::trace(const GuestMemory& memory, u32 guest_physical) {
    const u32 page = guest_physical >> 12;
    if (page >= pages || traced(guest_physical)) return;
    traced_[page / 8] |= u8(1u << page % 8);
    tables_.protect(memory.host_physical(u32(guest_physical & frame32)));
}

void ShadowPaging::untrace(u32 guest_physical) {
    const u32 page = guest_physical >> 12;
    if (page < pages) traced_[page / 8] &= u8(~(1u << page % 8));
}

void ShadowPaging::note_write(u32 guest_physical, u32 bytes) {
    const Written now{guest_physical, guest_physical + bytes};
    for (u32 i = 0; i < written_count_; ++i) {
        Written& known = written_[i];
        if (((known.begin ^ now.begin) & frame32) != 0) continue;
        if (now.begin < known.begin) known.begin = now.begin;
        if (now.end > known.end) known.end = now.end;
        return;
    }
    if (written_count_ == most_traced) stop("more than ", most_traced, " pages are traced");
    written_[written_count_++] = now;
}

bool ShadowPaging::take_written(Written& written) {
    if (written_count_ == 0) return false;
    written = written_[--written_count_];
    return true;
}

}  // namespace ringside::vmm
