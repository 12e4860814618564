#include "sim/mem/ept_walk.hpp"

#include "sim/isa/ept.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::mem {
namespace {

namespace ept = isa::ept;
namespace pg = isa::paging;

/// SDM 3C "Exit Qualification for EPT Violations". `rights`: R, W and X of all entries together.
u64 qualification(Access access, bool read_too, u64 rights, EptTarget target) {
    return (access.fetch ? bit(2) : 0) | (access.write ? bit(1) : 0) |
           (read_too || !(access.fetch || access.write) ? bit(0) : 0) |
           (rights & (ept::R | ept::W | ept::X)) << 3 | bit(7) |
           (target == EptTarget::Address ? bit(8) : 0);
}

struct EptEntry {
    HostPhys at;
    u64 value = 0;
};

/// SDM 3C "Accessed and Dirty Flags for EPT".
void mark(Ram& ram, const EptEntry& e, u64 bits) {
    if ((e.value & bits) != bits) ram.write(e.at, 8, e.value | bits);
}

}  // namespace

bool down_the_ept(const Ram& memory, Ram* ram, Walk& w, u64 eptp, GuestPhys address, Access access,
                  EptTarget target) {
    const bool accessed_dirty = eptp & ept::enable_accessed_dirty;
    // With these flags the CPU's own accesses to the guest's entries count as writes, too.
    const bool counts_as_write = accessed_dirty && target == EptTarget::PagingEntry;
    const bool read_too = counts_as_write && !access.write;
    access.write |= counts_as_write;
    u64 allowed = ept::R | ept::W | ept::X;
    HostPhys table{eptp & pg::frame64};
    std::array<EptEntry, 4> passed;
    unsigned count = 0;
    for (u8 level = 4;; --level) {
        const unsigned shift = 12 + 9 * (level - 1);
        const HostPhys at{table.value + 8 * field(address.value, shift + 8, shift)};
        const u64 entry = memory.read(at, 8);
        record(w, level, true, at, entry);
        passed[count++] = {at, entry};
        if (ept::misconfigured(entry, level)) {
            w.outcome = Walk::EptMisconfiguration;
            w.guest_physical = address;
            return false;
        }
        allowed &= entry;
        const u64 wanted = (access.fetch   ? ept::X
                            : access.write ? ept::W
                                           : ept::R) |
                           (read_too ? ept::R : 0);
        if ((allowed & wanted) != wanted) {
            w.outcome = Walk::EptViolation;
            w.guest_physical = address;
            w.ept_qualification = qualification(access, read_too, allowed, target);
            return false;
        }
        if (level != 1 && !ept::large(entry, level)) {
            table = {entry & pg::frame64};
            continue;
        }
        const u64 offset = bit(shift) - 1;
        w.physical = {(entry & pg::frame64 & ~offset) | (address.value & offset)};
        w.ept_writable =
            (allowed & ept::W) && (!accessed_dirty || access.write || (entry & ept::dirty));
        break;
    }
    if (accessed_dirty && ram) {
        for (unsigned n = 0; n + 1 < count; ++n) mark(*ram, passed[n], ept::accessed);
        mark(*ram, passed[count - 1], ept::accessed | (access.write ? ept::dirty : 0));
    }
    return true;
}

Walk walk_ept(const Ram& ram, u64 eptp, GuestPhys address, Access access) {
    Walk w;
    w.rw = w.user = w.dirty = true;
    w.guest_physical = address;
    through_ept(ram, nullptr, w, eptp, address, access, EptTarget::Address);
    return w;
}

}  // namespace ringside::mem
