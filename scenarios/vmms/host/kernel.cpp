#include "scenarios/vmms/host/kernel.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/host/vmm_driver.hpp"
#include "sim/isa/pc.hpp"

extern "C" {
// run_process.S
void run_process(ringside::vmm::TrapFrame* frame);
[[noreturn]] void leave_process();
extern ringside::u8 trap_stack_top[];
// The processes' programs.
void device_process(ringside::u32 guest);
void calculator(ringside::u32);
// host.ld: the addresses of these names are the numbers.
extern ringside::u8 kernel_text_begin[], kernel_text_size[], commpage_begin[], commpage_size[],
    process_text_physical[], process_text_size[], other_process_size[];
}

namespace ringside::kernel {

using namespace vmm;
using namespace isa::pc;

namespace {

Kernel kernel;
AddressSpace address_spaces[most_guests + 1];

// Probe points: what they tell has the names of their arguments.
void tell_kernel_code(u32 base, u32 size) { PROBE("host.kernel", base, size); }
void tell_device_code(u32 base, u32 size) { PROBE("host.device_process", base, size); }
void tell_other_code(u32 base, u32 size) { PROBE("host.other_process", base, size); }

// Two functions, so that the two points have two addresses.
[[gnu::noinline]] void run_device_process(TrapFrame* frame) {
    PROBE("trip.device_process");
    run_process(frame);
}
[[gnu::noinline]] void run_other_process(TrapFrame* frame) {
    PROBE("trip.other_process");
    run_process(frame);
}

/// Whose code lies where: what is left is the VMM's. The commpage counts as the kernel's.
void tell_worlds() {
    const auto number = [](const u8* symbol) { return reinterpret_cast<u32>(symbol); };
    const u32 programs = number(process_text_physical), others = number(other_process_size);
    tell_kernel_code(physical_address(kernel_text_begin), number(kernel_text_size));
    tell_kernel_code(physical_address(commpage_begin), number(commpage_size));
    tell_other_code(programs, others);
    tell_device_code(programs + others, number(process_text_size) - others);
}

void tell_start(u32 guest, u32 eip) { PROBE("guest.start", guest, eip); }
void tell_leg_to_process(u32 guest, u32 exit) { PROBE("host.to_process", guest, exit); }
void tell_leg_to_guest(u32 guest) { PROBE("host.to_guest", guest); }

}  // namespace

Kernel& the_kernel() { return kernel; }

void Kernel::start(u32 magic, u32 boot_info) {
    tell_worlds();
    vmm::host::initialize();
    vmm::host::task_state().esp0 = reinterpret_cast<u32>(trap_stack_top);
    vmm::host::idt()[abi::vector] = [] {  // as the stub has it, but for ring 3
        isa::Descriptor gate = vmm::host::idt()[abi::vector];
        gate.raw |= u64(3) << 45;
        return gate;
    }();
    prepare_address_spaces();
    guests_left_ = count_guests(magic, boot_info, most_guests);
    vmm_driver::start();
    for (u32 guest = 0; guest < guests_left_; ++guest) {
        GuestMemory memory(guest);
        const LoadedGuest loaded = load_guest(boot_info, memory);
        vmm_driver::create(guest, memory, loaded);
        consoles_[guest].open(guest);
        Process& process = processes_[count_];
        create(process, address_spaces[count_++], "devices", device_process, guest);
        process.guest = guest;
        tell_start(guest, loaded.entry);
    }
    create(processes_[count_], address_spaces[count_], "calculator", calculator, 0);
    current_ = &processes_[count_++];
    clock_.start();
    PROBE("vmm.ready");
    for (;;) {
        Process& process = next();
        if (process.state == Process::State::in_guest)
            run_guest_once(process);
        else
            run_process_once(process);
    }
}

// --- whose turn it is ----------------------------------------------------------------------------

bool Kernel::can_run(const Process& process) {
    switch (process.state) {
        case Process::State::ready: return true;
        case Process::State::sleeping: return process.due(clock_.now());
        case Process::State::in_guest:
            return vmm_driver::can_run(process.guest) || process.due(clock_.now());
        case Process::State::ended: return false;
    }
    return false;
}

Process& Kernel::next() {
    const u32 now = u32(current_ - processes_), first = turn_is_over_ ? now + 1 : now;
    turn_is_over_ = false;
    for (;;) {
        for (u32 n = 0; n < count_; ++n) {
            Process& process = processes_[(first + n) % count_];
            if (!can_run(process)) continue;
            current_ = &process;
            return process;
        }
        cpu::wait_for_interrupt();
    }
}

void Kernel::on_hardware_interrupt(unsigned line) {
    vmm::host::end_of_interrupt(line);
    switch (line) {
        case irq::timer:
            clock_.tick();
            turn_is_over_ = true;
            break;
        case irq::com1:
        case irq::com2: {
            const u32 guest = line == irq::com2;
            consoles_[guest].on_interrupt();
            wake(guest);
            break;
        }
        default: break;
    }
}

/// Something arrived for the device process of this guest.
void Kernel::wake(u32 guest) {
    for (Process& process : processes_)
        if (process.guest == guest) process.attention = true;
}

// --- a turn --------------------------------------------------------------------------------------

void Kernel::run_process_once(Process& process) {
    if (process.state == Process::State::sleeping) {
        process.state = Process::State::ready;
        process.attention = process.has_deadline = false;
    }
    cpu::set_cr3(physical_address(process.space->directory));
    // Until it traps.
    (process.guest == Process::no_guest ? run_other_process : run_device_process)(&process.frame);
    PROBE("trip.host");
    cpu::set_cr3(physical_address(vmm::host::page_directory()));

    const u32 vector = process.frame.vector;
    if (vector - hardware_interrupt_base < 16)
        return on_hardware_interrupt(vector - hardware_interrupt_base);
    if (vector == abi::vector) return on_system_call(process);
    stop("exception ", vector, " in the process ", process.name, " at ", Hex{process.frame.eip},
         ", error code ", Hex{process.frame.error_code}, ", CR2 ", Hex{cpu::cr2()});
}

void Kernel::run_guest_once(Process& process) {
    const bool waits = !vmm_driver::can_run(process.guest);
    if (process.attention || (waits && process.due(clock_.now())))
        return come_back(process, abi::RunExit::interrupted);
    tell_leg_to_guest(process.guest);
    const vmm_driver::Outcome outcome = vmm_driver::run(process.guest, process.run_state);
    PROBE("trip.host");
    if (outcome == vmm_driver::Outcome::process) return come_back(process, process.run_state.exit);
    // A guest that runs has its time first: one whose timer is always due would else never get on.
    if (process.due(clock_.now())) come_back(process, abi::RunExit::interrupted);
}

/// The call `run` returns to its process.
void Kernel::come_back(Process& process, abi::RunExit exit) {
    tell_leg_to_process(process.guest, u32(exit));
    process.state = Process::State::ready;
    process.run_state.arrived = process.attention;
    process.attention = process.has_deadline = false;
    process.run_state.exit = exit;
    process.run_state.now = clock_.now();
    memcpy(process.writable(process.run_state_at, sizeof process.run_state), &process.run_state,
           sizeof process.run_state);
}

}  // namespace ringside::kernel

namespace ringside::vmm {

/// From a process: save its registers and end its turn. From the kernel, while it waits: an
/// interrupt.
void vmm_on_trap(TrapFrame& frame) {
    kernel::Kernel& kernel = kernel::the_kernel();
    if (frame.from_guest()) {
        kernel.current().frame = frame;
        leave_process();
    }
    const u32 line = frame.vector - hardware_interrupt_base;
    if (line >= 16)
        stop("exception ", frame.vector, " in the host kernel at ", Hex{frame.eip}, ", error code ",
             Hex{frame.error_code}, ", CR2 ", Hex{cpu::cr2()});
    kernel.on_hardware_interrupt(line);
}

}  // namespace ringside::vmm

extern "C" [[noreturn]] void vmm_main(ringside::u32 magic, ringside::u32 boot_info) {
    ringside::kernel::the_kernel().start(magic, boot_info);
}
