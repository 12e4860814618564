// An event in two or three words.
#pragma once
#include <string>

#include "sim/session/recording.hpp"

namespace ringside::session {

/// "#GP", "int 0x80", "VM exit: HLT", "CR3 = 0x115000"; of a probe point, its name.
std::string title_of(const Recorded& recorded);

}  // namespace ringside::session
