// The listings of a run's programs: which instruction lies where.
#pragma once
#include <string>

#include "ui/view/listing.hpp"
#include "ui/view/world.hpp"

namespace ringside::ui {

struct CodeBook {
    Listing guest;
    Listing vmm;
    bool native = false;  ///< there is no VMM

    /// The program that a world's code comes from; translated code is in neither.
    const Listing* of(World world) const {
        if (world == World::Translated) return nullptr;
        return is_guest(world) ? &guest : &vmm;
    }
    /// The instruction at a linear address of a world; empty when it is not known.
    std::string text(World world, u64 address) const;
};

}  // namespace ringside::ui
