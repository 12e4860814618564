// What a paravirtual guest and its VMM agree on: hypercall numbers, structures in shared memory,
// errors. The names and numbers are those of Xen's public interface for 32-bit guests
// (xen/include/public), so that what is learned here is true there. Where Ringside differs, the
// comment says so. Freestanding.
//
//   INT 0x82   EAX = number   EBX ECX EDX ESI EDI = arguments   EAX = result, or -errno
#pragma once
#include "sim/base/types.hpp"

namespace ringside::pv {

/// Stub n of the hypercall page lies at page + 32 * n:
///
///     ordinary       B8 nn nn nn nn   mov eax, n       called: the arguments are in registers
///                    CD 82            int 0x82
///                    C3               ret
///     iret (23)      50               push eax         jumped to: the frame is on the stack
///                    B8 17 00 00 00   mov eax, 23
///                    CD 82            int 0x82
enum class Hypercall : u32 {
    set_trap_table = 0,
    mmu_update = 1,
    set_gdt = 2,
    stack_switch = 3,
    set_callbacks = 4,
    fpu_taskswitch = 5,
    update_descriptor = 10,
    multicall = 13,
    update_va_mapping = 14,
    set_timer_op = 15,
    xen_version = 17,
    console_io = 18,
    iret = 23,
    mmuext_op = 26,
    sched_op = 29,
    event_channel_op = 32,
};
inline constexpr u8 hypercall_vector = 0x82;
inline constexpr u8 system_call_vector = 0x80;

/// multicall(list of these, count).
struct Call {
    u32 number, result, arguments[6];
};

/// The errno values of Linux, negated.
enum Error : i32 {
    EPERM = -1,
    ESRCH = -3,
    EFAULT = -14,
    EBUSY = -16,
    EEXIST = -17,
    EINVAL = -22,
    ENOSPC = -28,
    ENOSYS = -38
};

/// Where a call names a domain: guest k is domain k. "Myself" is what a guest may always say.
using DomainId = u16;
inline constexpr DomainId domain_self = 0x7ff0;

// ---- traps

/// set_trap_table(list): entries until one with address 0.
struct TrapInfo {
    u8 vector;
    u8 flags;  ///< bits 1:0: the lowest privilege that may use INT n; bit 2: mask events on entry
    u16 cs;
    u32 address;  ///< 0: no handler
    constexpr u8 dpl() const { return flags & 3; }
    constexpr bool masks_events() const { return flags & 4; }
};
static_assert(sizeof(TrapInfo) == 8);

/// What the hypercall `iret` finds on the stack of ring 1; ESP and SS only on the way to an outer
/// ring.
struct IretFrame {
    static constexpr u32 same_ring_size = 16;
    u32 eax, eip, cs, eflags, esp, ss;
};
static_assert(sizeof(IretFrame) == 24);

// ---- page tables

/// mmu_update(requests, count, done, domain). Bit 31 of the count is the VMM's: it has begun the
/// batch, and `done` counts on.
inline constexpr u32 batch_begun = 1u << 31;
struct MmuUpdate {
    u64 entry;  ///< machine address of the entry; the low two bits are the command
    u64 value;
};
enum MmuCommand : u32 { mmu_normal = 0, mmu_machphys = 1, mmu_preserve_ad = 2 };

/// mmuext_op(operations, count, done, domain).
struct MmuExtOp {
    u32 command;
    u32 argument;  ///< a machine frame number, or a linear address for invlpg
    u32 argument2;
};
static_assert(sizeof(MmuExtOp) == 12);
enum MmuExtCommand : u32 {
    pin_l1_table = 0,
    pin_l2_table = 1,
    unpin_table = 4,
    new_baseptr = 5,
    tlb_flush_local = 6,
    invlpg_local = 7,
};
/// update_va_mapping(address, value, flags).
enum MappingFlags : u32 { flush_none = 0, flush_tlb = 1, flush_invlpg = 2 };

// ---- events

inline constexpr u32 channels = 1024;
/// event_channel_op(command, one of the structures below). A channel is named by its port; 0 is
/// none.
enum ChannelCommand : u32 {
    bind_interdomain = 0,
    bind_virq = 1,
    close_channel = 3,
    send_event = 4,
    channel_status = 5,
    alloc_unbound = 6,
    unmask_event = 9
};
enum VirtualInterrupt : u32 { virq_timer = 0 };
struct BindInterdomain {
    DomainId remote_domain;
    u32 remote_port, local_port;  ///< local_port is the answer
};
struct BindVirq {
    u32 virq, vcpu, port;  ///< port is the answer
};
struct AllocUnbound {
    DomainId domain, remote_domain;
    u32 port;  ///< the answer
};
struct ChannelPort {
    u32 port;
};
enum class ChannelState : u32 { closed = 0, unbound = 1, interdomain = 2, virq = 4 };
struct ChannelStatus {
    DomainId domain;
    u32 port;
    // the answer:
    ChannelState status;
    u32 vcpu;
    u32 remote_domain_or_virq;  ///< (a union in Xen's header)
    u32 remote_port;
};
static_assert(sizeof(BindInterdomain) == 12 && sizeof(AllocUnbound) == 8 &&
              sizeof(ChannelStatus) == 24);

enum SchedCommand : u32 { sched_yield = 0, sched_block = 1, sched_shutdown = 2 };
/// console_io(command, count, buffer).
enum ConsoleCommand : u32 { console_write = 0, console_read = 1 };
enum ShutdownReason : u32 { power_off = 0, reboot = 1, suspend = 2, crash = 3 };
struct SchedShutdown {
    u32 reason;
    u32 status;  ///< Ringside's: the value that the native guest writes to the debug exit port
};

/// Time as the guest reads it. Ringside's clock moves only with the VMM's timer interrupts
/// (tsc_to_system_mul = 0), so `system_time` is the whole answer.
struct VcpuTimeInfo {
    u32 version;  ///< odd while being written
    u32 pad;
    u64 tsc_timestamp;
    u64 system_time;  ///< nanoseconds since the VMM started
    u32 tsc_to_system_mul;
    i8 tsc_shift;
    u8 pad1[3];
};
static_assert(sizeof(VcpuTimeInfo) == 32);

struct VcpuInfo {
    u8 evtchn_upcall_pending;
    u8 evtchn_upcall_mask;  ///< takes the place of IF: not 0 = no upcall
    u16 pad;
    u32 evtchn_pending_sel;  ///< one bit for each word of evtchn_pending
    u32 cr2;                 ///< only ring 0 can read CR2
    u32 pad1[5];
    VcpuTimeInfo time;
};
static_assert(sizeof(VcpuInfo) == 64);

struct SharedInfo {
    VcpuInfo vcpu[32];
    u32 evtchn_pending[channels / 32];
    u32 evtchn_mask[channels / 32];
};

// ---- start of day

/// ESI points at it when the guest starts.
struct StartInfo {
    char magic[32];
    u32 nr_pages;     ///< of the guest's memory
    u32 shared_info;  ///< machine address of SharedInfo
    u32 flags;
    u32 store_mfn, store_evtchn;      ///< Not modelled: xenstore.
    u32 console_mfn, console_evtchn;  ///< Not modelled: the console ring; use console_io.
    u32 pt_base;                      ///< linear address of the page directory
    u32 nr_pt_frames;
    u32 mfn_list;  ///< linear address of u32[nr_pages]: guest frame -> machine frame
    u32 mod_start, mod_len;
    char cmd_line[1024];
    u32 first_p2m_pfn, nr_p2m_frames;
};
inline constexpr char start_magic[32] = "ringside-1.0-x86_32";  // Xen's: "xen-3.0-x86_32"

/// The first 8 KiB of a guest's image hold this record, 4-byte aligned. It plays the part of Xen's
/// ELF notes: an image without it is not a paravirtual guest and is refused.
struct GuestNote {
    char magic[16];
    u32 hypercall_page;  ///< address of a page of the image, to be filled with the stubs
    u32 shared_info;  ///< and of the one to be shared. (Xen brings its own, which the guest maps.)
};
inline constexpr char guest_magic[16] = "RINGSIDE-PV1";

// ---- segments

/// Flat ones that every guest has, at Xen's places in the GDT.
namespace selector {
inline constexpr u16 kernel_code = 0xe019, kernel_data = 0xe021, user_code = 0xe02b,
                     user_data = 0xe033;
}
/// The guest's own descriptors come before them: set_gdt takes up to 14 pages of 512.
inline constexpr u32 guest_gdt_pages = 14;
inline constexpr u32 descriptors_per_page = 512;
inline constexpr u32 guest_gdt_entries = guest_gdt_pages * descriptors_per_page;
constexpr u32 gdt_pages(u32 entries) {
    return (entries + descriptors_per_page - 1) / descriptors_per_page;
}

}  // namespace ringside::pv
