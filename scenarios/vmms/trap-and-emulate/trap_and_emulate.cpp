// Trap-and-emulate: run the guest's kernel in ring 1, and do for it what faults there.
//
//      linear addresses                     who may go there              ring
//   FFFFFFFF +--------------------------+
//            |  VMM: this program, and  |     supervisor pages, and        0
//            |  all of host memory      |     beyond every guest segment
//   FC000000 +--------------------------+ <-- where the guest's segments end
//            |  the guest's kernel      |     guest pages with U/S = 0      1   (it believes: 0)
//            |  and its applications,   |
//            |  where its page tables   |     guest pages with U/S = 1      3
//            |  say (by shadow tables)  |
//   00000000 +--------------------------+
//
//   guest --fault--> vmm_on_trap: is it the guest's business, or a privileged instruction?
//                                      |                             |
//                                  reflect it             emulate it on the virtual CPU
//                                      +-------------+---------------+
//   guest <--IRET-- an interrupt for it, too? <------+
//
// Popek and Goldberg (1974): this gives an equivalent machine if every sensitive instruction is
// privileged. On the x86 it is not so: POPF, PUSHF, SGDT, SIDT, SLDT, STR, SMSW, LAR, LSL, VERR,
// VERW, PUSH CS and MOV r, CS read or change privileged state and do not fault in ring 1. Nothing
// below can see them. They are left wrong on purpose: the other techniques are answers to this one.
//
// Of two guests each has all of this for itself, and the option watchdog=N for the one that never
// lets the other in: common/two_guests.hpp.
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/emulate.hpp"
#include "scenarios/vmms/common/first_frame.hpp"
#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/interrupts.hpp"
#include "scenarios/vmms/common/operands.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/two_guests.hpp"
#include "scenarios/vmms/trap-and-emulate/descriptor_watch.hpp"

namespace ringside::vmm {
namespace {

using isa::Vector;

Guest guest;
DescriptorWatch descriptor_watch;

/// The opcode as one number, for the probe: 0x0F22 for MOV to CR.
u32 opcode_of(const Insn& insn) { return (insn.map == Map::OneByte ? 0 : 0x0f00u) | insn.opcode; }

/// The exception is the guest's own: its handler shall see it.
void reflect(TrapFrame& frame) {
    deliver_exception(guest, frame, {i16(frame.vector), frame.error_code, 0});
}

/// An access to memory that the VMM must see, done for the guest. False if it cannot be done.
bool do_access(TrapFrame& frame) {
    bool single_step = frame.eflags & isa::flags::TF;
    const EmulationResult result = emulate_access(guest, frame);
    if (result.kind == Emulation::NotHandled) return false;
    if (descriptor_watch.stepping()) single_step = descriptor_watch.end_step(guest, frame);
    if (result.kind == Emulation::Faulted)
        deliver_exception(guest, frame, result.fault);
    else if (single_step)
        deliver_exception(guest, frame, fault(Vector::DB));
    return true;
}

/// The registers of a device in memory.
void on_device_access(TrapFrame& frame, u32 physical) {
    PROBE("apic.access", physical);
    if (!do_access(frame)) stop_at_device_access(frame);
}

/// A privileged instruction, a selector that a ring-1 register cannot hold, an INT n — or the
/// guest's own mistake.
void on_protection_fault(TrapFrame& frame) {
    Insn insn;
    if (const Fault f = fetch_instruction(guest, frame, insn))
        return deliver_exception(guest, frame, f);

    const u32 eip = frame.eip, opcode = opcode_of(insn);
    const bool single_step = frame.eflags & isa::flags::TF;
    const EmulationResult result = emulate(guest, frame, insn);
    switch (result.kind) {
        case Emulation::Done:
            PROBE("trap.emulate", eip, opcode);
            if (single_step) deliver_exception(guest, frame, fault(Vector::DB));
            break;
        case Emulation::Faulted: deliver_exception(guest, frame, result.fault); break;
        case Emulation::NotHandled:
            if (u32 physical; reaches_device_beyond_border(guest, frame, insn, physical))
                return on_device_access(frame, physical);
            reflect(frame);
            break;
    }
}

/// A few privileged instructions say #UD instead of #GP. SDM 2A "MONITOR", "CLAC"; 2B "MWAIT",
/// "STAC".
void on_undefined_opcode(TrapFrame& frame) {
    Insn insn;
    if (const Fault f = fetch_instruction(guest, frame, insn))
        return deliver_exception(guest, frame, f);
    if (insn.cls == Class::Privileged && !insn.lock && virtual_cpl(frame) == 0)
        on_protection_fault(frame);
    else
        reflect(frame);
}

/// A store into one of the guest's page tables.
void on_table_write(TrapFrame& frame, u32 physical) {
    PROBE("shadow.traced", physical);
    if (!do_access(frame)) guest.paging.open_table(physical);
}

/// The shadow page tables were behind the guest's, or the guest's tables forbid the access, or it
/// writes to its descriptors or page tables.
void on_page_fault(TrapFrame& frame) {
    using Kind = PageFaultOutcome::Kind;
    const PageFaultOutcome outcome = on_page_fault(guest, cpu::cr2(), frame.error_code);
    switch (outcome.kind) {
        case Kind::Filled: break;
        case Kind::TracedWrite: descriptor_watch.let_through(guest, frame, outcome.physical); break;
        case Kind::Device: on_device_access(frame, outcome.physical); break;
        case Kind::TableWrite: on_table_write(frame, outcome.physical); break;
        case Kind::GuestFault:
            if (descriptor_watch.stepping()) descriptor_watch.end_step(guest, frame);
            deliver_exception(guest, frame, outcome.fault);
            break;
    }
}

/// The coprocessor is lent to the guest at its first use.
void on_no_coprocessor(TrapFrame& frame) {
    if (!lend_coprocessor(guest)) reflect(frame);
}

/// INT3 and INTO have passed their gates; EIP is behind them.
void on_software_trap(TrapFrame& frame) {
    deliver_software_interrupt(guest, frame, u8(frame.vector), 0);
}

using Handler = void (*)(TrapFrame&);

Handler handler_for(u32 vector) {
    switch (vector) {
        case u32(Vector::GP):
        case u32(Vector::NP):
        case u32(Vector::SS): return on_protection_fault;
        case u32(Vector::UD): return on_undefined_opcode;
        case u32(Vector::PF): return on_page_fault;
        case u32(Vector::NM): return on_no_coprocessor;
        case u32(Vector::BP):
        case u32(Vector::OF): return on_software_trap;
        case sysenter_vector: return [](TrapFrame& frame) { enter_by_sysenter(guest, frame); };
        default: return reflect;
    }
}

bool hardware_interrupt(const TrapFrame& frame) {
    return frame.vector - hardware_interrupt_base < hardware_interrupts;
}

/// Delivers what waits for the guest. What STI's shadow holds back must come when that is over, and
/// perhaps nothing else will trap for a long time: the VMM has itself woken.
void deliver_or_come_back(TrapFrame& frame) {
    constexpr u32 soon = 500;  // cycles
    if (deliver_pending_interrupt(guest, frame)) return;
    if (guest.cpu.sti_shadow && interrupt_pending(guest)) wake_by(cpu::rdtsc() + soon);
}

void on_trap(TrapFrame& frame) {
    if (hardware_interrupt(frame)) {
        on_real_interrupt(guest, frame);
        if (frame.from_guest() && !descriptor_watch.stepping()) {
            deliver_or_come_back(frame);
            guest.cpu.sti_shadow = false;  // once is enough: `sti; jmp $` stays where it is
        }
        return;
    }
    if (!frame.from_guest())
        stop("exception ", frame.vector, " in the VMM itself at ", Hex{frame.eip}, ", error code ",
             Hex{frame.error_code}, ", CR2 ", Hex{cpu::cr2()});

    const u32 vector = frame.vector;
    if (descriptor_watch.stepping() && vector != u32(Vector::PF)) {
        const bool guest_steps = descriptor_watch.end_step(guest, frame);
        if (vector == u32(Vector::DB) && !guest_steps) {
            deliver_pending_interrupt(guest, frame);
            return;
        }
    }

    // STI's shadow ended with the instruction before this one, and nobody told us: the interrupt
    // comes first.
    if (vector == u32(Vector::GP) && deliver_pending_interrupt(guest, frame)) return;
    handler_for(vector)(frame);
    if (!descriptor_watch.stepping()) deliver_or_come_back(frame);
    descriptor_watch.update(guest, frame);
}

}  // namespace

void vmm_on_trap(TrapFrame& frame) {
    if (!frame.from_guest()) return on_trap(frame);  // the VMM itself, while it waits
    PROBE("trip.vmm");
    on_trap(frame);
    PROBE("trip.guest");
}

void begin_guest() {
    const TrapFrame frame = first_frame(prepare(guest));
    PROBE("trip.guest");
    vmm_enter(frame);
}

}  // namespace ringside::vmm

extern "C" [[noreturn]] void vmm_main(ringside::u32 magic, ringside::u32 boot_info) {
    ringside::vmm::run_guests(magic, boot_info);
}
