#include "scenarios/vmms/common/shadow_tables.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/vmx/instructions.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::vmm {

using namespace isa::paging;

namespace {
/// For a guest at ring 1.
alignas(page_size) ShadowPages shared_pages;
}  // namespace

void ShadowTables::use_pages(ShadowPages& pages, u16 vpid) {
    own_ = &pages;
    vpid_ = vpid;
}

ShadowPages& ShadowTables::storage() const { return own_ ? *own_ : shared_pages; }
u32 ShadowTables::guest_entries() const { return own_ ? 1024 : host::guest_directory_entries; }
bool ShadowTables::reachable(u32 linear) const { return directory_index(linear) < guest_entries(); }
u32 ShadowTables::directory_address() const {
    return physical_address(storage().directory[current_]);
}

// ---- spaces

bool ShadowTables::enter(u32 key, u32 source) {
    u32 space = 0;
    while (space < ShadowPages::spaces && spaces_[space].key != key) ++space;
    if (space == ShadowPages::spaces) {
        space = oldest_space_;
        oldest_space_ = (oldest_space_ + 1) % ShadowPages::spaces;
    }
    const bool known = spaces_[space].key == key && !spaces_[space].behind;
    if (!known) {
        forget_space(space);
        spaces_[space] = {key, source};
        count(source, 1);
        // The VMM's entries are the same in every space.
        const u32 vmm_at = guest_entries(), bytes = (1024 - vmm_at) * sizeof(u32);
        memcpy(storage().directory[space] + vmm_at, host::page_directory() + vmm_at, bytes);
    }
    current_ = space;
    if (!own_) {
        cpu::set_cr3(directory_address());
    } else {
        vmx::write(vmx::Field::GUEST_CR3, directory_address());
        flush_tlb();
    }
    return known;
}

void ShadowTables::forget_space(u32 space) {
    for (u32 i = 0; i < used_tables_; ++i)
        if (tables_[i].in_use && tables_[i].space == space) forget_table(tables_[i]);
    count(spaces_[space].source, -1);
    spaces_[space] = {};
}

void ShadowTables::forget_all() {
    for (u32 space = 0; space < ShadowPages::spaces; ++space) forget_space(space);
    flush_tlb();
}

// ---- tables

ShadowTables::Table* ShadowTables::table_at(u32 space, u32 index) {
    const u32 entry = storage().directory[space][index];
    if (!(entry & P) || index >= guest_entries()) return nullptr;
    return &tables_[((entry & frame32) - physical_address(storage().table)) / page_size];
}

ShadowTables::Table& ShadowTables::new_table(u32 index, u32 source) {
    u32 number = first_free_;
    while (number < used_tables_ && tables_[number].in_use) ++number;
    if (number == ShadowPages::tables) {
        number = oldest_table_;
        oldest_table_ = (oldest_table_ + 1) % ShadowPages::tables;
        forget_table(tables_[number]);
        flush_tlb();
    } else if (number == used_tables_) {
        ++used_tables_;
    }
    first_free_ = number + 1;
    Table& t = tables_[number];
    t = {true, u8(current_), u16(index), source};
    count(source, 1);
    storage().directory[current_][index] = u32(physical_address(entries(t)) | P | RW | US);
    return t;
}

void ShadowTables::forget_table(Table& t) {
    each_filled(t, [&](u32 n) { entries(t)[n] = 0; });
    storage().directory[t.space][t.index] = 0;
    count(t.source, -1);
    t = {};
    const u32 number = u32(&t - tables_);
    if (number < first_free_) first_free_ = number;
}

template <class Visit>
void ShadowTables::each_filled(const Table& t, Visit visit) {
    for (u32 word = 0; word < 32; ++word)
        for (u32 left = t.filled[word]; left != 0; left &= left - 1)
            visit(word * 32 + u32(__builtin_ctz(left)));
}

void ShadowTables::count(u32 source, int by) {
    if (source >> 12 < pages) uses_[source >> 12] = u8(uses_[source >> 12] + by);
}

// ---- entries

u32 ShadowTables::entry(u32 linear) const {
    if (!reachable(linear)) return 0;
    const u32 to = storage().directory[current_][directory_index(linear)];
    return to & P ? at_physical<u32>(u32(to & frame32))[table_index(linear)] : 0;
}

void ShadowTables::set(u32 linear, u32 entry, u32 source) {
    const u32 index = directory_index(linear), n = table_index(linear);
    Table* t = table_at(current_, index);
    if (t && t->source != source) {
        forget_table(*t);
        flush_tlb();
        t = nullptr;
    }
    if (!t) t = &new_table(index, source);
    entries(*t)[n] = entry;
    t->filled[n / 32] |= 1u << n % 32;
    flush_tlb(linear);
}

bool ShadowTables::forget_entry(Table& t, u32 n) {
    if (!(t.filled[n / 32] >> n % 32 & 1)) return false;
    t.filled[n / 32] &= ~(1u << n % 32);
    entries(t)[n] = 0;
    if (t.space == current_) flush_tlb(u32(t.index) << 22 | n << 12);
    return true;
}

void ShadowTables::forget(u32 linear) {
    Table* const t = table_at(current_, directory_index(linear));
    if (t && t->source == no_source) {
        forget_table(*t);
        flush_tlb();
    } else if (t) {
        forget_entry(*t, table_index(linear));
    }
}

bool ShadowTables::forget_made_from(u32 page, u32 first, u32 last) {
    bool any = false, tables = false;
    for (u32 i = 0; i < used_tables_; ++i)
        for (u32 n = first; tables_[i].in_use && tables_[i].source == page && n <= last; ++n)
            any |= forget_entry(tables_[i], n);
    for (u32 space = 0; space < ShadowPages::spaces; ++space)
        for (u32 n = first; spaces_[space].source == page && n <= last; ++n)
            if (Table* const t = table_at(space, n)) forget_table(*t), tables = true;
    if (tables) flush_tlb();
    return any || tables;
}

void ShadowTables::forget_made_from(u32 page) {
    for (u32 i = 0; i < used_tables_; ++i)
        if (tables_[i].in_use && tables_[i].source == page) forget_table(tables_[i]);
    for (u32 space = 0; space < ShadowPages::spaces; ++space)
        if (spaces_[space].source == page) forget_space(space);
    flush_tlb();
}

void ShadowTables::protect(u32 host_physical) {
    bool any = false;
    for (u32 i = 0; i < used_tables_; ++i) {
        if (!tables_[i].in_use) continue;
        u32* const entry = entries(tables_[i]);
        each_filled(tables_[i], [&](u32 n) {
            if ((entry[n] & frame32) != host_physical || !(entry[n] & RW)) return;
            entry[n] &= ~u32(RW);
            any = true;
        });
    }
    if (any) flush_tlb();
}

// ---- the real TLB. It holds nothing of any space but the current one: enter() empties it.

void ShadowTables::flush_tlb(u32 linear) const {
    if (own_)
        vmx::invvpid(vmx::Invvpid::one_address, vpid_, linear);
    else
        cpu::invlpg(linear);
}
void ShadowTables::flush_tlb() const {
    if (own_)
        vmx::invvpid(vmx::Invvpid::one_context, vpid_, 0);
    else
        cpu::set_cr3(cpu::cr3());
}

}  // namespace ringside::vmm
