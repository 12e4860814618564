#include "scenarios/vmms/host/system_calls.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/host/disk.hpp"
#include "scenarios/vmms/host/kernel.hpp"
#include "scenarios/vmms/host/vmm_driver.hpp"
#include "sim/isa/ata.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::kernel {

using abi::Call;

namespace {

void tell_call(u32 call, u32 a, u32 b) { PROBE("host.system_call", call, a, b); }
void tell_exit(u32 guest, u32 value) { PROBE("guest.exit", guest, value); }
void tell_stopped(u32 guest) { PROBE("guest.stopped", guest); }

/// A process' word is no guarantee: an address that is not its own is its end, and the host's.
template <class Byte>
Byte* checked(const Process& process, Byte* p, u32 linear) {
    if (p) return p;
    vmm::stop("the process ", process.name,
              " gives the kernel an address that is not its own: ", vmm::Hex{linear});
}
u8* to(const Process& process, u32 linear, u32 bytes) {
    return checked(process, process.writable(linear, bytes), linear);
}
const u8* from(const Process& process, u32 linear, u32 bytes) {
    return checked(process, process.readable(linear, bytes), linear);
}

void print_on_debug_console(const u8* bytes, u32 count) {
    for (; count > 0; --count) vmm::cpu::out8(isa::pc::port::debug_console, *bytes++);
}

}  // namespace

void Kernel::on_system_call(Process& process) {
    vmm::TrapFrame& frame = process.frame;
    const u32 number = frame.eax, a = frame.ebx, b = frame.ecx;
    tell_call(number, a, b);
    u32& result = frame.eax;
    result = 0;
    switch (Call(number)) {
        case Call::exit: process.state = Process::State::ended; return;
        case Call::sleep:
            process.state = Process::State::sleeping;
            process.has_deadline = true;
            process.deadline = a;
            return;
        case Call::time: result = clock_.now(); return;
        case Call::log: return print_on_debug_console(from(process, a, b), b);
        default: break;
    }
    // The rest is for device processes.
    if (process.guest == Process::no_guest)
        vmm::stop("the process ", process.name, " has no guest: call ", number);
    using isa::ata::sector_bytes;
    switch (Call(number)) {
        case Call::print: return consoles_[process.guest].print(from(process, a, b), b);
        case Call::read: result = consoles_[process.guest].read(); return;
        case Call::disk_sectors: result = disk::sectors(process.guest); return;
        case Call::disk_read:
            result = disk::read(process.guest, a, to(process, b, sector_bytes));
            return;
        case Call::disk_write:
            result = disk::write(process.guest, a, from(process, b, sector_bytes));
            return;
        case Call::send: {
            const u32 guests = count_ - 1;
            network_.send(process.guest, guests, from(process, a, b), b);
            for (u32 guest = 0; guest < guests; ++guest)
                if (guest != process.guest) wake(guest);
            result = guests - 1;
            return;
        }
        case Call::receive: result = network_.receive(process.guest, to(process, a, b), b); return;
        case Call::run: result = run(process, a); return;
        case Call::interrupt: vmm_driver::interrupt(process.guest, a & 15); return;
        case Call::end_guest: return end_guest(process, a);
        default: vmm::stop("the process ", process.name, " asks for system call ", number);
    }
}

/// Comes back by Kernel::come_back(), later.
u32 Kernel::run(Process& process, u32 state_at) {
    memcpy(&process.run_state, to(process, state_at, sizeof process.run_state),
           sizeof process.run_state);
    process.run_state_at = state_at;
    process.has_deadline = process.run_state.has_deadline;
    process.deadline = process.run_state.deadline;
    process.state = Process::State::in_guest;
    return 0;
}

/// Its devices have no purpose any longer; when no guest is left, nor has the host.
void Kernel::end_guest(Process& process, u32 value) {
    process.state = Process::State::ended;
    if (value & abi::given_up) {
        tell_stopped(process.guest);
        exit_value_ = vmm::failure_exit_value;
    } else {
        tell_exit(process.guest, value);
        if (exit_value_ == 0) exit_value_ = u8(value);
    }
    if (--guests_left_ == 0) vmm::end_machine(exit_value_);
}

}  // namespace ringside::kernel
