// The VMM's own words on the serial lines, and its way to stop. It says nothing while all goes
// well: COM1 is guest 0's, COM2 guest 1's.
#pragma once
#include "scenarios/vmms/common/layout.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::vmm {

/// The real serial port on which guest `guest` is heard, and the VMM about it.
constexpr u16 line_of(u32 guest) { return guest == 0 ? isa::pc::port::com1 : isa::pc::port::com2; }

struct Hex {
    Natural value;
};
void print(const char* text, u16 line = isa::pc::port::com1);
void print(char c, u16 line = isa::pc::port::com1);
void print(Hex number, u16 line = isa::pc::port::com1);  ///< eight digits, or sixteen
void print(u32 number, u16 line = isa::pc::port::com1);  ///< decimal

/// A byte that has arrived. False if there is none.
bool read_byte(u16 line, u8& byte);

/// Takes the line back from a guest that may have left it at another rate or looped back to itself.
void claim_line(u16 line);

/// "vmm: <parts>\n" on the line of guest `guest`.
template <class... Parts>
void report(u32 guest, Parts... parts) {
    const u16 line = line_of(guest);
    claim_line(line);
    print("vmm: ", line);
    (print(parts, line), ...);
    print("\n", line);
}

/// What the debug exit port gets when the VMM gives up: unlike any value that guests use.
inline constexpr u8 failure_exit_value = 0x7f;

/// Ends the machine's run through the debug exit port; halts for good where there is none.
[[noreturn]] void end_machine(u8 value);
/// What becomes of the run when the VMM gives up, or, where each guest has a VMM of its own, when
/// that does: end_run.cpp, two_guests.cpp, or the host's business.
[[noreturn]] void end_run(u8 value);

/// Reports, on the line of the guest whose VMM this is, and ends the run.
template <class... Parts>
[[noreturn]] void stop(Parts... parts) {
    report(this_guest, parts...);
    end_run(failure_exit_value);
}

}  // namespace ringside::vmm
