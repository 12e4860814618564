// Which world the code at an address belongs to: the guest's, the VMM's, a host's.
#pragma once
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::session {

enum class World : u8 {
    Guest,
    Translated,  ///< the guest's code in another form: a translation cache
    Vmm,
    Host,           ///< the kernel of an operating system that the VMM lives in, or beside
    DeviceProcess,  ///< a process of that host that does a guest's devices
    OtherProcess,   ///< a process of that host that knows of no guest
};

/// Ranges of host-physical memory. Later ranges lie over earlier ones; the rest is `outside`.
class WorldMap {
  public:
    struct Range {
        u64 base = 0;
        u64 size = 0;
        World world{};
        bool operator==(const Range&) const = default;
    };

    explicit WorldMap(World outside = World::Guest) : outside_(outside) {}
    void add(HostPhys base, u64 size, World world) { ranges_.push_back({base.value, size, world}); }
    World at(HostPhys address) const {
        for (auto range = ranges_.rbegin(); range != ranges_.rend(); ++range)
            if (address.value - range->base < range->size) return range->world;
        return outside_;
    }
    const std::vector<Range>& ranges() const { return ranges_; }
    bool operator==(const WorldMap&) const = default;

  private:
    World outside_;
    std::vector<Range> ranges_;
};

}  // namespace ringside::session
