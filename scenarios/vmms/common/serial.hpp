// The VMM's own words on COM1, and its way to stop. It says nothing while all goes well: the serial
// line is the guest's.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

struct Hex {
    u32 value;
};
void print(const char* text);
void print(char c);
void print(Hex number);  ///< eight digits
void print(u32 number);  ///< decimal

/// What the debug exit port gets when the VMM gives up: unlike any value that guests use.
inline constexpr u8 failure_exit_value = 0x7f;

/// Ends the run through the debug exit port; halts for good where there is none.
[[noreturn]] void end_run(u8 value);

/// "vmm: <parts>\n" on the serial line, then the end of the run.
template <class... Parts>
[[noreturn]] void stop(Parts... parts) {
    print("vmm: ");
    (print(parts), ...);
    print("\n");
    end_run(failure_exit_value);
}

}  // namespace ringside::vmm
