// Guests made from a seed: NASM text of a kernel that computes, branches, faults, pages, visits
// ring 3 and uses privileged instructions, and then tells what came of it. What it tells depends on
// the seed only, not on the machine nor on when a timer tick arrives, so under a correct VMM it
// says what it says on the bare machine.
#pragma once
#include <string>

#include "sim/base/types.hpp"

namespace ringside::property {

struct RandomGuestOptions {
    unsigned statements = 150;
    /// Also the sensitive instructions that do not fault in ring 1: not for trap-and-emulate.
    bool sensitive = false;
    bool paging = true;
    bool user_mode = true;
    bool timer = true;
    bool debug_registers = true;
    bool string_ports = true;  ///< INS and OUTS
};

/// Needs the include folder scenarios/guests (for common/guest.inc). Ends with debug exit value 0.
std::string random_guest(u64 seed, const RandomGuestOptions& options = {});

}  // namespace ringside::property
