// A world: all of a processor that is a program's own, if this program believes that the processor
// is. The switch between two worlds is what a process switch does, and goes on with everything that
// belongs to the system.
#pragma once
#include "sim/base/types.hpp"
#include "sim/isa/flags.hpp"

namespace ringside::world {

/// What a world switch saves and loads. Not modelled: the x87 and SSE registers. world_switch.S has
/// the offsets too. The general registers and EFLAGS are on the world's stack.
struct State {
    u32 esp, cr0, cr2, cr3, cr4;
    u16 unused_0, gdt_limit;
    u32 gdt_base;
    u16 unused_1, idt_limit;
    u32 idt_base;
    u16 ldtr, tr;
    u16 ds, es, fs, gs, ss, cs;
    u32 dr[4], dr6, dr7;
    u32 sysenter_cs, sysenter_esp, sysenter_eip;
};
static_assert(sizeof(State) == 88);

/// To the world `to`. Returns when that, or another, comes back to `from`. Interrupts are off.
extern "C" void world_switch(State* from, const State* to);

/// The same for a VMM, whose FS and GS still hold the guest's selectors: their descriptors may have
/// changed meanwhile, so there is no way to load them again. They are the guest's business, and in
/// its trap frame.
inline void leave_guests_world(State& from, const State& to) {
    asm volatile("mov %0, %%fs\n\tmov %0, %%gs" : : "r"(0));
    world_switch(&from, &to);
}

/// For a world that has not run yet: lays on its stack, which ends at `top`, what world_switch()
/// would have left there if begin() had called it. ESP is `first_frame_bytes` below the top then.
inline constexpr u32 first_frame_words = 11;  // eight registers, EFLAGS, return address, one more
inline constexpr u32 first_frame_bytes = 4 * first_frame_words;
inline void make_first_frame(u32* top, void (*begin)()) {
    for (u32* word = top - first_frame_words; word != top; ++word) *word = 0;
    top[-3] = u32(isa::flags::fixed);
    top[-2] = reinterpret_cast<u32>(begin);
}

}  // namespace ringside::world
