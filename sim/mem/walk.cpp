#include "sim/mem/walk.hpp"

#include "sim/isa/control_registers.hpp"
#include "sim/isa/ept.hpp"
#include "sim/isa/paging.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::mem {
namespace {

namespace cr0 = isa::cr0;
namespace cr4 = isa::cr4;
namespace pg = isa::paging;
namespace ept = isa::ept;

void record(Walk& w, u8 level, bool is_ept, HostPhys at, u64 entry) {
    if (w.step_count < w.steps.size()) w.steps[w.step_count++] = {level, is_ept, at, entry};
}

/// Walks the EPT and sets w.physical, or an outcome. `final_access`: the translation of the
/// address itself, not of a paging-structure entry.
bool through_ept(const Ram& ram, Walk& w, u64 eptp, GuestPhys address, Access access,
                 bool final_access) {
    if (eptp == 0) {
        w.physical = {address.value};
        return true;
    }
    u64 allowed = ept::R | ept::W | ept::X;
    HostPhys table{eptp & pg::frame64};
    for (u8 level = 4;; --level) {
        const unsigned shift = 12 + 9 * (level - 1);
        const HostPhys at{table.value + 8 * field(address.value, shift + 8, shift)};
        const u64 entry = ram.read(at, 8);
        record(w, level, true, at, entry);
        if (ept::misconfigured(entry, level)) {
            w.outcome = Walk::EptMisconfiguration;
            w.guest_physical = address;
            return false;
        }
        allowed &= entry;
        const u64 wanted = access.fetch ? ept::X : access.write ? ept::W : ept::R;
        if (!(entry & (ept::R | ept::W | ept::X)) || !(allowed & wanted)) {
            w.outcome = Walk::EptViolation;
            w.guest_physical = address;
            // SDM 3C "Exit Qualification for EPT Violations".
            w.ept_qualification = (access.fetch   ? bit(2)
                                   : access.write ? bit(1)
                                                  : bit(0)) |
                                  ((entry & (ept::R | ept::W | ept::X)) ? (allowed & 7) << 3 : 0) |
                                  bit(7) | (final_access ? bit(8) : 0);
            return false;
        }
        if (level == 1 || ept::large(entry, level)) {
            const u64 offset = bit(shift) - 1;
            w.physical = {(entry & pg::frame64 & ~offset) | (address.value & offset)};
            w.ept_writable = allowed & ept::W;
            return true;
        }
        table = {entry & pg::frame64};
    }
}

bool page_fault(Walk& w, bool present, Access access, bool reserved = false) {
    w.outcome = Walk::PageFault;
    w.error_code = (present ? isa::pf::P : 0) | (access.write ? isa::pf::W : 0) |
                   (access.user ? isa::pf::U : 0) | (reserved ? isa::pf::RSVD : 0);
    return false;
}

/// One entry of a paging structure: its host address and value.
struct Entry {
    HostPhys at;
    u64 value = 0;
    GuestPhys guest_physical;
    bool ept_writable = true;
};

bool fetch_entry(const Ram& ram, const PagingMode& mode, Walk& w, u8 level, u64 guest_physical,
                 Entry& out) {
    // A guest's walk reads its entries through the EPT; setting A and D bits is a write.
    if (!through_ept(ram, w, mode.eptp, {guest_physical}, {}, false)) return false;
    out = {w.physical, ram.read(w.physical, 4), {guest_physical}, w.ept_writable};
    record(w, level, false, out.at, out.value);
    return true;
}

/// The walk proper. Which entries get A and D is returned, setting them is the caller's choice.
struct Marks {
    Entry directory, table;
    bool has_directory = false, has_table = false;
};

bool walk32(const Ram& ram, const PagingMode& mode, LinAddr linear, Access access, Walk& w,
            Marks& marks) {
    const u32 address = u32(linear.value);
    if (!fetch_entry(ram, mode, w, 2, (mode.cr3 & pg::frame32) + 4 * pg::directory_index(address),
                     marks.directory))
        return false;
    const u64 pde = marks.directory.value;
    if (!(pde & pg::P)) return page_fault(w, false, access);
    marks.has_directory = true;
    const bool large = (pde & pg::PS) && (mode.cr4 & cr4::PSE);
    u64 leaf = pde, rights = pde, base, offset;
    if (large) {
        // PSE-36 is not part of this CPU: address bits 31:22 only. SDM 3A Table "Format of a 32-Bit
        // PDE".
        if (pde & 0x3fe000) return page_fault(w, true, access, true);
        base = pde & 0xffc00000, offset = address & 0x3fffff;
    } else {
        if (!fetch_entry(ram, mode, w, 1, (pde & pg::frame32) + 4 * pg::table_index(address),
                         marks.table))
            return false;
        leaf = marks.table.value;
        if (!(leaf & pg::P)) return page_fault(w, false, access);
        marks.has_table = true;
        rights &= leaf;
        base = leaf & pg::frame32, offset = address & 0xfff;
    }
    w.user = rights & pg::US;
    const bool may_write = (rights & pg::RW) || (!access.user && !(mode.cr0 & cr0::WP));
    if (access.user && !w.user) return page_fault(w, true, access);
    if (access.write && !may_write) return page_fault(w, true, access);
    w.rw = rights & pg::RW;
    w.dirty = access.write || (leaf & pg::D);
    w.global = (leaf & pg::G) && (mode.cr4 & cr4::PGE);
    w.guest_physical = {base + offset};
    return through_ept(ram, w, mode.eptp, w.guest_physical, access, true);
}

Walk translate(const Ram& ram, const PagingMode& mode, LinAddr linear, Access access,
               Marks& marks) {
    Walk w;
    if (!(mode.cr0 & cr0::PG)) {
        w.guest_physical = {linear.value & 0xffffffff};
        w.user = w.rw = w.dirty = true;
        through_ept(ram, w, mode.eptp, w.guest_physical, access, true);
        return w;
    }
    if ((mode.cr4 & (cr4::PAE | cr4::SMEP | cr4::SMAP)) || (mode.efer & isa::efer::LMA)) {
        w.outcome = Walk::NotModelled;
        w.not_modelled = mode.cr4 & cr4::PAE ? "PAE and 4-level paging" : "SMEP and SMAP";
        return w;
    }
    walk32(ram, mode, linear, access, w, marks);
    return w;
}

}  // namespace

/// R, W and X of a guest-physical page that is mapped.
static u64 ept_rights(const Ram& ram, u64 eptp, GuestPhys address) {
    u64 rights = ept::R;  // mapped means readable here
    if (walk_ept(ram, eptp, address, {true, false, false}).outcome == Walk::Mapped)
        rights |= ept::W;
    if (walk_ept(ram, eptp, address, {false, true, false}).outcome == Walk::Mapped)
        rights |= ept::X;
    return rights;
}

Walk walk(Ram& ram, const PagingMode& mode, LinAddr linear, Access access) {
    Marks marks;
    Walk w = translate(ram, mode, linear, access, marks);
    if (w.outcome != Walk::Mapped) return w;
    // Setting A or D in an entry is a write to it, which the EPT may forbid. SDM 3C "EPT
    // Violations".
    const auto mark = [&](const Entry& e, u64 bits) {
        if ((e.value & bits) == bits || w.outcome != Walk::Mapped) return;
        if (e.ept_writable) return ram.write(e.at, 4, e.value | bits);
        w.outcome = Walk::EptViolation;
        w.guest_physical = e.guest_physical;
        w.ept_qualification = bit(1) | ept_rights(ram, mode.eptp, e.guest_physical) << 3 | bit(7);
    };
    const u64 leaf_bits = pg::A | (access.write ? pg::D : 0);
    if (marks.has_directory) mark(marks.directory, marks.has_table ? pg::A : leaf_bits);
    if (marks.has_table) mark(marks.table, leaf_bits);
    return w;
}

Walk peek_walk(const Ram& ram, const PagingMode& mode, LinAddr linear, Access access) {
    Marks marks;
    return translate(ram, mode, linear, access, marks);
}

Walk walk_ept(const Ram& ram, u64 eptp, GuestPhys address, Access access) {
    Walk w;
    w.rw = w.user = w.dirty = true;
    w.guest_physical = address;
    through_ept(ram, w, eptp, address, access, true);
    return w;
}

}  // namespace ringside::mem
