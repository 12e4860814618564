// What the two worlds, the host's and the VMM's, know of each other: the cross pages, which lie at
// the same linear address in both. Included by both sides.
#pragma once
#include "scenarios/vmms/common/world_switch.hpp"

namespace ringside::world {

/// What the VMM wants of the host.
enum class Ask : u32 {
    nothing,
    interrupt,  ///< a real interrupt came while the VMM had the processor: it is the host's
    port,       ///< the guest's IN or OUT, for the device process
    wait,       ///< the guest halts until one of `wake_lines` is raised
    stopped,    ///< the VMM gives its guest up; `message` says why
};

/// The data page. (The code page is common/world_switch.S.)
struct alignas(4096) CrossPage {
    State host{}, vmm{};

    Ask ask = Ask::nothing;
    u32 line = 0;  ///< of `interrupt`
    u16 port = 0;  ///< of `port`; `value` is the answer to an IN
    u8 width = 0, is_in = 0;
    u32 value = 0;
    u32 wake_lines = 0;   ///< of `wait`: bit n: request line n; or when the
    u64 wake_at = ~0ull;  ///< time-stamp counter has come so far

    /// Request lines of the guest's interrupt controller that the devices raised since the VMM last
    /// looked.
    u32 raised = 0;

    static constexpr u32 longest_message = 256;
    u32 message_bytes = 0;
    char message[longest_message] = {};
};
static_assert(sizeof(CrossPage) == 4096);

/// What a VMM is told when it is made.
struct Parameters {
    CrossPage* page;
    u32 displacement;     ///< of its copy of the image: see layout.hpp
    u32 guest;            ///< its number
    u32 entry, eax, ebx;  ///< with which the guest starts
    u32 cache_size;
    u32 watchdog;
};

extern "C" {
// Of the VMM, for the driver that loads it: each lies in the VMM's image.
extern Parameters vmm_parameters;
extern u32 vmm_directory[1024];
extern u8 vmm_stack_end[];
[[noreturn]] void vmm_begin();
/// Writes the VMM's GDT, IDT and TSS, and into `state` where they lie and the selectors.
void vmm_make_tables(State& state);
}

}  // namespace ringside::world
