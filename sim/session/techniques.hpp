// The techniques: what each needs to be loaded. The only place that knows a technique by its name.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/result.hpp"

namespace ringside::session {

struct Technique {
    std::string_view name;
    std::string_view image;    ///< file name of the VMM in share/ringside/vmms; empty = no VMM
    std::string_view variant;  ///< the guest's build it needs; empty = the guest unchanged
    std::string_view image_64 = {};  ///< of the VMM that runs 64-bit guests; empty = there is none
    std::string_view why_not_64 = {};  ///< and why; empty without a VMM
};

/// In the order of the comparison table.
std::span<const Technique> techniques();
std::vector<std::string> technique_names();
/// The technique of that name, or a diagnostic with the nearest one.
Result<Technique> find_technique(std::string_view name);

}  // namespace ringside::session
