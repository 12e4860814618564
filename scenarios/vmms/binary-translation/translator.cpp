#include "scenarios/vmms/binary-translation/translator.hpp"

#include "scenarios/vmms/binary-translation/sequences.hpp"
#include "scenarios/vmms/common/emulate_memory.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/translation_cache/vectors.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::vmm {

namespace {

constexpr u32 page_size = u32(isa::paging::page_size), page_mask = u32(isa::paging::frame32);

/// An instruction that goes on in the next page, whose first `here` bytes are in this one.
Fault fetch_across_pages(Guest& guest, u32 eip, u32 here, Insn& insn, SourcePage& second) {
    const Translation t = translate(guest, eip + here, instruction_fetch);
    if (t.fault) return t.fault;
    second = {eip + here, t.physical};
    u8 bytes[Insn::max_length];
    if (const Fault f = read_linear(guest, eip, bytes, sizeof bytes, instruction_fetch)) return f;
    insn = decode(bytes, sizeof bytes);
    return {};
}

/// Does the instruction reach memory through a segment register that is the VMM's while in the
/// cache?
bool needs_borrowed_fs(const Insn& insn) {
    const bool names_segment = insn.segment == 0x2e || insn.uses_gs();
    return names_segment && !(insn.has_modrm && !insn.memory_operand());
}

bool is_cli(const Insn& insn) { return insn.is(Map::OneByte, 0xfa); }
bool is_sti(const Insn& insn) { return insn.is(Map::OneByte, 0xfb); }
bool is_pushf(const Insn& insn) { return insn.is(Map::OneByte, 0x9c); }
bool is_popf(const Insn& insn) { return insn.is(Map::OneByte, 0x9d); }

/// 16-bit forms of branches and of PUSHF and POPF, and branches through GS or CS, are left to the
/// VMM.
bool plain(const Insn& insn) { return !insn.operand16 && !needs_borrowed_fs(insn); }

}  // namespace

bool delays_interrupts(const Insn& insn) {
    const bool pop_ss = insn.is(Map::OneByte, 0x17);
    const bool mov_ss = insn.is(Map::OneByte, 0x8e) && insn.reg() == 2;
    return is_sti(insn) || pop_ss || mov_ss;
}

void Translator::flush(Guest& guest) {
    for (u32 i = 0; i < cache_.source_count(); ++i) guest.paging.untrace(cache_.source(i).physical);
    Emitter emit(CodeCache::memory(), 0);
    const Site lookup = emit_lookup_routine(emit);
    cache_.flush(emit.at(), lookup);
    PROBE("bt.flush");
}

Translator::Result Translator::block_for(Guest& guest, u32 eip, const Exit* from) {
    if (Block* const block = cache_.find(eip)) return {block};
    Source source = fetch(guest, eip, most_instructions);
    if (source.count == 0) return {nullptr, source.fault};
    if (!cache_.has_room()) {
        flush(guest);
        from = nullptr;
    }
    Block& block = write_block(eip, source, from, false);
    enter(guest, block, source);
    return {&block};
}

void Translator::enter(Guest& guest, Block& block, const Source& source) {
    for (u32 i = 0; i < 2; ++i) {
        block.source[i] = cache_.source_number(source.pages[i]);
        guest.paging.trace(guest.memory, source.pages[i].physical);
    }
    cache_.enter_block(block);
}

Block* Translator::retranslate(Guest& guest, Block& block) {
    if (!block.valid) return nullptr;
    const Source source = fetch(guest, block.eip, most_instructions);
    if (source.count == 0) return nullptr;
    if (Block* const other = cache_.version(block, simulated(block.eip, source))) {
        if (other != &block) cache_.switch_version(block, *other);
        return other;
    }
    if (!cache_.has_room()) return flush(guest), nullptr;
    Block& fresh = write_block(block.eip, source, nullptr, false);
    enter(guest, fresh, source);
    return &fresh;
}

u16 Translator::simulated(u32 eip, const Source& source) const {
    u16 mask = 0;
    for (u32 i = 0; i < source.count; ++i) {
        const bool can =
            source.insns[i].cls == Class::Innocuous && is_emulated_access(source.insns[i]);
        if (can && adaptation_.simulated(eip)) mask |= u16(1u << i);
        eip += source.insns[i].length;
    }
    return mask;
}

Translator::Result Translator::single_step_block(Guest& guest, u32 eip) {
    const Source source = fetch(guest, eip, 1);
    if (source.count == 0) return {nullptr, source.fault};
    if (!cache_.has_room()) flush(guest);
    forget_indirect_targets();  // so that even RET comes back
    return {&write_block(eip, source, nullptr, true)};
}

Translator::Source Translator::fetch(Guest& guest, u32 eip, u32 most) const {
    Source source;
    const Translation t = translate(guest, eip, instruction_fetch);
    source.fault = t.fault;
    if (t.fault) return source;
    source.pages[0] = source.pages[1] = {eip & page_mask, t.physical & page_mask};
    const u8* const page = guest.memory.at(source.pages[0].physical, page_size);
    if (!page) stop("the guest's kernel runs where it has no memory, at ", Hex{eip});

    bool shadowed = false;
    while ((source.count < most || (shadowed && most > 1)) &&
           (eip & page_mask) == source.pages[0].linear) {
        Insn& insn = source.insns[source.count];
        const u32 here = page_size - eip % page_size;
        insn = decode(page + eip % page_size, here);
        if (insn.cls == Class::Incomplete)
            source.fault = fetch_across_pages(guest, eip, here, insn, source.pages[1]);
        if (insn.cls == Class::TooLong) source.fault = fault(isa::Vector::GP);
        if (source.fault) break;
        ++source.count;
        eip += insn.length;
        shadowed = delays_interrupts(insn);
        if (ends_block(insn.cls) || source.count > most_instructions) break;
    }
    return source;
}

Block& Translator::write_block(u32 eip, const Source& source, const Exit* from, bool shadowed) {
    PROBE("bt.block.begin", eip);
    Block& block = cache_.begin_block(eip, from);
    block.simulated = simulated(eip, source);
    u32 at = eip;
    for (u32 i = 0; i < source.count; ++i) {
        const Insn& insn = source.insns[i];
        write_instruction(at, insn, shadowed, block.simulated >> i & 1);
        at += insn.length;
        shadowed = delays_interrupts(insn);
    }
    if (!ends_block(source.insns[source.count - 1].cls)) write_final_exit(at);
    block.length = at - eip;
    cache_.pad_to(block.begin + jump_length);  // so that a jump fits over it when it is stale
    block.end = cache_.tail();
    const u32 tc = CodeCache::linear(block.begin);
    const u32 size = block.end - block.begin;
    PROBE("bt.block.end", eip, tc, size);
    return block;
}

void Translator::write_instruction(u32 eip, const Insn& insn, bool shadowed, bool simulated) {
    Site& site = cache_.add_site(eip);
    site.insn = insn;
    site.next = eip + insn.length;
    site.shadowed = shadowed;
    Emitter emit(CodeCache::memory(), site.begin);
    site.kind = write_sequence(emit, site, simulated);
    const u32 tc = CodeCache::linear(site.begin);
    const u32 kind = u32(site.kind);
    PROBE("bt.insn", eip, tc, kind);

    if (site.kind == Kind::Control)
        write_branch(emit, site);
    else
        cache_.end_site(emit.at());
}

Kind Translator::write_sequence(Emitter& emit, Site& site, bool simulated) {
    const Insn& insn = site.insn;
    const auto call_out = [&] {
        emit.call_out(site.number);
        return Kind::Callout;
    };
    switch (insn.cls) {
        case Class::Innocuous:
            if (simulated) return call_out();
            if (needs_borrowed_fs(insn)) return emit_with_borrowed_fs(emit, site), Kind::Rewritten;
            emit.bytes(insn.bytes, insn.length);
            return Kind::Ident;
        case Class::Undefined: return emit.ud2(), Kind::Rewritten;
        case Class::DirectJump:
        case Class::CondJump:
        case Class::Loop: return Kind::Control;
        case Class::DirectCall: return insn.operand16 ? call_out() : Kind::Control;
        case Class::Ret:
        case Class::IndirectJump:
        case Class::IndirectCall: return plain(insn) ? Kind::Control : call_out();
        default: break;
    }
    if (!plain(insn)) return call_out();
    if (is_cli(insn)) return emit_cli(emit, site), Kind::InCache;
    if (is_sti(insn)) return emit_sti(emit, site), Kind::InCache;
    if (is_pushf(insn)) return emit_pushf(emit, site), Kind::InCache;
    if (is_popf(insn)) return emit_popf(emit, site), Kind::InCache;
    if (emit_read_of_virtual_register(emit, site)) return Kind::InCache;
    if (emit_access_to_virtual_port(emit, site)) return Kind::InCache;
    return call_out();
}

void Translator::write_branch(Emitter& emit, Site& site) {
    const u32 target = site.insn.target(site.eip), next = site.next;
    switch (site.insn.cls) {
        case Class::DirectJump: cache_.end_site(emit.at()); return write_final_exit(target);
        case Class::DirectCall:
            emit_call(emit, site);
            cache_.end_site(emit.at());
            return write_final_exit(target);
        case Class::CondJump:
            emit_jcc(emit, site.insn);
            write_side_exit(emit, target);
            return write_final_exit(next);
        case Class::Loop: {
            emit_loop(emit, site);
            cache_.end_site(emit.at());
            cache_.add_site(target).kind = Kind::Control;
            emit.long_jump_opcode();
            write_side_exit(emit, target);
            return write_final_exit(next);
        }
        case Class::Ret: emit_ret(emit, site); break;
        case Class::IndirectJump: emit_indirect_jump(emit, site); break;
        default: emit_indirect_call(emit, site); break;
    }
    cache_.end_site(emit.at());
}

void Translator::write_side_exit(Emitter& emit, u32 target) {
    emit.relative(cache_.add_side_exit(target, emit.at()));
    cache_.end_site(emit.at());
}

void Translator::write_final_exit(u32 target) {
    Site& site = cache_.add_site(target);
    site.kind = Kind::Control;
    Emitter(CodeCache::memory(), site.begin).interrupt(continuation_vector);
    cache_.end_site(site.begin + jump_length);
}

}  // namespace ringside::vmm
