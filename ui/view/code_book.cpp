// Look-ups across the programs.
#include "ui/view/code_book.hpp"

namespace ringside::ui {

std::string CodeBook::text(World world, u64 address) const {
    const Listing* listing = of(world);
    if (!listing) return "";
    const auto row = listing->row_at(u32(address));
    return row ? listing->rows()[*row].text : "";
}

}  // namespace ringside::ui
