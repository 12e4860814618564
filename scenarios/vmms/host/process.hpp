// A process of the host kernel: registers, an address space, and what it waits for.
//
//   linear     00400000  the programs' text, shared      user, read-only
//   addresses  00500000  the programs' data, a copy      user
//              007FC000  its stack                       user
//              FC000000  the kernel, all of memory       supervisor only, but for
//                        the commpage                    user, read-only: memcpy and its kin
#pragma once
#include "scenarios/vmms/common/trap_frame.hpp"
#include "scenarios/vmms/host/system_calls.hpp"

namespace ringside::kernel {

inline constexpr u32 page = 4096;
inline constexpr u32 text_at = 0x400000, data_at = 0x500000, stack_end = 0x800000;
inline constexpr u32 most_data = 24 * page, stack_size = 4 * page;

struct AddressSpace {
    alignas(4096) u32 directory[1024];
    u32 table[1024];  ///< of 00400000 to 007FFFFF
    u8 data[most_data], stack[stack_size];
};

struct Process {
    enum class State : u8 {
        ready,     ///< at ring 3
        sleeping,  ///< in the call `sleep`
        in_guest,  ///< in the call `run`
        ended,
    };
    static constexpr u32 no_guest = ~0u;

    const char* name = "";
    State state = State::ended;
    vmm::TrapFrame frame{};
    u32 guest = no_guest;  ///< the one whose devices this process is
    AddressSpace* space = nullptr;

    bool has_deadline = false, attention = false;  ///< attention: something arrived for it
    u32 deadline = 0;
    u32 run_state_at = 0;  ///< linear
    abi::RunState run_state{};

    /// The kernel's view of the process' memory. Null unless it could itself write, or read, all of
    /// the bytes.
    u8* writable(u32 linear, u32 bytes) const;
    const u8* readable(u32 linear, u32 bytes) const;
    /// Is there something to come back for, from `sleep` or `run`?
    bool due(u32 now) const { return attention || (has_deadline && i32(now - deadline) >= 0); }
};

/// Makes the kernel's part of all address spaces. Once, before the first process.
void prepare_address_spaces();
/// A process that begins at `entry` with one argument.
void create(Process& process, AddressSpace& space, const char* name, void (*entry)(u32),
            u32 argument);

}  // namespace ringside::kernel
