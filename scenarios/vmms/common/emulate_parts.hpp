// How emulate.cpp divides the instructions. Each part returns NotHandled for those that are not its
// own.
#pragma once
#include "scenarios/vmms/common/emulate.hpp"
#include "scenarios/vmms/common/guest.hpp"

namespace ringside::vmm {

/// CR0-4, DR0-7, descriptor-table and task registers, MSRs, INVLPG, CLTS, caches. Privileged:
/// virtual CPL 0 only.
EmulationResult emulate_control(Guest& guest, TrapFrame& frame, const Insn& insn);
/// IN, OUT, INS, OUTS, CLI, STI: by virtual IOPL and the I/O bitmap of the virtual TSS.
EmulationResult emulate_ports(Guest& guest, TrapFrame& frame, const Insn& insn);
/// Loads of segment registers, far transfers and returns, INT n, SYSEXIT. They set EIP themselves
/// where they jump.
EmulationResult emulate_transfers(Guest& guest, TrapFrame& frame, const Insn& insn);

constexpr EmulationResult not_handled{Emulation::NotHandled};
/// As finish(), for an instruction that has set EIP itself.
inline EmulationResult finish_jump(Fault f) {
    return f ? EmulationResult{Emulation::Faulted, f} : EmulationResult{Emulation::Done};
}

}  // namespace ringside::vmm
