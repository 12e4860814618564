// The memory that a guest takes for the whole machine's: bounded access by guest-physical address.
#pragma once
#include "scenarios/vmms/common/layout.hpp"

namespace ringside::vmm {

class GuestMemory {
  public:
    explicit constexpr GuestMemory(u32 guest = 0)
        : base_(guest_memory_base + guest * guest_memory_size) {}

    /// Which guest's: 0, or 1 where there are two.
    u32 guest() const { return (base_ - guest_memory_base) / guest_memory_size; }
    u32 size() const { return guest_memory_size; }
    bool contains(u32 guest_physical, u32 bytes) const {
        return guest_physical < size() && bytes <= size() - guest_physical;
    }
    u32 host_physical(u32 guest_physical) const { return base() + guest_physical; }
    u32 base() const { return base_; }

    /// Null unless all the bytes lie in the guest's memory.
    u8* at(u32 guest_physical, u32 bytes) const {
        return contains(guest_physical, bytes) ? at_physical(host_physical(guest_physical))
                                               : nullptr;
    }
    /// Where there is no memory, a bus answers with ones and swallows writes.
    u32 read32(u32 guest_physical) const {
        const u8* p = at(guest_physical, 4);
        return p ? *reinterpret_cast<const u32*>(p) : ~0u;
    }
    void write32(u32 guest_physical, u32 value) {
        if (u8* p = at(guest_physical, 4)) *reinterpret_cast<u32*>(p) = value;
    }

  private:
    u32 base_;
};

}  // namespace ringside::vmm
