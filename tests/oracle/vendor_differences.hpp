// Where processors that the SDM does not bind, or that bind themselves to another manual, differ
// from Intel's in more than undefined flags and results: what of an instruction's outcome is then
// left out of the comparison, by instruction and form.
#pragma once
#include <span>

#include "tests/oracle/encodings.hpp"
#include "tests/oracle/undefined.hpp"

namespace ringside::oracle {

/// What of the outcome is not compared.
enum class Unlike : u8 {
    FaultFlags = 1,   ///< status flags that the instruction's own fault saves
    FaultOrder = 2,   ///< which of several faults it raises: vector, error code, CR2
    SavedIp = 4,      ///< the instruction pointer that its exception saves
    SlotHalf = 8,     ///< what lies above 16 bits in the stack slot that it pushes or pops
    FaultTrace = 16,  ///< registers and memory that it changed before its own fault
    ResumeFlag = 64,  ///< EFLAGS.RF as its own exception saves it
    Path = 32,        ///< nothing: what follows differs, so the form is left out
};

struct Difference {
    isa::Op op;
    bool (*form)(const Decoding&);  ///< the forms that differ
    Unlike what;
    bool intel, amd, qemu;  ///< with which vendor's processors
    const char* sdm;        ///< volume, title and what it says
    const char* others;     ///< what the other vendor's do, and their manual's title
};
std::span<const Difference> differences();

/// All that is not compared of this instruction with this vendor: a sum of Unlike.
u8 unlike(const Decoding& d, Vendor vendor);
constexpr bool has(u8 sum, Unlike what) { return sum & u8(what); }
/// Of a page fault and an alignment check by one access: SDM 3A "Priority Among Concurrent Events"
/// has the page fault first, and leaves the order within its class to the processor. AMD's check
/// the alignment first (APM 2 "Simultaneous Interrupts", where both are of one class too).
bool alignment_first(Vendor vendor);
/// Why the form cannot be compared at all with this vendor; null where it can.
const char* incomparable(const Decoding& d, Vendor vendor);

}  // namespace ringside::oracle
