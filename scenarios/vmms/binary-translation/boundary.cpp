#include "scenarios/vmms/binary-translation/boundary.hpp"

#include "scenarios/vmms/common/interrupts.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/translation_cache/cache_data.hpp"
#include "scenarios/vmms/common/translation_cache/vectors.hpp"

namespace ringside::vmm {

Place leave_cache(Monitor& m, TrapFrame& frame) {
    const u32 offset = frame.eip - (from_cache(frame.vector) ? int_length : 0);
    const bool callout = frame.vector == callout_vector;
    const Place place{callout ? m.cache.site_of_callout(offset) : m.cache.site_at(offset), offset,
                      m.cache.epoch()};
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
    m.guest.board.post_code = u8(cache_data.post_code);
    m.guest.cpu.set_interrupts(cache_data.interrupts_on);
    m.guest.cpu.sti_shadow = happened ? delays_interrupts(site.insn) : site.shadowed;
    m.guest.cpu.sti_shadow_eip = frame.eip;
    return place;
}

void enter_cache(Monitor& m, TrapFrame& frame, u32 offset) {
    const isa::Descriptor code = ShadowDescriptors::real_descriptor(frame.cs);
    if (code.base() != 0 || !code.big())
        stop("not modelled: a kernel code segment that is not flat and 32-bit, at ",
             Hex{frame.eip});
    if (frame.eflags & isa::flags::TF)
        stop("not modelled: single-stepping in the kernel, at ", Hex{frame.eip});
    cache_data.guest_cs = frame.cs;
    cache_data.guest_fs = frame.fs;
    cache_data.guest_gs = frame.gs;
    cache_data.interrupts_on = m.guest.cpu.interrupts_on();
    cache_data.post_code = m.guest.board.post_code;
    const VCpu& cpu = m.guest.cpu;
    const u32 control[5] = {cpu.cr0, 0, cpu.cr2, cpu.cr3, cpu.cr4};
    memcpy(cache_data.control, control, sizeof control);
    const u16 selectors[6] = {frame.es, frame.cs, frame.ss, frame.ds, frame.fs, frame.gs};
    for (unsigned n = 0; n < 6; ++n) cache_data.shown[n] = m.guest.descriptors.guests(selectors[n]);
    cache_data.ldtr = cpu.ldtr.selector;
    cache_data.tr = cpu.tr.selector;
    cache_data.interrupt_pending = interrupt_pending(m.guest);
    frame.cs = selector::technique_code;
    frame.gs = selector::technique_data;
    frame.eip = offset;
}

}  // namespace ringside::vmm
