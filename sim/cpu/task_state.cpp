#include "sim/cpu/task_state.hpp"

namespace ringside::cpu {
namespace {

/// Where the fields stand. General registers, then segment selectors, each group without gaps of
/// its own: `item` bytes apart.
struct Layout {
    unsigned item;
    u32 ip, flags, general, selectors, ldt;
    unsigned segments;
};
constexpr Layout tss16{2, 14, 16, 18, 34, 42, 4};
constexpr Layout tss32{4, 32, 36, 40, 72, 96, 6};
constexpr u32 cr3_at = 28, trap_at = 100;

}  // namespace

bool read_task(Exec& x, u64 base, bool wide, TaskImage& image) {
    const Layout& l = wide ? tss32 : tss16;
    const auto at = [&](u32 offset, unsigned bytes) {
        return x.read_linear({base + offset}, bytes, false);
    };
    image.ip = at(l.ip, l.item);
    image.flags = at(l.flags, l.item);
    for (unsigned n = 0; n < image.general.size(); ++n)
        image.general[n] = at(l.general + n * l.item, l.item);
    for (unsigned n = 0; n < l.segments; ++n)
        image.selectors[n] = u16(at(l.selectors + n * l.item, 2));
    image.ldt = u16(at(l.ldt, 2));
    if (wide) {
        image.cr3 = at(cr3_at, 4);
        image.debug_trap = at(trap_at, 2) & 1;
    }
    return !x.faulted();
}

bool write_task(Exec& x, u64 base, bool wide, u64 flags) {
    const Layout& l = wide ? tss32 : tss16;
    const auto put = [&](u32 offset, unsigned bytes, u64 value) {
        x.write_linear({base + offset}, bytes, value & width_mask(bytes), false);
    };
    put(l.ip, l.item, x.s.regs.rip);
    put(l.flags, l.item, flags);
    for (unsigned n = 0; n < 8; ++n) put(l.general + n * l.item, l.item, x.s.regs.gpr[n]);
    for (unsigned n = 0; n < l.segments; ++n) put(l.selectors + n * l.item, 2, x.s.seg[n].selector);
    return !x.faulted();
}

void write_back_link(Exec& x, u64 base, u16 selector) {
    x.write_linear({base}, 2, selector, false);
}
u16 read_back_link(Exec& x, u64 base) { return u16(x.read_linear({base}, 2, false)); }

}  // namespace ringside::cpu
