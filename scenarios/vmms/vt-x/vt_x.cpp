// VT-x: the hardware runs the guest's kernel in ring 0 of a second world, and tells the VMM of what
// the VMM asked to be told.
//
//                 VMX root operation                     VMX non-root operation
//               ("Ring -1": this program)              (the guest; it sees four rings)
//
//   ring 3                                              the guest's applications
//   ring 0      the VMM <------- VM exit ------------   the guest's kernel, unchanged
//               the VMM --- VMLAUNCH, VMRESUME ---->
//
//   linear            FFFFFFFF                          whatever the guest's page tables say,
//   addresses:        FC000000  VMM, host memory        up to FFFFFFFF: it shares no address
//                                                       space with the VMM
//   physical          00100000  this program            guest-physical 00000000 … 00FFFFFF
//   addresses:        01000000  the guest's memory  <-- by way of the EPT
//
// POPF, PUSHF, SGDT and the rest of the seventeen work on the guest's own registers, so they are
// right without anybody's help. Left to the VMM are the devices, CPUID, HLT, and the bits of CR0
// and CR4 that VMX itself needs.
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/trap_frame.hpp"
#include "scenarios/vmms/common/virtual_board.hpp"
#include "scenarios/vmms/vt-x/ept.hpp"
#include "scenarios/vmms/vt-x/vcpu.hpp"
#include "sim/isa/control_registers.hpp"
#include "sim/isa/cpuid.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/isa/pc.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::vmm {
namespace {

using isa::ExitReason;
using isa::Vector;
using vmx::Field, vmx::read, vmx::write;
namespace msr = isa::msr;

struct Guest {
    GuestMemory memory;
    GeneralRegisters registers{};
    VirtualBoard board;
};
Guest guest;

// --- one function for each exit that was asked for -----------------------------------------------

/// A real interrupt came while the guest ran. Acknowledged on exit, so its vector is known.
void on_external_interrupt() {
    const u8 vector = u8(read(Field::VM_EXIT_INTERRUPTION_INFORMATION));
    guest.board.on_hardware_interrupt(vector - hardware_interrupt_base);
}

/// The guest can take an interrupt now: before_entry() gives it the one that waits.
void on_interrupt_window() {}

/// The guest has nothing to do: the VMM waits in its place.
void on_hlt() {
    skip_instruction();
    const bool interrupts_on = read(Field::GUEST_RFLAGS) & isa::flags::IF;
    while (!guest.board.pic.pending()) {
        if (!interrupts_on)
            stop("the guest halted with interrupts off at ", Hex{read(Field::GUEST_RIP)});
        if (!guest.board.can_wake())
            stop("the guest halted and no interrupt can wake it at ", Hex{read(Field::GUEST_RIP)});
        cpu::wait_for_interrupt();
    }
}

/// The guest sees the real processor, but not VMX: this VMM offers no nesting.
void on_cpuid() {
    GeneralRegisters& r = guest.registers;
    const u32 leaf = r.eax;
    cpu::cpuid(leaf, r.eax, r.ebx, r.ecx, r.edx);
    if (leaf == 1) r.ecx &= ~isa::cpuid::ecx_VMX;
    skip_instruction();
}

/// SDM 3C "Exit Qualification for I/O Instructions".
void on_io() {
    const u32 qualification = read(Field::EXIT_QUALIFICATION);
    const unsigned width = (qualification & 7) + 1;
    const bool in = qualification & (1u << 3), string = qualification & (1u << 4);
    const u16 port = u16(qualification >> 16);
    if (string) stop("not modelled: INS and OUTS to port ", Hex{port});
    u32& eax = guest.registers.eax;
    const u32 mask = u32(width_mask(width));
    if (in)
        eax = (eax & ~mask) | (guest.board.in(port, width) & mask);
    else
        guest.board.out(port, eax & mask, width);
    // The guest has ended the run. Where no debug exit is wired to the port, that means: halt.
    if (!in && port == isa::pc::port::debug_exit) end_run(u8(eax));
    skip_instruction();
}

/// A write that would change a bit which the VMM keeps: CR0.NE or CR4.VMXE. The guest gets its
/// wish in the read shadow only. SDM 3C "Exit Qualification for Control-Register Accesses".
void on_control_register() {
    const u32 qualification = read(Field::EXIT_QUALIFICATION);
    const unsigned number = qualification & 15, access = (qualification >> 4) & 3,
                   reg = (qualification >> 8) & 15;
    constexpr unsigned move_to = 0, esp = 4;
    if (access != move_to || (number != 0 && number != 4))
        stop("unexpected control-register access, qualification ", Hex{qualification});
    const u32 value = reg == esp ? read(Field::GUEST_RSP) : guest.registers[reg];
    if (number == 0) {
        write(Field::GUEST_CR0, value | u32(isa::cr0::NE | isa::cr0::ET));
        write(Field::CR0_READ_SHADOW, value);
    } else {
        if (value & isa::cr4::VMXE) return inject_exception(u8(Vector::GP), 0);  // no nesting
        write(Field::GUEST_CR4, value | u32(isa::cr4::VMXE));
        write(Field::CR4_READ_SHADOW, value);
    }
    skip_instruction();
}

/// The registers that SYSENTER uses are the guest's own, in the VMCS; the others do not exist for
/// it.
bool sysenter_field(u32 index, Field& field) {
    switch (index) {
        case msr::SYSENTER_CS: field = Field::GUEST_IA32_SYSENTER_CS; return true;
        case msr::SYSENTER_ESP: field = Field::GUEST_IA32_SYSENTER_ESP; return true;
        case msr::SYSENTER_EIP: field = Field::GUEST_IA32_SYSENTER_EIP; return true;
        default: return false;
    }
}
void on_rdmsr() {
    GeneralRegisters& r = guest.registers;
    Field field;
    if (sysenter_field(r.ecx, field)) {
        r.eax = read(field);
        r.edx = 0;
    } else if (r.ecx == msr::TIME_STAMP_COUNTER) {
        const u64 now = cpu::rdtsc();
        r.eax = u32(now);
        r.edx = u32(now >> 32);
    } else {
        return inject_exception(u8(Vector::GP), 0);
    }
    skip_instruction();
}
void on_wrmsr() {
    Field field;
    if (!sysenter_field(guest.registers.ecx, field)) return inject_exception(u8(Vector::GP), 0);
    write(field, guest.registers.eax);
    skip_instruction();
}

/// INVD would throw away what the caches hold, the VMM's data too: the guest gets a harmless one.
void on_invd() { skip_instruction(); }

/// VMX instructions do not exist for the guest.
void on_vmx_instruction() { inject_exception(u8(Vector::UD)); }

void on_ept_violation() {
    stop("the guest reaches for physical address ", Hex{read(Field::GUEST_PHYSICAL_ADDRESS)},
         ", beyond its memory, at ", Hex{read(Field::GUEST_RIP)});
}
void on_triple_fault() {
    stop("the guest shut down: a triple fault at ", Hex{read(Field::GUEST_RIP)});
}

struct Handler {
    ExitReason reason;
    void (*handle)();
};
constexpr Handler handlers[] = {
    {ExitReason::EXTERNAL_INTERRUPT, on_external_interrupt},
    {ExitReason::TRIPLE_FAULT, on_triple_fault},
    {ExitReason::INTERRUPT_WINDOW, on_interrupt_window},
    {ExitReason::CPUID, on_cpuid},
    {ExitReason::HLT, on_hlt},
    {ExitReason::INVD, on_invd},
    {ExitReason::VMCALL, on_vmx_instruction},
    {ExitReason::VMCLEAR, on_vmx_instruction},
    {ExitReason::VMLAUNCH, on_vmx_instruction},
    {ExitReason::VMPTRLD, on_vmx_instruction},
    {ExitReason::VMPTRST, on_vmx_instruction},
    {ExitReason::VMREAD, on_vmx_instruction},
    {ExitReason::VMRESUME, on_vmx_instruction},
    {ExitReason::VMWRITE, on_vmx_instruction},
    {ExitReason::VMXOFF, on_vmx_instruction},
    {ExitReason::VMXON, on_vmx_instruction},
    {ExitReason::INVEPT, on_vmx_instruction},
    {ExitReason::INVVPID, on_vmx_instruction},
    {ExitReason::CONTROL_REGISTER_ACCESS, on_control_register},
    {ExitReason::IO_INSTRUCTION, on_io},
    {ExitReason::RDMSR, on_rdmsr},
    {ExitReason::WRMSR, on_wrmsr},
    {ExitReason::EPT_VIOLATION, on_ept_violation},
};

// --- the life of a guest
// ---------------------------------------------------------------------------

/// SDM 3C "VM-Entry Failures During or After Loading Guest State".
[[noreturn]] void explain_failed_entry(u32 reason) {
    const u32 qualification = read(Field::EXIT_QUALIFICATION);
    const bool link_pointer = qualification == 4;
    stop("VM entry failed: ", isa::exit_reason_name(reason), ", qualification ", qualification,
         link_pointer ? " (VMCS link pointer)" : "", "; guest EIP ", Hex{read(Field::GUEST_RIP)},
         ", EFLAGS ", Hex{read(Field::GUEST_RFLAGS)}, ", CR0 ", Hex{read(Field::GUEST_CR0)},
         ", CR4 ", Hex{read(Field::GUEST_CR4)}, ", injecting ",
         Hex{read(Field::VM_ENTRY_INTERRUPTION_INFORMATION)});
}

void handle_exit() {
    const u32 reason = read(Field::EXIT_REASON);
    PROBE("vtx.exit", reason);
    if (reason & isa::entry_failure) explain_failed_entry(reason);
    inject_again_what_was_cut_short();
    for (const Handler& h : handlers)
        if (u32(h.reason) == reason) return h.handle();
    stop("unexpected VM exit: ", isa::exit_reason_name(reason), " (", reason, "), qualification ",
         Hex{read(Field::EXIT_QUALIFICATION)}, ", at ", Hex{read(Field::GUEST_RIP)});
}

/// A waiting interrupt goes in if the guest can take it; if not, the guest is left as soon as it
/// can.
void before_entry() {
    const bool waiting = guest.board.pic.pending();
    if (waiting && can_take_interrupt()) {
        const u8 vector = guest.board.pic.acknowledge();
        PROBE("guest.interrupt", vector);
        inject_interrupt(vector);
    }
    ask_for_interrupt_window(guest.board.pic.pending());
}

void lend_devices() {
    using namespace isa::pc;
    for (u16 port = port::com1; port < port::com1 + 8; ++port) let_port_through(port);
    for (u16 port = port::pit_counter0; port <= port::pit_control; ++port) let_port_through(port);
    let_port_through(port::post_code);
    let_port_through(port::debug_console);
    guest.board.connect();
}

}  // namespace

/// Real interrupts while the VMM waits in on_hlt(). Nothing else should come here.
void vmm_on_trap(TrapFrame& frame) {
    const u32 irq = frame.vector - hardware_interrupt_base;
    if (irq >= 16)
        stop("exception ", frame.vector, " in the VMM itself at ", Hex{frame.eip}, ", error code ",
             Hex{frame.error_code});
    guest.board.on_hardware_interrupt(irq);
}

}  // namespace ringside::vmm

extern "C" [[noreturn]] void vmm_main(ringside::u32 magic, ringside::u32 boot_info) {
    using namespace ringside::vmm;
    host::initialize();
    count_guests(magic, boot_info, 1);
    const LoadedGuest loaded = load_guest(boot_info, guest.memory);
    enter_vmx_operation();
    set_up_vmcs(loaded, build_ept());
    lend_devices();
    guest.registers.eax = loaded.eax;
    guest.registers.ebx = loaded.ebx;
    PROBE("vmm.ready");
    const ringside::u32 eip = loaded.entry;
    PROBE("guest.start", eip);
    for (;;) {
        before_entry();
        run_guest(guest.registers);
        handle_exit();
    }
}
