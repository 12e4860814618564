// A guest as this VMM knows it. There is no virtual CPU here: no virtual CR0, no virtual IDT, no
// shadow page tables. The guest has given up what could not be virtualized, and asks.
#pragma once
#include "scenarios/vmms/common/trap_frame.hpp"
#include "scenarios/vmms/common/virtual_board.hpp"
#include "scenarios/vmms/common/watchdog.hpp"
#include "scenarios/vmms/paravirtual/frames.hpp"
#include "sim/isa/descriptors.hpp"

namespace ringside::pv {

/// Code in the guest's kernel.
struct Callback {
    u16 cs = 0;
    u32 eip = 0;
};

/// This end of an event channel.
struct Channel {
    ChannelState state = ChannelState::closed;
    DomainId remote = 0;  ///< who may bind to it, or is at the other end
    u32 remote_port = 0;  ///< interdomain only
};
inline constexpr u32 most_channels = 64;  ///< of a guest. Xen: as many as there are bits

inline bool bit_of(const u32* words, u32 n) { return words[n / 32] & (1u << (n % 32)); }

struct Domain {
    explicit constexpr Domain(DomainId number) : id(number), frames(number), board(number) {}

    DomainId id;
    bool alive = false;
    bool blocked = false;        ///< waits for an event
    u32 ticks_left = 0;          ///< of its time slice
    vmm::Watchdog watchdog;      ///< its interrupts are events
    vmm::TrapFrame registers{};  ///< while another guest has the CPU

    Frames frames;
    u32 directory = 0;                     ///< the frame that CR3 names
    u32 gdt_frames[guest_gdt_pages] = {};  ///< its own part of the GDT; the VMM's GDT has a copy
    u32 gdt_entries = 0;
    bool task_switched = false;  ///< CR0.TS

    TrapInfo traps[256] = {};
    Callback on_event, on_failsafe;
    u16 kernel_ss = 0;  ///< the stack for entries from ring 3
    u32 kernel_esp = 0;

    SharedInfo* shared = nullptr;
    Channel channels[most_channels] = {};
    u64 deadline = 0;    ///< of the guest's timer; 0: not set
    u32 timer_port = 0;  ///< 0: not bound

    vmm::VirtualBoard board;  ///< for the few ports that it may still use

    VcpuInfo& vcpu() { return shared->vcpu[0]; }
};

}  // namespace ringside::pv
