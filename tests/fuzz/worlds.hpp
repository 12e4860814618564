// Machines to run random code on: one for every mode of the CPU, each with handlers that go on
// behind a fault, so that a short input can meet many.
#pragma once
#include "sim/machine/machine.hpp"

namespace ringside::fuzz {

/// Where the code of every world begins, and a stretch of memory that is nobody's.
inline constexpr u32 data_at = 0x60000, code_room = 0x1000;

enum class Mode : u8 {
    Real,           ///< 0000:8000
    Code16,         ///< 16-bit protected mode, ring 0
    Ring0,          ///< 32-bit flat, as are the next two
    Ring1,          ///< with IOPL 1: CLI and ports are allowed there
    Ring3,          ///<
    V8086,          ///< IOPL 3, so that CLI, PUSHF, INT and their like run
    V8086Extended,  ///< IOPL 0 with CR4.VME
    Paged,          ///< 32-bit paging, ring 0, CR0.WP
    PagedUser,      ///< the same, ring 3
    Pae,            ///< PAE paging, ring 3
    Long0,          ///< 64-bit mode, ring 0
    Long3,          ///< 64-bit mode, ring 3
    Compatibility   ///< 32-bit code in IA-32e mode, ring 3
};
inline constexpr u8 modes = u8(Mode::Compatibility) + 1;

/// A machine of that mode, which will run what lies at `code_address`.
const machine::Machine& world(Mode mode);
/// Physical; linear is the same in all of them.
u32 code_address(Mode mode);
/// The size of code and the width of its registers: 16, 32 or 64.
unsigned code_bits(Mode mode);

}  // namespace ringside::fuzz
