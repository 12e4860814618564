#include "sim/mem/walk.hpp"

#include "sim/isa/ept.hpp"
#include "sim/isa/paging.hpp"
#include "sim/isa/vectors.hpp"
#include "sim/mem/ept_walk.hpp"

namespace ringside::mem {
namespace {

namespace cr4 = isa::cr4;
namespace pg = isa::paging;
namespace ept = isa::ept;

/// One entry of a paging structure on the way: where it lies, and what it said. Without initial
/// values: they would cost more than the walk.
struct Entry {
    u64 at, value, guest_physical;
    bool ept_writable;
};

/// The entries that a walk used, to be marked accessed (and the last one dirty).
struct Path {
    std::array<Entry, 4> entries;
    unsigned count = 0;
};

class Walker {
  public:
    /// `writable`: the same memory, or null for a look that changes nothing.
    Walker(const Ram& ram, Ram* writable, const PagingMode& mode, LinAddr linear, Access access,
           Walk& result)
        : ram_(ram),
          writable_(writable),
          mode_(mode),
          kind_(mode.kind()),
          linear_(linear),
          access_(access),
          w_(result) {}

    void run() {
        if (translate() && writable_) mark_used();
    }

  private:
    bool translate() {
        switch (kind_) {
            case PagingMode::Off:
                w_.user = w_.rw = w_.dirty = true;
                return reach(linear_.value & 0xffffffff);
            case PagingMode::Bits32: return down(mode_.cr3 & pg::frame32, 2);
            case PagingMode::Pae: {
                const u64 pdpte = mode_.pdpte[field(linear_.value, 31, 30)];
                return pdpte & pg::P ? down(pdpte & pg::frame64, 2) : page_fault(false);
            }
            case PagingMode::FourLevel: return down(mode_.cr3 & pg::frame64, 4);
        }
        return false;
    }

    /// From the table at `table`, which is of `level`, to the page.
    bool down(u64 table, u8 level) {
        const bool wide = kind_ != PagingMode::Bits32;
        const unsigned index_bits = wide ? 9 : 10;
        u64 rights = pg::US | pg::RW, forbidden = 0;
        for (;; --level) {
            const unsigned shift = 12 + index_bits * (level - 1u);
            const u64 index = field(linear_.value, shift + index_bits - 1, shift);
            if (!read_entry(level, table + index * entry_bytes())) return false;
            const u64 entry = path_.entries[path_.count - 1].value;
            if (!(entry & pg::P)) return page_fault(false);
            const bool leaf = level == 1 || large(entry, level);
            if (entry & reserved(level, leaf)) return page_fault(true, true);
            rights &= entry;
            forbidden |= entry & pg::XD;
            if (!leaf) {
                table = entry & (wide ? pg::frame64 : pg::frame32);
                continue;
            }
            w_.user = rights & pg::US;
            w_.rw = rights & pg::RW;
            if (!allowed(forbidden)) return page_fault(true);
            w_.dirty = access_.write || (entry & pg::D);
            w_.global = (entry & pg::G) && (mode_.cr4 & cr4::PGE);
            w_.page_shift = u8(shift);
            const u64 offset = bit(shift) - 1;
            return reach(frame(entry, leaf && level > 1) | (linear_.value & offset));
        }
    }

    unsigned entry_bytes() const { return kind_ == PagingMode::Bits32 ? 4 : 8; }

    /// PS = 1 where it means a page.
    bool large(u64 entry, u8 level) const {
        if (!(entry & pg::PS)) return false;
        if (kind_ == PagingMode::Bits32) return level == 2 && (mode_.cr4 & cr4::PSE);
        return level == 2 || level == 3;
    }

    /// SDM 3A "Paging-Structure Entries": bits that must be 0 here.
    u64 reserved(u8 level, bool leaf) const {
        const bool page = leaf && level > 1;
        if (kind_ == PagingMode::Bits32) return page ? pg::reserved_4m : 0;
        const bool four = kind_ == PagingMode::FourLevel;
        u64 bits = pg::beyond_physical & (four ? pg::frame64 : ~pg::XD);
        if (!mode_.no_execute()) bits |= pg::XD;
        if (level == 4) bits |= pg::PS;
        if (page) bits |= (bit(12 + 9 * (level - 1u)) - 1) & ~pg::large_flags;
        return bits;
    }

    u64 frame(u64 entry, bool page) const {
        if (kind_ == PagingMode::Bits32) {
            if (!page) return entry & pg::frame32;
            // PSE-36: bits 20:13 are address bits 39:32.
            return (entry & pg::frame_4m) | field(entry, 20, 13) << 32;
        }
        // The bits of a large page's offset are reserved, but for its PAT bit.
        return entry & pg::frame64 & (page ? ~pg::large_flags : ~u64{0});
    }

    /// SDM 3A "Determination of Access Rights".
    bool allowed(u64 forbidden) const {
        if (access_.user && !w_.user) return false;
        if (w_.user && mode_.user_pages_refuse(access_)) return false;
        if (access_.fetch) return !(forbidden && mode_.no_execute());
        if (access_.write && !w_.rw) return !access_.user && !mode_.write_protect();
        return true;
    }

    bool read_entry(u8 level, u64 guest_physical) {
        // A guest's walk reads its entries through the EPT; setting A and D bits is a write.
        if (!through_ept(ram_, writable_, w_, mode_.eptp, {guest_physical}, {},
                         EptTarget::PagingEntry))
            return false;
        const u64 value = ram_.read(w_.physical, entry_bytes());
        path_.entries[path_.count++] = {w_.physical.value, value, guest_physical, w_.ept_writable};
        record(w_, level, false, w_.physical, value);
        return true;
    }

    bool reach(u64 guest_physical) {
        w_.guest_physical = {guest_physical};
        return through_ept(ram_, writable_, w_, mode_.eptp, w_.guest_physical, access_,
                           EptTarget::Address);
    }

    /// SDM 3A "Page-Fault Exceptions".
    bool page_fault(bool present, bool reserved_bit = false) {
        namespace pf = isa::pf;
        const bool tells_fetch = access_.fetch && (mode_.no_execute() || (mode_.cr4 & cr4::SMEP));
        w_.outcome = Walk::PageFault;
        w_.error_code = (present ? pf::P : 0) | (access_.write ? pf::W : 0) |
                        (access_.user ? pf::U : 0) | (reserved_bit ? pf::RSVD : 0) |
                        (tells_fetch ? pf::I : 0);
        return false;
    }

    /// SDM 3A "Accessed and Dirty Flags". Setting one is a write, which the EPT may forbid. SDM 3C
    /// "EPT Violations".
    void mark_used() {
        for (unsigned n = 0; n < path_.count; ++n) {
            const Entry& e = path_.entries[n];
            const bool leaf = n + 1 == path_.count;
            const u64 bits = pg::A | (leaf && access_.write ? pg::D : 0);
            if ((e.value & bits) == bits) continue;
            if (e.ept_writable) {
                writable_->write({e.at}, entry_bytes(), e.value | bits);
                continue;
            }
            w_.outcome = Walk::EptViolation;
            w_.guest_physical = {e.guest_physical};
            w_.ept_qualification = bit(1) | ept_rights(w_.guest_physical) << 3 | bit(7);
            return;
        }
    }

    /// R, W and X of a guest-physical page that is mapped.
    u64 ept_rights(GuestPhys address) const {
        u64 rights = ept::R;  // mapped means readable here
        if (walk_ept(ram_, mode_.eptp, address, {.write = true}).outcome == Walk::Mapped)
            rights |= ept::W;
        if (walk_ept(ram_, mode_.eptp, address, {.fetch = true}).outcome == Walk::Mapped)
            rights |= ept::X;
        return rights;
    }

    const Ram& ram_;
    Ram* writable_;
    const PagingMode& mode_;
    PagingMode::Kind kind_;
    LinAddr linear_;
    Access access_;
    Walk& w_;
    Path path_;
};

}  // namespace

Walk walk(Ram& ram, const PagingMode& mode, LinAddr linear, Access access) {
    Walk w;
    Walker(ram, &ram, mode, linear, access, w).run();
    return w;
}

Walk peek_walk(const Ram& ram, const PagingMode& mode, LinAddr linear, Access access) {
    Walk w;
    Walker(ram, nullptr, mode, linear, access, w).run();
    return w;
}

}  // namespace ringside::mem
