// Segment registers by the guest's rules: the checks of the manual against the guest's own
// descriptors and its virtual CPL, then the selector that the real register must hold. Far returns,
// which load several at once.
#pragma once
#include "scenarios/vmms/common/vcpu.hpp"
#include "sim/isa/descriptors.hpp"

namespace ringside::vmm {

struct Guest;

/// A code segment that control may go to at virtual CPL `cpl`; `selector` is the guest's. SDM 3A
/// "Direct Calls or Jumps to Code Segments". The real table is brought up to date for it.
Fault check_code_segment(Guest& guest, TrapFrame& frame, u16 selector, u8 cpl, u32 eip);
/// A stack segment for virtual CPL `cpl`. `invalid` is the exception for a wrong one: #GP, or #TS
/// for one from a TSS.
Fault check_stack_segment(Guest& guest, TrapFrame& frame, u16 selector, u8 cpl, isa::Vector invalid,
                          isa::Descriptor& descriptor);
/// MOV, POP or LxS to segment register n (ES CS SS DS FS GS; not CS).
Fault load_segment(Guest& guest, TrapFrame& frame, unsigned n, u16 selector);

/// Is [offset, offset + bytes) inside the segment?
bool in_limits(isa::Descriptor descriptor, u32 offset, u32 bytes);
/// Words at SS:ESP + offset, without moving ESP. #SS(0) outside the segment.
Fault read_stack(Guest& guest, const TrapFrame& frame, u32 offset, u32* words, u32 count);
/// Pushes `count` words (the last of them ends at the top) and moves ESP.
Fault push(Guest& guest, TrapFrame& frame, const u32* words, u32 count);

/// RETF and IRET at virtual CPL 0, to any ring: pops EIP and CS, with `flags` also EFLAGS, and for
/// an outer ring ESP and SS, words of `width` bytes, 4 or 2. `release` more bytes of parameters go
/// from both stacks. The frame changes only if there is no fault.
Fault far_return(Guest& guest, TrapFrame& frame, bool flags, u32 release, u32 width = 4);

}  // namespace ringside::vmm
