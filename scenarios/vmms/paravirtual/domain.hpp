// The guest as this VMM knows it. There is no virtual CPU here: no virtual CR0, no virtual IDT, no
// shadow page tables. The guest has given up what could not be virtualized, and asks.
#pragma once
#include "scenarios/vmms/common/trap_frame.hpp"
#include "scenarios/vmms/common/virtual_board.hpp"
#include "scenarios/vmms/paravirtual/frames.hpp"
#include "scenarios/vmms/paravirtual/segments.hpp"

namespace ringside::pv {

/// Code in the guest's kernel.
struct Callback {
    u16 cs = 0;
    u32 eip = 0;
};

struct Domain {
    Frames frames;
    GuestGdt gdt;
    u32 directory = 0;  ///< the frame that CR3 names

    TrapInfo traps[256] = {};
    Callback on_event;
    Callback on_failsafe;  ///< Not used: segments that cannot be loaded become null.
    u16 kernel_ss = 0;     ///< the stack for entries from ring 3
    u32 kernel_esp = 0;

    SharedInfo* shared = nullptr;
    u64 now = 0;         ///< nanoseconds since the guest started
    u64 deadline = 0;    ///< of the guest's timer; 0: not set
    u32 timer_port = 0;  ///< 0: not bound

    vmm::VirtualBoard board;  ///< for the few ports that it may still use

    VcpuInfo& vcpu() { return shared->vcpu[0]; }
};

/// The guest did what Xen ends a domain for. Says so, and ends the run.
[[noreturn]] void crash_domain(const vmm::TrapFrame& frame, const char* why);

}  // namespace ringside::pv
