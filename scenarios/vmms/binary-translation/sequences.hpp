// What one guest instruction becomes, if it is not simply copied. Each function writes one sequence
// and notes in the site where the CPU may stop inside it.
#pragma once
#include "scenarios/vmms/common/translation_cache/code_cache.hpp"
#include "scenarios/vmms/common/translation_cache/emit.hpp"

namespace ringside::vmm {

/// The routine at offset 0 that ends every indirect branch: finds cache_data.target, which is in
/// ECX too.
Site emit_lookup_routine(Emitter& emit);

void emit_cli(Emitter& emit, Site& site);
void emit_sti(Emitter& emit, Site& site);
void emit_pushf(Emitter& emit, Site& site);
void emit_popf(Emitter& emit, Site& site);
/// MOV r32, CRn; MOV r32, Sreg; SMSW, SLDT, STR to r32; PUSH Sreg: one instruction. False, and
/// nothing written, for all others.
bool emit_read_of_virtual_register(Emitter& emit, const Site& site);
/// IN AL and OUT of the one port that is only a byte of the VMM's: one instruction. False, and
/// nothing written, for all others.
bool emit_access_to_virtual_port(Emitter& emit, const Site& site);
void emit_ret(Emitter& emit, Site& site);
void emit_indirect_jump(Emitter& emit, Site& site);
void emit_indirect_call(Emitter& emit, Site& site);
void emit_call(Emitter& emit, Site& site);
void emit_with_borrowed_fs(Emitter& emit, Site& site);
/// A conditional jump up to its four-byte displacement.
void emit_jcc(Emitter& emit, const Insn& insn);
/// LOOP and JECXZ have only a short form: if taken they reach the long jump that must come next, if
/// not they skip it.
void emit_loop(Emitter& emit, Site& site);

}  // namespace ringside::vmm
