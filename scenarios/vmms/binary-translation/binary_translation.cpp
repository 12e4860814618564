// Binary translation: run the guest's kernel in ring 1, but never its own bytes. What runs is a
// translation, in which every sensitive instruction has become something that is right.
//
//      linear addresses                     who may go there                      ring
//   FFFFFFFF +--------------------------+
//            |  VMM: this program, and  |     supervisor pages, and                0
//            |  all of host memory      |     beyond every guest segment
//            |  +--------------------+  |
//            |  | translation cache  |  |     CS in ring 1 is this, and nothing    1  runs
//            |  +--------------------+  |     else: execute only
//            |  | cache_data         |  |     GS in ring 1: read and write         1  reads, writes
//            |  +--------------------+  |
//   FC000000 +--------------------------+ <-- where DS, ES, SS, FS end
//            |  the guest's kernel      |     read, written, never executed        1  (it believes:
//            0) |  and its applications,   | |  where its page tables   |     executed as they are
//            3 |  say (by shadow tables)  |
//   00000000 +--------------------------+
//
//   guest kernel code --(when it is first to run)--> translator --> block in the cache
//        ^ a write to it: the page is traced, its blocks become stale      |
//                                                                          v
//   VMM <-- INT: a call-out, a block that is missing -- | block | -> | block | -> ...  (chained)
//   VMM <-- faults, interrupts: mapped back to the guest's EIP by the block's table of sites
//   VMM <-- faults, interrupts, INT n -- applications, directly executed
//
// After Adams and Agesen, "A Comparison of Software and Hardware Techniques for x86
// Virtualization", ASPLOS 2006, section 3. Left out: adaptation (an instruction that faults often
// is not retranslated).
#include "scenarios/vmms/binary-translation/cache_data.hpp"
#include "scenarios/vmms/binary-translation/code_cache.hpp"
#include "scenarios/vmms/binary-translation/sensitive.hpp"
#include "scenarios/vmms/binary-translation/translator.hpp"
#include "scenarios/vmms/binary-translation/vectors.hpp"
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/interrupts.hpp"
#include "scenarios/vmms/common/loader.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/serial.hpp"

namespace ringside::vmm {
namespace {

using isa::Vector;

Guest guest;
CodeCache cache;
Translator translator(cache);

bool hardware_interrupt(const TrapFrame& frame) {
    return frame.vector - hardware_interrupt_base < 16;
}

// ---- between the guest's view and the cache's

/// Where the CPU was in the cache when it came to the VMM.
struct Place {
    Site site;
    u32 offset;
    u32 epoch;  ///< of the cache: if it has changed since, the place may be gone
};

/// From the registers of translated code to those of the guest at an instruction boundary: as if
/// its own bytes had run.
Place leave_cache(TrapFrame& frame) {
    const u32 offset = frame.eip - (from_cache(frame.vector) ? int_length : 0);
    const Place place{cache.site_at(offset), offset, cache.epoch()};
    const Site& site = place.site;
    const u32 progress = offset - site.begin;

    if (progress >= site.spill_from && progress < site.spill_to) {
        frame.ecx = cache_data.spilled_ecx;
        if (site.spills_eax) frame.eax = cache_data.spilled_eax;
    }
    const bool happened = progress >= site.commit;
    if (happened) {
        frame.eip = site.indirect ? cache_data.target : site.next;
        if (site.changes_if) cache_data.interrupts_on = cache_data.popped_if;
    } else {
        frame.eip = site.eip;
        if (progress >= site.pushed_from) frame.esp += 4;
    }
    frame.cs = u16(cache_data.guest_cs);
    frame.fs = u16(cache_data.guest_fs);
    frame.gs = u16(cache_data.guest_gs);
    guest.cpu.set_interrupts(cache_data.interrupts_on);
    guest.cpu.sti_shadow = happened ? delays_interrupts(site.insn) : site.shadowed;
    guest.cpu.sti_shadow_eip = frame.eip;
    return place;
}

/// An interrupt waits that the guest would take, but for the shadow of STI or a load of SS.
bool interrupt_held_back() { return guest.cpu.interrupts_on() && guest.board.pic.pending(); }

/// What the VMM itself wrote in the guest's name may have been guest code.
void forget_code_written_by_vmm() {
    for (u32 page; guest.paging.take_written(page);) {
        cache.invalidate_page(page);
        guest.paging.untrace(page);
    }
}

/// The offset of the translation of the guest's next instruction. A fault of fetching it is
/// delivered.
u32 translation_of_next(TrapFrame& frame, const Exit* from) {
    for (;;) {
        const u32 epoch = cache.epoch();
        const bool step = interrupt_held_back();
        const auto [block, fetch_fault] = step ? translator.single_step_block(guest, frame.eip)
                                               : translator.block_for(guest, frame.eip, from);
        if (block) {
            const bool same_place = epoch == cache.epoch() && from;
            if (same_place && !step && from->at != block->begin) cache.chain(*from, *block);
            return block->begin;
        }
        from = nullptr;
        deliver_exception(guest, frame, fetch_fault);
        forget_code_written_by_vmm();
    }
}

/// The reverse of leave_cache: the guest goes on at `offset`, which translates the code at
/// frame.eip.
void enter_cache(TrapFrame& frame, u32 offset) {
    const isa::Descriptor code = ShadowDescriptors::real_descriptor(frame.cs);
    if (code.base() != 0 || !code.big())
        stop("not modelled: a kernel code segment that is not flat and 32-bit, at ",
             Hex{frame.eip});
    if (frame.eflags & isa::flags::TF)
        stop("not modelled: single-stepping in the kernel, at ", Hex{frame.eip});
    cache_data.guest_cs = frame.cs;
    cache_data.guest_fs = frame.fs;
    cache_data.guest_gs = frame.gs;
    cache_data.interrupts_on = guest.cpu.interrupts_on();
    cache_data.interrupt_pending = guest.board.pic.pending();
    frame.cs = selector::technique_code;
    frame.gs = selector::technique_data;
    frame.eip = offset;
}

/// The guest goes on at frame.eip: its applications as they are, its kernel out of the cache.
void resume(TrapFrame& frame, const Exit* from = nullptr) {
    deliver_pending_interrupt(guest, frame);
    forget_code_written_by_vmm();
    if (virtual_cpl(frame) == 0) enter_cache(frame, translation_of_next(frame, from));
}

/// The same after something that did not move the guest: it goes on in the middle of the block, if
/// nothing has happened to that.
void resume_at(TrapFrame& frame, const Place& place, const TrapFrame& in_cache) {
    const bool delivered = deliver_pending_interrupt(guest, frame);
    forget_code_written_by_vmm();
    if (delivered || interrupt_held_back() || place.epoch != cache.epoch()) return resume(frame);
    cache_data.interrupt_pending = guest.board.pic.pending();
    frame = in_cache;
}

// ---- the guest's code changes

/// Blocks from pages that are no longer mapped where they were. After MOV CR3 and the like.
void check_sources() {
    for (u32 i = 0; i < cache.source_count(); ++i) {
        const SourcePage& page = cache.source(i);
        if (page.stale) continue;
        const Translation t = translate(guest, page.linear, instruction_fetch);
        if (t.fault || (t.physical & ~0xfffu) != page.physical) cache.invalidate_source(i);
    }
}

bool changes_mappings(const Insn& insn) {
    const bool mov_to_cr = insn.is(Map::Map0F, 0x22), group7 = insn.is(Map::Map0F, 0x01);
    return mov_to_cr || group7;
}

// ---- what brings the kernel's translation to the VMM

void on_callout(TrapFrame& frame, const Place& place) {
    const Insn& insn = place.site.insn;
    const u32 eip = frame.eip;
    PROBE("bt.callout", eip);
    EmulationResult result = emulate_sensitive(guest, frame, insn);
    if (result.kind == Emulation::NotHandled) result = emulate_branch(guest, frame, insn);
    if (result.kind == Emulation::NotHandled) result = emulate(guest, frame, insn);
    if (result.kind == Emulation::NotHandled)
        stop("not modelled: an instruction of the guest's kernel at ", Hex{eip}, ", opcode ",
             Hex{insn.opcode});
    if (result.kind == Emulation::Faulted) {
        deliver_exception(guest, frame, result.fault);
        return resume(frame);
    }
    prepare_flag_tables(guest.cpu.iopl());
    if (changes_mappings(insn)) check_sources();

    const bool same_block =
        virtual_cpl(frame) == 0 && frame.eip == place.site.next && !ends_block(insn.cls);
    if (!same_block) return resume(frame);
    TrapFrame in_cache = frame;
    enter_cache(in_cache, place.site.begin + place.site.length);
    resume_at(frame, place, in_cache);
}

/// A store to a page from which code was translated. That code is stale from now on; the store is
/// done alone, because it may itself come from that page.
void on_traced_write(TrapFrame& frame, u32 guest_physical) {
    cache.invalidate_page(guest_physical);
    guest.paging.untrace(guest_physical);
    if (deliver_pending_interrupt(guest, frame)) return resume(frame);
    const auto [block, fetch_fault] = translator.single_step_block(guest, frame.eip);
    if (block) return enter_cache(frame, block->begin);
    deliver_exception(guest, frame, fetch_fault);
    resume(frame);
}

void on_page_fault_in_cache(TrapFrame& frame, const Place& place, const TrapFrame& in_cache) {
    const PageFaultOutcome outcome =
        on_page_fault(guest, cpu::cr2(), frame.error_code);
    switch (outcome.kind) {
        case PageFaultOutcome::Kind::Filled: return resume_at(frame, place, in_cache);
        case PageFaultOutcome::Kind::TracedWrite: return on_traced_write(frame, outcome.physical);
        case PageFaultOutcome::Kind::GuestFault:
            deliver_exception(guest, frame, outcome.fault);
            return resume(frame);
    }
}

void on_trap_in_cache(TrapFrame& frame) {
    const TrapFrame in_cache = frame;
    const Place place = leave_cache(frame);
    switch (frame.vector) {
        case callout_vector: return on_callout(frame, place);
        case continuation_vector: {
            const Exit exit = cache.exit_at(place.offset);
            return resume(frame, exit.once ? nullptr : &exit);
        }
        case indirect_vector: {
            const u32 target = frame.eip;
            resume(frame);
            const Block* const block = cache.find(target);
            const bool went_there =
                frame.cs == selector::technique_code && block && frame.eip == block->begin;
            if (went_there) remember_indirect_target(target, block->begin);
            return;
        }
        case pending_vector:
        case stale_vector: return resume(frame);
        case u32(Vector::PF): return on_page_fault_in_cache(frame, place, in_cache);
        default: break;
    }
    if (hardware_interrupt(frame)) {
        guest.board.on_hardware_interrupt(frame.vector - hardware_interrupt_base);
        return resume_at(frame, place, in_cache);
    }
    deliver_exception(guest, frame, {i16(frame.vector), frame.error_code, 0});
    resume(frame);
}

// ---- what brings an application to the VMM

/// INT n, IN and OUT, or the application's own mistake.
void on_protection_fault(TrapFrame& frame) {
    Insn insn;
    if (const Fault f = fetch_instruction(guest, frame, insn))
        return deliver_exception(guest, frame, f);
    const EmulationResult result = emulate(guest, frame, insn);
    if (result.kind == Emulation::Faulted) deliver_exception(guest, frame, result.fault);
    if (result.kind == Emulation::NotHandled)
        deliver_exception(guest, frame, {i16(frame.vector), frame.error_code, 0});
}

void on_trap_in_application(TrapFrame& frame) {
    switch (frame.vector) {
        case u32(Vector::GP):
        case u32(Vector::NP):
        case u32(Vector::SS): on_protection_fault(frame); break;
        case u32(Vector::BP):
        case u32(Vector::OF): deliver_software_interrupt(guest, frame, u8(frame.vector), 0); break;
        case sysenter_vector: enter_by_sysenter(guest, frame); break;
        case u32(Vector::PF): {
            const PageFaultOutcome outcome =
                on_page_fault(guest, cpu::cr2(), frame.error_code);
            if (outcome.kind == PageFaultOutcome::Kind::GuestFault)
                deliver_exception(guest, frame, outcome.fault);
            if (outcome.kind == PageFaultOutcome::Kind::TracedWrite) {
                cache.invalidate_page(outcome.physical);
                guest.paging.untrace(outcome.physical);
            }
            break;
        }
        default:
            if (hardware_interrupt(frame))
                guest.board.on_hardware_interrupt(frame.vector - hardware_interrupt_base);
            else
                deliver_exception(guest, frame, {i16(frame.vector), frame.error_code, 0});
    }
    resume(frame);
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

void vmm_on_trap(TrapFrame& frame) {
    if (!frame.from_guest()) {  // the VMM waits in HLT's place
        if (!hardware_interrupt(frame))
            stop("exception ", frame.vector, " in the VMM itself at ", Hex{frame.eip},
                 ", error code ", Hex{frame.error_code}, ", CR2 ", Hex{cpu::cr2()});
        return guest.board.on_hardware_interrupt(frame.vector - hardware_interrupt_base);
    }
    if (frame.cs == selector::technique_code)
        on_trap_in_cache(frame);
    else
        on_trap_in_application(frame);
}

}  // namespace ringside::vmm

extern "C" [[noreturn]] void vmm_main(ringside::u32 magic, ringside::u32 boot_info) {
    using namespace ringside::vmm;
    host::initialize();
    prepare_segments_and_gates();
    count_guests(magic, boot_info, 1);
    const LoadedGuest loaded = load_guest(boot_info, guest.memory);
    guest.board.connect();
    prepare_flag_tables(0);
    translator.flush(guest);
    const ringside::u32 base = physical_address(CodeCache::memory()), size = CodeCache::size;
    PROBE("translation.cache", base, size);
    PROBE("vmm.ready");
    TrapFrame frame = first_frame(loaded);
    const ringside::u32 eip = frame.eip;
    PROBE("guest.start", eip);
    resume(frame);
    vmm_enter(frame);
}
