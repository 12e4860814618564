// What IA-32e mode does in another way than the legacy modes: 16-byte descriptors and gates, the
// 64-bit TSS, transfers between compatibility mode and 64-bit mode. SDM 3A "IA-32e Mode".
#pragma once
#include "sim/cpu/delivery.hpp"
#include "sim/isa/descriptors_long.hpp"

namespace ringside::cpu {

// --- segments ------------------------------------------------------------------------------------
/// Loads CS; the segments then mean what they mean in its mode.
void set_code_segment(Exec& x, const Segment& cs);
/// SS as a change to a more privileged ring leaves it: null, with the new CPL as RPL and DPL.
Segment null_stack(u8 cpl);
/// A system descriptor of 16 bytes; false when it lies outside its table, or its upper half has a
/// type (or the reading of it faulted).
bool find_long_descriptor(Exec& x, isa::Selector selector, isa::LongDescriptor& out);
/// The same; false after #GP(selector).
bool read_long_descriptor(Exec& x, isa::Selector selector, isa::LongDescriptor& out);
/// MOV, POP and the like in 64-bit mode: a null SS is allowed below CPL 3.
void load_segment64(Exec& x, decode::Seg seg, u16 selector);
/// Sets the base of FS or GS: WRFSBASE, SWAPGS and the MSRs.
void set_segment_base(State& s, decode::Seg seg, u64 base);
void load_ldt_long(Exec& x, isa::Selector selector);
void load_task_register_long(Exec& x, isa::Selector selector);
/// RSP0 … RSP2 or IST1 … IST7 of the TSS, by the field's offset; false after #TS.
bool read_tss_stack(Exec& x, u64 offset, u32 external, u64& rsp);

// --- transfers -----------------------------------------------------------------------------------
/// May the descriptor be code in IA-32e mode, and the offset lie in it? L and D together are
/// reserved. False after #GP.
bool check_long_target(Exec& x, isa::Selector selector, isa::Descriptor d, u64 offset);
/// Where IRET and far RET go back to: the code segment, from the frame's selector and offset, and
/// the stack segment of its ring. False after a fault.
bool find_return_code_long(Exec& x, isa::Selector selector, u64 offset, isa::Descriptor& code);
bool find_return_stack_long(Exec& x, isa::Selector ss, u8 cpl, isa::Descriptor code, Segment& out);
void deliver_through_long_gate(Exec& x, const Delivery& event);
void return_from_interrupt_long(Exec& x, unsigned operand_size);
void jump_far_long(Exec& x, u16 selector, u64 offset);
void call_far_long(Exec& x, u16 selector, u64 offset, unsigned operand_size);
void return_far_long(Exec& x, unsigned operand_size, u64 released);

}  // namespace ringside::cpu
