// Hypercalls: the system calls of a kernel.
#pragma once
#include "scenarios/vmms/paravirtual/domain.hpp"

namespace ringside::pv {

/// One function a hypercall. Arguments are in the frame's EBX ECX EDX ESI EDI; the answer goes to
/// EAX.
using HypercallFunction = i32 (*)(Domain&, vmm::TrapFrame&);

i32 set_trap_table(Domain&, vmm::TrapFrame&);
i32 mmu_update(Domain&, vmm::TrapFrame&);
i32 set_gdt(Domain&, vmm::TrapFrame&);
i32 stack_switch(Domain&, vmm::TrapFrame&);
i32 set_callbacks(Domain&, vmm::TrapFrame&);
i32 fpu_taskswitch(Domain&, vmm::TrapFrame&);
i32 update_descriptor(Domain&, vmm::TrapFrame&);
i32 update_va_mapping(Domain&, vmm::TrapFrame&);
i32 set_timer_op(Domain&, vmm::TrapFrame&);
i32 xen_version(Domain&, vmm::TrapFrame&);
i32 console_io(Domain&, vmm::TrapFrame&);
i32 iret(Domain&, vmm::TrapFrame&);
i32 mmuext_op(Domain&, vmm::TrapFrame&);
i32 sched_op(Domain&, vmm::TrapFrame&);
i32 event_channel_op(Domain&, vmm::TrapFrame&);
i32 multicall(Domain&, vmm::TrapFrame&);

/// For a call that takes too long for one entry: the guest's next instruction is the 2-byte INT
/// 0x82 again, and its registers say what is left to do.
inline i32 continue_later(vmm::TrapFrame& frame, Hypercall number) {
    frame.eip -= 2;
    return i32(number);
}

/// Does the hypercall that the guest's registers ask for.
void on_hypercall(Domain&, vmm::TrapFrame&);

/// CR0.TS, as the guest that runs has asked for it.
void set_task_switched(bool set);

/// Fills the guest's hypercall page: 128 stubs of 32 bytes.
void write_hypercall_page(u8* page);

}  // namespace ringside::pv
