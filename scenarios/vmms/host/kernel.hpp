// The host kernel: processes, a scheduler, system calls, drivers. A VMM is a module of it.
//
//   ring 3   device process of guest 0     device process of guest 1     an ordinary process
//                 |  ^ port access, time        |                             |
//            INT 80h |                          |                             |
//                 v  |                          v                             v
//   ring 0   [ the kernel: run_process(), run_process(), … in turn, at each tick the next ]
//                 |  ^
//            run  |  |  what the module cannot do itself
//                 v  |
//            [ the VMM module: vmm_driver.hpp ]
//                 |  ^
//                 v  |
//            guest 0, guest 1: each in the time of its device process
//
//   linear addresses   FC000000 … FFFFFFFF  the kernel with its module, and all of memory
//   physical           00100000             this image: kernel, module, the processes' programs
//                      01000000, 02000000   the guests' memory
//
// A guest runs only while its device process is in the call `run`: so to the scheduler it *is* that
// process, as a virtual CPU of KVM is a thread of QEMU.
#pragma once
#include "scenarios/vmms/common/host_clock.hpp"
#include "scenarios/vmms/common/layout.hpp"
#include "scenarios/vmms/host/console.hpp"
#include "scenarios/vmms/host/network.hpp"
#include "scenarios/vmms/host/process.hpp"

namespace ringside::kernel {

class Kernel {
  public:
    [[noreturn]] void start(u32 magic, u32 boot_info);
    /// A real interrupt request, whoever ran.
    void on_hardware_interrupt(unsigned line);
    /// Is it the next one's turn, or has something come up for the process that runs? A VMM whose
    /// guest was interrupted goes back to the kernel then.
    bool must_leave_guest() const { return turn_is_over_ || current_->attention; }
    Process& current() { return *current_; }

  private:
    static constexpr u32 most_processes = vmm::most_guests + 1;

    Process& next();
    bool can_run(const Process& process);
    void run_process_once(Process& process);
    void run_guest_once(Process& process);
    void come_back(Process& process, abi::RunExit exit);
    void wake(u32 guest);

    // --- system_calls.cpp
    void on_system_call(Process& process);
    u32 run(Process& process, u32 state_at);
    void end_guest(Process& process, u32 value);

    Process processes_[most_processes];
    u32 count_ = 0;
    u32 guests_left_ = 0;
    Process* current_ = nullptr;
    bool turn_is_over_ = true;
    u8 exit_value_ = 0;  ///< the first that is not 0
    vmm::HostClock clock_;
    Console consoles_[vmm::most_guests];
    Network network_;
};

/// The one that this image holds.
Kernel& the_kernel();

}  // namespace ringside::kernel
