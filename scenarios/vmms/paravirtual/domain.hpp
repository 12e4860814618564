// A guest as this VMM knows it. There is no virtual CPU here: no virtual CR0, no virtual IDT, no
// shadow page tables. The guest has given up what could not be virtualized, and asks.
#pragma once
#include "scenarios/guests/common/paravirt/abi.hpp"
#include "scenarios/vmms/common/layout.hpp"
#include "scenarios/vmms/common/trap_frame.hpp"
#include "scenarios/vmms/common/virtual_board.hpp"
#include "scenarios/vmms/common/watchdog.hpp"
#include "sim/isa/descriptors.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::pv {

enum class FrameType : u8 { none, writable, l1, l2, segment };
inline constexpr u32 frame_count = vmm::guest_memory_size >> 12;

/// Direct paging: the hardware walks the guest's own page tables, so each of them must be harmless.
///
/// Every frame of the guest has at most one *type* at a time, with a count of its uses:
///
///     writable   mapped by a present, writable entry of some page table
///     l1         a page table        (used by an l2 entry, or pinned)
///     l2         a page directory    (used by CR3, or pinned)
///     segment    a page of the GDT
///
/// It changes its type only at count 0, and only after its contents were validated for the new one.
/// So no page table is ever mapped writable: the guest reads its tables, but changes them through
/// the VMM, entry by entry. No frame that is not the guest's can get into a table.
class Frames {
  public:
    explicit constexpr Frames(u32 guest)
        : first_((vmm::guest_memory_base + guest * vmm::guest_memory_size) >> 12) {}

    /// Guest frame n is machine frame first() + n.
    u32 first() const { return first_; }
    /// The guest frame that a table entry, or an address, names. frame_count or more: not its own.
    u32 frame_of(u32 machine_address) const { return (machine_address >> 12) - first_; }
    u32 machine_address(u32 frame) const { return (frame + first_) << 12; }
    /// The entries of `frame` as a table.
    u32* entries_of(u32 frame) const { return vmm::at_physical<u32>(machine_address(frame)); }

    /// One more use of `frame` as `type`; validates its contents if it had no type. False: refused,
    /// nothing changed.
    bool take(u32 frame, FrameType type);
    /// One use less. With the last one, what the frame itself used is given back.
    void drop(u32 frame);
    /// A use that the guest holds itself, so that a table stays validated while nothing else uses
    /// it.
    i32 pin(u32 frame, FrameType type);
    i32 unpin(u32 frame);
    /// Changes the entry at machine address `entry` by the rules of the frame that it lies in.
    i32 update(u32 entry, u32 value, bool keep_accessed_dirty);

    FrameType type(u32 frame) const { return frames_[frame].type; }

  private:
    struct Frame {
        FrameType type = FrameType::none;
        bool pinned = false;
        u16 uses = 0;
    };

    i32 change(u32 entry, u32& value, bool keep_accessed_dirty);
    bool take_entry(FrameType table, u32 entry);
    void drop_entry(FrameType table, u32 entry);
    bool validate(u32 frame, FrameType type);

    u32 first_;
    Frame frames_[frame_count] = {};
};

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
