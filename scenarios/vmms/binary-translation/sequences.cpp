#include "scenarios/vmms/binary-translation/sequences.hpp"

#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/translation_cache/vectors.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::vmm {

namespace {

constexpr u8 jmp_short = 0xeb, jecxz = 0xe3;

#define FIELD(name) u32(offsetof(CacheData, name))

u8 here(const Emitter& emit, const Site& site) { return u8(emit.at() - site.begin); }

void spill_ecx(Emitter& emit, Site& site) {
    emit.store(FIELD(spilled_ecx), Reg::ecx);
    site.spill_from = here(emit, site);
}
void reload_ecx(Emitter& emit, Site& site) {
    emit.load(Reg::ecx, FIELD(spilled_ecx));
    site.spill_to = here(emit, site);
}
void spill_both(Emitter& emit, Site& site) {
    emit.store(FIELD(spilled_eax), Reg::eax);
    spill_ecx(emit, site);
    site.spills_eax = true;
}
/// From here on an indirect branch has happened, except that its target is not looked up yet.
void look_up(Emitter& emit, Site& site) {
    site.commit = here(emit, site);
    site.indirect = true;
    emit.jump(0);
    site.spill_to = here(emit, site);
}
/// If interrupts are on and one waits, the VMM delivers it. ECX is spilled and holds the virtual
/// IF.
void check_pending(Emitter& emit, Site& site) {
    const u32 off = emit.jump_ahead(jecxz);
    emit.load(Reg::ecx, FIELD(interrupt_pending));
    const u32 none = emit.jump_ahead(jecxz);
    emit.load(Reg::ecx, FIELD(spilled_ecx));
    emit.interrupt(pending_vector);
    emit.land(off);
    emit.land(none);
    reload_ecx(emit, site);
}

}  // namespace

// Where the lookup routine has found its target: a probe point in translated code, which PROBE (it
// marks a place in this program) cannot tell.
#define LOOKUP_HIT_AT 32
#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)
static_assert(offsetof(CacheData, target) == 20);
asm(".pushsection .ringside.probes,\"\",@progbits\n\t"
    ".balign 4\n991:\t.long 992f-991b\n\t.long bt_cache + " STRING(LOOKUP_HIT_AT) "\n\t"
    ".asciz \"bt.lookup.hit\"\n\t.asciz \"target=[bt_cache_data+20]\"\n\t"
    ".balign 4\n992:\t.popsection");

Site emit_lookup_routine(Emitter& emit) {
    Site site;
    site.kind = Kind::Control;
    site.commit = 0;
    site.indirect = true;
    site.spills_eax = true;
    site.spill_from = 0;

    emit.movzx_eax_cl();
    emit.look_up_word_by_eax(FIELD(lookup_negated));
    emit.add_eax_to_ecx();  // 0 if this entry is the target's
    const u32 hit = emit.jump_ahead(jecxz);
    emit.load(Reg::eax, FIELD(spilled_eax));
    emit.load(Reg::ecx, FIELD(spilled_ecx));
    emit.interrupt(indirect_vector);

    emit.land(hit);
    if (emit.at() != LOOKUP_HIT_AT) stop("the probe point bt.lookup.hit lies elsewhere");
    emit.load_byte(Reg::eax, FIELD(target));
    emit.look_up_word_by_eax(FIELD(lookup_translation));
    emit.store(FIELD(target_in_cache), Reg::eax);
    emit.load(Reg::eax, FIELD(spilled_eax));
    emit.load(Reg::ecx, FIELD(spilled_ecx));
    site.spill_to = u8(emit.at());
    emit.jump_through(FIELD(target_in_cache));
    site.length = u8(emit.at());
    return site;
}

void emit_cli(Emitter& emit, Site&) { emit.store_constant(FIELD(interrupts_on), 0); }

void emit_sti(Emitter& emit, Site& site) {
    emit.store_constant(FIELD(interrupts_on), 1);
    site.commit = here(emit, site);
    spill_ecx(emit, site);
    emit.load(Reg::ecx, FIELD(interrupts_on));
    check_pending(emit, site);
}

void emit_pushf(Emitter& emit, Site& site) {
    emit.pushf();  // shows the real IF and IOPL
    site.pushed_from = here(emit, site);
    spill_ecx(emit, site);
    emit.load_ecx_from_stack();
    emit.movzx_ecx_ch();
    emit.load_ch(FIELD(interrupts_on));  // CX = virtual IF * 256 + the byte
    emit.look_up_byte_by_ecx(FIELD(pushf_image));
    emit.store_flags_byte_to_stack();
    reload_ecx(emit, site);
    site.commit = here(emit, site);
}

void emit_popf(Emitter& emit, Site& site) {
    spill_ecx(emit, site);
    emit.load_ecx_from_stack();
    emit.movzx_ecx_ch();
    emit.look_up_byte_by_ecx(FIELD(popf_class));
    emit.store(FIELD(popped_if), Reg::ecx);
    emit.subtract_from_ecx(popf_rare);
    const u32 rare = emit.jump_ahead(jecxz);
    const u32 usual = emit.jump_ahead(jmp_short);
    emit.land(rare);
    emit.load(Reg::ecx, FIELD(spilled_ecx));
    emit.call_out(site.number);

    emit.land(usual);
    emit.load(Reg::ecx, FIELD(spilled_ecx));
    emit.popf();  // the arithmetic flags; at ring 1 it leaves the real IF alone
    site.commit = here(emit, site);
    site.changes_if = true;
    emit.load(Reg::ecx, FIELD(popped_if));
    emit.store(FIELD(interrupts_on), Reg::ecx);
    check_pending(emit, site);
}

bool emit_read_of_virtual_register(Emitter& emit, const Site& site) {
    const Insn& insn = site.insn;
    const auto read = [&](u32 field) { return emit.load(Reg(insn.rm()), field), true; };
    const auto push = [&](u32 n) { return emit.push(FIELD(shown) + 4 * n), true; };
    const u8 op = insn.opcode;
    const bool push_old = insn.map == Map::OneByte && op < 0x20 && op % 8 == 6;
    if (push_old) return push(op >> 3);  // ES CS SS DS
    if (insn.is(Map::Map0F, 0xa0) || insn.is(Map::Map0F, 0xa8)) return push(4 + (op >> 3 & 1));
    if (!insn.has_modrm || insn.memory_operand()) return false;
    if (insn.is(Map::OneByte, 0x8c)) return read(FIELD(shown) + 4u * insn.reg());
    if (insn.is(Map::Map0F, 0x20) && insn.reg() <= 4 && insn.reg() != 1)
        return read(FIELD(control) + 4u * insn.reg());
    if (insn.is(Map::Map0F, 0x01) && insn.reg() == 4) return read(FIELD(control));  // SMSW: CR0
    if (insn.is(Map::Map0F, 0x00) && insn.reg() == 0) return read(FIELD(ldtr));
    if (insn.is(Map::Map0F, 0x00) && insn.reg() == 1) return read(FIELD(tr));
    return false;
}

bool emit_access_to_virtual_port(Emitter& emit, const Site& site) {
    const Insn& insn = site.insn;
    const bool in = insn.is(Map::OneByte, 0xe4), out = insn.is(Map::OneByte, 0xe6);
    if ((!in && !out) || (insn.immediate() & 0xff) != isa::pc::port::post_code) return false;
    if (in)
        emit.load_al(FIELD(post_code));
    else
        emit.store_al(FIELD(post_code));
    return true;
}

void emit_ret(Emitter& emit, Site& site) {
    const u32 arguments = site.insn.immediate_size ? site.insn.immediate() & 0xffff : 0;
    spill_both(emit, site);
    emit.load_ecx_from_stack();
    emit.store(FIELD(target), Reg::ecx);
    emit.drop_from_stack(4 + arguments);
    look_up(emit, site);
}

void emit_indirect_jump(Emitter& emit, Site& site) {
    spill_both(emit, site);
    emit.load_ecx_from_operand(site.insn);
    emit.store(FIELD(target), Reg::ecx);
    look_up(emit, site);
}

void emit_indirect_call(Emitter& emit, Site& site) {
    spill_both(emit, site);
    emit.load_ecx_from_operand(site.insn);
    emit.store(FIELD(target), Reg::ecx);
    emit.push_constant(site.eip + site.insn.length);
    look_up(emit, site);
}

void emit_call(Emitter& emit, Site& site) {
    emit.push_constant(site.eip + site.insn.length);
    site.next = site.insn.target(site.eip);
}

void emit_with_borrowed_fs(Emitter& emit, Site& site) {
    const bool through_gs = site.insn.uses_gs();
    emit.load_fs(through_gs ? FIELD(guest_gs) : FIELD(guest_cs));
    emit.with_fs(site.insn);
    site.commit = here(emit, site);
    emit.load_fs(FIELD(guest_fs));
}

void emit_jcc(Emitter& emit, const Insn& insn) {
    emit.byte(0x0f);
    emit.byte(0x80 | (insn.opcode & 15));
}

void emit_loop(Emitter& emit, Site& site) {
    constexpr u8 over_the_short_jump = 2;
    if (site.insn.address16) emit.byte(0x67);
    emit.byte(site.insn.opcode);
    emit.byte(over_the_short_jump);
    site.commit = here(emit, site);
    site.next = site.eip + site.insn.length;
    emit.byte(jmp_short);
    emit.byte(jump_length);
}

}  // namespace ringside::vmm
