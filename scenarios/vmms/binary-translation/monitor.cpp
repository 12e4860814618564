#include "scenarios/vmms/binary-translation/monitor.hpp"

#include "scenarios/vmms/binary-translation/boundary.hpp"
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/emulate_memory.hpp"
#include "scenarios/vmms/common/emulate_sensitive.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/interrupts.hpp"
#include "scenarios/vmms/common/operands.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/surroundings.hpp"
#include "scenarios/vmms/common/translation_cache/cache_data.hpp"
#include "scenarios/vmms/common/translation_cache/vectors.hpp"

namespace ringside::vmm {
namespace {

using isa::Vector;

bool hardware_interrupt(const TrapFrame& frame) {
    return frame.vector - hardware_interrupt_base < hardware_interrupts;
}

/// An interrupt waits that the guest would take, but for the shadow of STI or a load of SS.
bool interrupt_held_back(Monitor& m) {
    return m.guest.cpu.interrupts_on() && interrupt_pending(m.guest);
}

/// What the VMM itself wrote in the guest's name may have been guest code. True if it was to a page
/// of guest code, so that the guest's own store would have trapped.
bool forget_code_written_by_vmm(Monitor& m) {
    bool any = false;
    for (ShadowPaging::Written bytes; m.guest.paging.take_written(bytes); any = true)
        m.cache.invalidate_bytes(bytes.begin, bytes.end);
    return any;
}

/// The offset of the translation of the guest's next instruction. A fault of fetching it is
/// delivered.
u32 translation_of_next(Monitor& m, TrapFrame& frame, const Exit* from) {
    for (;;) {
        const u32 epoch = m.cache.epoch();
        const bool step = interrupt_held_back(m);
        const auto [block, fetch_fault] = step ? m.translator.single_step_block(m.guest, frame.eip)
                                               : m.translator.block_for(m.guest, frame.eip, from);
        if (block) {
            const bool same_place = epoch == m.cache.epoch() && from;
            if (same_place && !step && from->at != block->begin) m.cache.chain(*from, *block);
            return block->begin;
        }
        from = nullptr;
        deliver_exception(m.guest, frame, fetch_fault);
        forget_code_written_by_vmm(m);
    }
}

/// The guest goes on at frame.eip: its applications as they are, its kernel out of the cache.
void resume(Monitor& m, TrapFrame& frame, const Exit* from = nullptr) {
    deliver_pending_interrupt(m.guest, frame);
    forget_code_written_by_vmm(m);
    if (virtual_cpl(frame) == 0) enter_cache(m, frame, translation_of_next(m, frame, from));
}

/// The same where the guest is in the middle of a block, at `place`. True if it can go on there: no
/// interrupt came in between, and nothing has happened to the block.
bool stays_in_block(Monitor& m, TrapFrame& frame, const Place& place) {
    const bool delivered = deliver_pending_interrupt(m.guest, frame);
    forget_code_written_by_vmm(m);
    if (!delivered && !interrupt_held_back(m) && place.epoch == m.cache.epoch()) return true;
    resume(m, frame);
    return false;
}

/// After something that did not move the guest.
void resume_at(Monitor& m, TrapFrame& frame, const Place& place, const TrapFrame& in_cache) {
    if (!stays_in_block(m, frame, place)) return;
    cache_data.interrupt_pending = interrupt_pending(m.guest);
    frame = in_cache;
}

// ---- the guest's code changes

/// After MOV CRn and INVLPG: blocks from pages that are no longer mapped where they were.
void check_sources(Monitor& m, const Insn& insn) {
    const bool mov_to_cr = insn.is(Map::Map0F, 0x22);
    const bool invlpg = insn.is(Map::Map0F, 0x01) && insn.reg() == 7;
    for (u32 i = 0; (mov_to_cr || invlpg) && i < m.cache.source_count(); ++i) {
        const SourcePage& page = m.cache.source(i);
        if (page.stale) continue;
        const Translation t = translate(m.guest, page.linear, instruction_fetch);
        if (t.fault || (t.physical & ~0xfffu) != page.physical) m.cache.invalidate_source(i);
    }
}

// ---- what brings the kernel's translation to the VMM

/// An instruction that the VMM did is over: on behind it, in the same block if that is still there.
void resume_behind(Monitor& m, TrapFrame& frame, const Place& place) {
    const bool same_block = virtual_cpl(frame) == 0 && frame.eip == place.site.next &&
                            !ends_block(place.site.insn.cls) && place.epoch == m.cache.epoch();
    if (!same_block) return resume(m, frame);
    if (stays_in_block(m, frame, place))
        enter_cache(m, frame, place.site.begin + place.site.length);
}

/// Does an ordinary instruction in the guest's place. True if its copy traps, or would have.
bool simulate(Monitor& m, TrapFrame& frame, const Insn& insn, EmulationResult& result) {
    m.guest.paging.take_table_write();
    m.guest.device_accessed = false;
    result = emulate_access(operand_memory(m.guest), frame, insn);
    const bool code = forget_code_written_by_vmm(m), table = m.guest.paging.take_table_write();
    return code || table || m.guest.device_accessed;
}

/// An access to memory that kept trapping, or did once.
void on_simulated_access(Monitor& m, TrapFrame& frame, const Place& place) {
    const u32 eip = frame.eip;
    PROBE("bt.simulate", eip);
    EmulationResult result;
    const bool would_have_trapped = simulate(m, frame, place.site.insn, result);
    if (result.kind == Emulation::Faulted) {
        deliver_exception(m.guest, frame, result.fault);
        return resume(m, frame);
    }
    if (m.adaptation.on_callout(eip, would_have_trapped))
        m.translator.retranslate(m.guest, m.cache.block_at(place.offset));
    resume_behind(m, frame, place);
}

EmulationResult emulate_for(Guest& guest, TrapFrame& frame, const Insn& insn) {
    switch (insn.cls) {
        case Class::Sensitive: {
            const EmulationResult result = emulate_sensitive(guest, frame, insn);
            if (result.kind != Emulation::NotHandled) return result;
            break;  // a load of a segment register
        }
        case Class::Ret:
        case Class::DirectCall:
        case Class::IndirectCall:
        case Class::IndirectJump: return emulate_branch(guest, frame, insn);
        default: break;
    }
    return emulate(guest, frame, insn);
}

void on_callout(Monitor& m, TrapFrame& frame, const Place& place) {
    const Insn& insn = place.site.insn;
    const u32 eip = frame.eip;
    PROBE("bt.callout", eip);
    if (insn.cls == Class::Innocuous) return on_simulated_access(m, frame, place);
    const EmulationResult result = emulate_for(m.guest, frame, insn);
    if (result.kind == Emulation::NotHandled)
        stop("not modelled: an instruction of the guest's kernel at ", Hex{eip}, ", opcode ",
             Hex{insn.opcode});
    if (result.kind == Emulation::Faulted) {
        deliver_exception(m.guest, frame, result.fault);
        return resume(m, frame);
    }
    prepare_flag_tables(m.guest.cpu.iopl());
    check_sources(m, insn);

    resume_behind(m, frame, place);
}

/// A copied instruction has trapped. If it has done so before, it is simulated from now on: true,
/// and the guest goes on with that.
bool simulate_from_now_on(Monitor& m, TrapFrame& frame, const Place& place) {
    if (!is_emulated_access(place.site.insn) || !m.adaptation.on_trap(frame.eip)) return false;
    Block* const block = m.translator.retranslate(m.guest, m.cache.block_at(place.offset));
    if (block) enter_cache(m, frame, m.cache.offset_of(*block, frame.eip));
    return block;
}

/// A copied store to one of the guest's page tables. What the VMM cannot do in its place is let
/// through.
void on_table_write(Monitor& m, TrapFrame& frame, const Place& place, u32 physical) {
    PROBE("shadow.traced", physical);
    if (simulate_from_now_on(m, frame, place)) return;
    EmulationResult result;
    simulate(m, frame, place.site.insn, result);
    switch (result.kind) {
        case Emulation::Done: return resume_behind(m, frame, place);
        case Emulation::NotHandled: m.guest.paging.open_table(physical); break;
        case Emulation::Faulted: deliver_exception(m.guest, frame, result.fault); break;
    }
    resume(m, frame);
}

/// A copied access to the registers of a device in memory.
void on_device_access(Monitor& m, TrapFrame& frame, const Place& place, u32 physical) {
    PROBE("apic.access", physical);
    if (simulate_from_now_on(m, frame, place)) return;
    EmulationResult result;
    simulate(m, frame, place.site.insn, result);
    if (result.kind == Emulation::Done) return resume_behind(m, frame, place);
    if (result.kind == Emulation::NotHandled) stop_at_device_access(frame);
    deliver_exception(m.guest, frame, result.fault);
    resume(m, frame);
}

/// A copied store to a page from which code was translated: that code is stale, and the store is
/// done alone, because it may itself come from that page.
void on_traced_write(Monitor& m, TrapFrame& frame, const Place& place, u32 guest_physical) {
    const u32 eip = frame.eip;
    PROBE("bt.traced", eip, guest_physical);
    if (simulate_from_now_on(m, frame, place)) return;
    m.cache.invalidate_page(guest_physical);
    m.guest.paging.untrace(guest_physical);
    if (deliver_pending_interrupt(m.guest, frame)) return resume(m, frame);
    const auto [block, fetch_fault] = m.translator.single_step_block(m.guest, eip);
    if (block) return enter_cache(m, frame, block->begin);
    deliver_exception(m.guest, frame, fetch_fault);
    resume(m, frame);
}

void on_page_fault_in_cache(Monitor& m, TrapFrame& frame, const Place& place,
                            const TrapFrame& in_cache) {
    const PageFaultOutcome outcome = on_page_fault(m.guest, cpu::cr2(), frame.error_code);
    switch (outcome.kind) {
        case PageFaultOutcome::Kind::Filled: return resume_at(m, frame, place, in_cache);
        case PageFaultOutcome::Kind::TracedWrite:
            return on_traced_write(m, frame, place, outcome.physical);
        case PageFaultOutcome::Kind::TableWrite:
            return on_table_write(m, frame, place, outcome.physical);
        case PageFaultOutcome::Kind::Device:
            return on_device_access(m, frame, place, outcome.physical);
        case PageFaultOutcome::Kind::GuestFault:
            deliver_exception(m.guest, frame, outcome.fault);
            return resume(m, frame);
    }
}

void on_trap_in_cache(Monitor& m, TrapFrame& frame) {
    TrapFrame in_cache;
    if (!from_cache(frame.vector)) in_cache = frame;  // else there is no way back to the very place
    const Place place = leave_cache(m, frame);
    switch (frame.vector) {
        case callout_vector: return on_callout(m, frame, place);
        case continuation_vector: {
            const Exit exit = m.cache.exit_at(place.offset);
            return resume(m, frame, exit.once ? nullptr : &exit);
        }
        case indirect_vector: {
            const u32 target = frame.eip;
            PROBE("bt.lookup.miss", target);
            resume(m, frame);
            const Block* const block = m.cache.find(target);
            const bool went_there =
                frame.cs == selector::technique_code && block && frame.eip == block->begin;
            if (went_there) remember_indirect_target(target, block->begin);
            return;
        }
        case pending_vector:
        case stale_vector: return resume(m, frame);
        case u32(Vector::PF): return on_page_fault_in_cache(m, frame, place, in_cache);
        default: break;
    }
    if (hardware_interrupt(frame)) {
        on_real_interrupt(m.guest, frame);
        return resume_at(m, frame, place, in_cache);
    }
    if (frame.vector == u32(Vector::NM) && lend_coprocessor(m.guest))
        return resume_at(m, frame, place, in_cache);
    const bool limit = frame.vector == u32(Vector::GP) || frame.vector == u32(Vector::SS);
    u32 physical = 0;
    if (limit && reaches_device_beyond_border(m.guest, frame, place.site.insn, physical))
        return on_device_access(m, frame, place, physical);
    deliver_exception(m.guest, frame, {i16(frame.vector), frame.error_code, 0});
    resume(m, frame);
}

/// From the kernel to an application. The kernel's loads of segment registers are call-outs, which
/// read the guest's own descriptors; an application's are the CPU's, so the copies must be as new.
void heed_changed_descriptors(Monitor& m, TrapFrame& frame) {
    if (m.guest.descriptors.may_have_changed(m.guest))
        m.guest.descriptors.synchronize(m.guest, frame);
}

// ---- what brings an application to the VMM

void on_device_access_in_application(Monitor& m, TrapFrame& frame, u32 physical) {
    PROBE("apic.access", physical);
    const EmulationResult result = emulate_access(m.guest, frame);
    if (result.kind == Emulation::Faulted) deliver_exception(m.guest, frame, result.fault);
    if (result.kind == Emulation::NotHandled) stop_at_device_access(frame);
}

/// INT n, IN and OUT, or the application's own mistake.
void on_protection_fault(Monitor& m, TrapFrame& frame) {
    Insn insn;
    if (const Fault f = fetch_instruction(m.guest, frame, insn))
        return deliver_exception(m.guest, frame, f);
    const EmulationResult result = emulate(m.guest, frame, insn);
    if (result.kind == Emulation::Faulted) deliver_exception(m.guest, frame, result.fault);
    if (result.kind != Emulation::NotHandled) return;
    if (u32 physical; reaches_device_beyond_border(m.guest, frame, insn, physical))
        return on_device_access_in_application(m, frame, physical);
    deliver_exception(m.guest, frame, {i16(frame.vector), frame.error_code, 0});
}

void on_page_fault_in_application(Monitor& m, TrapFrame& frame) {
    const PageFaultOutcome outcome = on_page_fault(m.guest, cpu::cr2(), frame.error_code);
    switch (outcome.kind) {
        case PageFaultOutcome::Kind::Filled: break;
        case PageFaultOutcome::Kind::TracedWrite:
            m.cache.invalidate_page(outcome.physical);
            m.guest.paging.untrace(outcome.physical);
            break;
        case PageFaultOutcome::Kind::TableWrite: {
            const u32 physical = outcome.physical;
            PROBE("shadow.traced", physical);
            const EmulationResult result = emulate_access(m.guest, frame);
            if (result.kind == Emulation::Faulted) deliver_exception(m.guest, frame, result.fault);
            if (result.kind == Emulation::NotHandled) m.guest.paging.open_table(physical);
            break;
        }
        case PageFaultOutcome::Kind::Device:
            on_device_access_in_application(m, frame, outcome.physical);
            break;
        case PageFaultOutcome::Kind::GuestFault:
            deliver_exception(m.guest, frame, outcome.fault);
            break;
    }
}

void on_trap_in_application(Monitor& m, TrapFrame& frame) {
    switch (frame.vector) {
        case u32(Vector::GP):
        case u32(Vector::NP):
        case u32(Vector::SS): on_protection_fault(m, frame); break;
        case u32(Vector::BP):
        case u32(Vector::OF):
            deliver_software_interrupt(m.guest, frame, u8(frame.vector), 0);
            break;
        case u32(Vector::NM):
            if (!lend_coprocessor(m.guest)) deliver_exception(m.guest, frame, fault(Vector::NM));
            break;
        case sysenter_vector: enter_by_sysenter(m.guest, frame); break;
        case u32(Vector::PF): on_page_fault_in_application(m, frame); break;
        default:
            if (hardware_interrupt(frame))
                on_real_interrupt(m.guest, frame);
            else
                deliver_exception(m.guest, frame, {i16(frame.vector), frame.error_code, 0});
    }
    resume(m, frame);
}

// ---- start

void prepare_segments_and_gates() {
    constexpr u8 execute_only = 0x9;  // accessed
    const u32 code = CodeCache::linear(0), data = reinterpret_cast<u32>(&cache_data);
    host::gdt()[selector::technique_code >> 3] =
        isa::segment32(code, CodeCache::size - 1, isa::access(1, execute_only));
    host::gdt()[selector::technique_data >> 3] =
        isa::segment32(data, sizeof cache_data - 1, isa::access(1, isa::data_type));
    for (u32 vector = callout_vector; vector <= stale_vector; ++vector)
        host::idt()[vector].raw |= bit(45);  // DPL 1
}

}  // namespace

void start_guest(Monitor& m, TrapFrame& frame, u32 cache_size) {
    prepare_segments_and_gates();
    prepare_flag_tables(0);
    m.cache.set_capacity(cache_size);
    m.translator.flush(m.guest);
    const u32 base = physical_address(CodeCache::memory()), size = CodeCache::size;
    PROBE("translation.cache", base, size);
    resume(m, frame);
    PROBE("trip.guest");
}

void on_trap(Monitor& m, TrapFrame& frame) {
    if (!frame.from_guest()) {  // the VMM waits in HLT's place
        if (!hardware_interrupt(frame))
            stop("exception ", frame.vector, " in the VMM itself at ", Hex{frame.eip},
                 ", error code ", Hex{frame.error_code}, ", CR2 ", Hex{cpu::cr2()});
        return on_real_interrupt(m.guest, frame);
    }
    PROBE("trip.vmm");
    if (frame.cs == selector::technique_code) {
        on_trap_in_cache(m, frame);
        if (frame.cs != selector::technique_code) heed_changed_descriptors(m, frame);
    } else {
        on_trap_in_application(m, frame);
    }
    PROBE("trip.guest");
}

}  // namespace ringside::vmm
