// The timing models as compile-time policies of the run loop.
//
// A policy has: `u16 cost(const decode::Insn&)`, asked once when an instruction is decoded;
// `u32 extra(const Dynamic&)`, cycles of memory and repetitions; `u32 transition(const Dynamic&)`,
// cycles of crossings.
#pragma once
#include "sim/decode/insn.hpp"
#include "sim/timing/dynamic.hpp"
#include "sim/timing/profile.hpp"

namespace ringside::timing {

struct Off {
    u16 cost(const decode::Insn&) const { return 1; }
    u32 extra(const Dynamic&) const { return 0; }
    u32 transition(const Dynamic&) const { return 0; }
};

struct Simple {
    const Profile& profile;

    u16 cost(const decode::Insn& i) const {
        return u16(profile.of(i.row().timing).cycles +
                   (i.has_memory() ? profile.memory_operand.cycles : 0));
    }
    u32 extra(const Dynamic& d) const {
        return d.tlb_misses * profile.tlb_miss.cycles + d.walk_reads * profile.walk_read.cycles +
               d.repetitions * profile.repetition.cycles;
    }
    u32 transition(const Dynamic& d) const {
        return d.interrupts * profile.interrupt.cycles +
               d.returns * profile.interrupt_return.cycles +
               d.vm_entries * profile.vm_entry.cycles + d.vm_exits * profile.vm_exit.cycles;
    }
};

}  // namespace ringside::timing
