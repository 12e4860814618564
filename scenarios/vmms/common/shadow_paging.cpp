#include "scenarios/vmms/common/shadow_paging.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/vmx/instructions.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::vmm {

using namespace isa::paging;

namespace {

/// For a VMM that shares the page directory with its guest.
alignas(page_size) u32 shared_tables[ShadowPaging::Tables::count][1024];

/// A bit that the hardware leaves to us: this table holds pieces of a 4 MiB page, which INVLPG
/// drops as one.
constexpr u32 has_large_pieces = 1u << 9;

}  // namespace

PageFaultOutcome ShadowPaging::on_page_fault(GuestMemory& memory, const PagingRegisters& registers,
                                             u32 linear, u32 error_code) {
    using Kind = PageFaultOutcome::Kind;
    const Access access{(error_code & isa::pf::W) != 0, (error_code & isa::pf::U) != 0};

    // Only an application can come here, since ring 1 is stopped by its segments: to it, there is
    // nothing.
    if (!reachable(linear)) return {Kind::GuestFault, page_fault(linear, error_code & ~isa::pf::P)};

    const Translation t = translate(memory, registers, linear, access);
    if (t.fault) return {Kind::GuestFault, t.fault};
    const u32 page = u32(t.physical & frame32);
    if (!memory.contains(page, page_size)) return {Kind::Filled, {}, t.physical, true};
    const bool watched = traced(page);
    if (watched && access.write) return {Kind::TracedWrite, {}, t.physical};

    // A clean page stays read-only until its first write, so that the guest's dirty bit is set in
    // time.
    bool writable = t.writable && t.dirty && !watched;
    bool user = t.user;
    if (access.write && !t.writable) {
        // CR0.WP is 0 in the guest and 1 in the real CPU: let the kernel write, and applications
        // fault again.
        writable = true;
        user = false;
    }
    fill(linear, u32(memory.host_physical(page) | P | (writable ? RW : 0) | (user ? US : 0)));
    if (t.large) directory()[directory_index(linear)] |= has_large_pieces;
    forget(linear);
    return {};
}

namespace {

/// In the table that the directory's entry leads to.
u32& entry_below(u32 directory_entry, u32 linear) {
    return at_physical<u32>(u32(directory_entry & frame32))[table_index(linear)];
}

}  // namespace

void ShadowPaging::fill(u32 linear, u32 value) {
    // A TLB may forget what it likes.
    if (tables_in_use_ == Tables::count || filled_count_ + 2 > most_filled) flush();
    const auto set = [this](u32& entry, u32 to) {
        if (entry == 0) filled_[filled_count_++] = &entry;
        entry = to;
    };
    u32& directory_entry = directory()[directory_index(linear)];
    if (!(directory_entry & P)) {
        u32* const fresh = (own_ ? own_->table : shared_tables)[tables_in_use_++];
        set(directory_entry, u32(physical_address(fresh) | P | RW | US));
    }
    set(entry_below(directory_entry, linear), value);
}

void ShadowPaging::flush() {
    if (filled_count_ == 0) return;
    while (filled_count_ > 0) *filled_[--filled_count_] = 0;
    tables_in_use_ = 0;
    forget_all();
}

void ShadowPaging::flush_page(u32 linear) {
    const u32 directory_entry = directory()[directory_index(linear)];
    if (!reachable(linear) || !(directory_entry & P)) return;
    if (directory_entry & has_large_pieces) return flush();
    entry_below(directory_entry, linear) = 0;
    forget(linear);
}

bool ShadowPaging::allows(u32 linear, u32 error_code) const {
    return allowed(linear, {(error_code & isa::pf::W) != 0, (error_code & isa::pf::U) != 0}) != 0;
}

u32 ShadowPaging::allowed(u32 linear, Access access) const {
    if (!reachable(linear)) return 0;
    const u32 directory_entry = directory()[directory_index(linear)];
    if (!(directory_entry & P)) return 0;
    const u32 entry = entry_below(directory_entry, linear);
    const u32 needed = u32(P) | (access.write ? u32(RW) : 0) | (access.user ? u32(US) : 0);
    return (entry & needed) == needed ? entry : 0;
}

u8* ShadowPaging::mapped(u32 linear, u32 bytes, Access access) const {
    const u32 offset = linear % page_size;
    if (offset + bytes > page_size) return nullptr;
    const u32 entry = allowed(linear, access);
    return entry ? at_physical(u32(entry & frame32) + offset) : nullptr;
}

void ShadowPaging::use_tables(Tables& tables, u16 vpid) {
    own_ = &tables;
    vpid_ = vpid;
}

u32* ShadowPaging::directory() const { return own_ ? own_->directory : host::page_directory(); }
u32 ShadowPaging::directory_entries() const { return own_ ? 1024 : host::guest_directory_entries; }

void ShadowPaging::forget(u32 linear) const {
    if (own_)
        vmx::invvpid(vmx::Invvpid::one_address, vpid_, linear);
    else
        cpu::invlpg(linear);
}
void ShadowPaging::forget_all() const {
    if (own_)
        vmx::invvpid(vmx::Invvpid::one_context, vpid_, 0);
    else
        cpu::set_cr3(cpu::cr3());
}

void ShadowPaging::trace(u32 guest_physical) {
    const u32 page = guest_physical >> 12;
    if (page >= pages || traced(guest_physical)) return;
    traced_[page / 8] |= u8(1u << page % 8);
    flush();  // any number of linear pages may map it
}

void ShadowPaging::note_write(u32 guest_physical, u32 bytes) {
    if (!traced(guest_physical)) return;
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

void ShadowPaging::untrace(u32 guest_physical) {
    const u32 page = guest_physical >> 12;
    if (page < pages) traced_[page / 8] &= u8(~(1u << page % 8));
}

}  // namespace ringside::vmm
