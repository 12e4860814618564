#include "scenarios/vmms/common/vmx/events.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/vmx/instructions.hpp"
#include "sim/isa/debug_registers.hpp"
#include "sim/isa/flags.hpp"

namespace ringside::vmm {

using namespace vmx;
using isa::Vector;

namespace {

// Interruption information. SDM 3C "VM-Entry Controls for Event Injection".
constexpr u32 valid = 1u << 31, with_error_code = 1u << 11, type_shift = 8, type_mask = 7;
constexpr u32 meaningful = valid | with_error_code | type_mask << type_shift | 0xff;
enum Type : u32 {
    external_interrupt = 0,
    nmi = 2,
    hardware_exception = 3,
    software_interrupt = 4,
    software_exception = 6
};
constexpr u32 type_of(u32 event) { return (event >> type_shift) & type_mask; }

constexpr u32 blocked = u32(isa::interruptibility::STI | isa::interruptibility::MOV_SS);

/// SDM 3A "Interrupt 8—Double Fault Exception (#DF)".
enum class Class { Benign, Contributory, PageFault, DoubleFault };
Class class_of(u8 vector) {
    switch (Vector(vector)) {
        case Vector::DE:
        case Vector::TS:
        case Vector::NP:
        case Vector::SS:
        case Vector::GP: return Class::Contributory;
        case Vector::PF: return Class::PageFault;
        case Vector::DF: return Class::DoubleFault;
        default: return Class::Benign;
    }
}
bool becomes_double_fault(Class first, Class second) {
    if (first == Class::PageFault)
        return second == Class::PageFault || second == Class::Contributory;
    return first == Class::Contributory && second == Class::Contributory;
}

/// A hardware exception goes into the next entry, combined with one that is on its way already.
void inject_exception(GuestCpu& guest, u8 vector, u32 error_code) {
    const u32 first = read(Field::VM_ENTRY_INTERRUPTION_INFORMATION);
    if ((first & valid) && type_of(first) == hardware_exception) {
        const Class one = class_of(u8(first)), other = class_of(vector);
        if (one == Class::DoubleFault && other != Class::Benign)
            return give_up(guest, "the guest shut down: a triple fault");
        if (becomes_double_fault(one, other)) vector = u8(Vector::DF), error_code = 0;
    }
    // Real mode knows no error codes.
    const bool error = isa::pushes_error_code(vector) && (read(Field::GUEST_CR0) & isa::cr0::PE);
    write(Field::VM_ENTRY_INTERRUPTION_INFORMATION,
          valid | hardware_exception << type_shift | (error ? with_error_code : 0) | vector);
    write(Field::VM_ENTRY_EXCEPTION_ERROR_CODE, error_code);
}

/// #DB was caught before it changed DR6 and DR7. SDM 3C "Exit Qualification for Debug Exceptions".
void finish_debug_exception() {
    using namespace isa::debug;
    const Natural why = read(Field::EXIT_QUALIFICATION);
    cpu::set_debug_register(6, Natural((cpu::debug_register(6) & ~B) | (why & dr6_writable)));
    write(Field::GUEST_DR7, Natural(read(Field::GUEST_DR7) & ~GD));
}

}  // namespace

void inject_again_what_was_cut_short() {
    const u32 event = read(Field::IDT_VECTORING_INFORMATION);
    if (!(event & valid)) return;
    write(Field::VM_ENTRY_INTERRUPTION_INFORMATION, event & meaningful);
    write(Field::VM_ENTRY_EXCEPTION_ERROR_CODE, read(Field::IDT_VECTORING_ERROR_CODE));
    write(Field::VM_ENTRY_INSTRUCTION_LENGTH, read(Field::VM_EXIT_INSTRUCTION_LENGTH));
}

DeliveredEvent delivered_event() {
    const u32 event = read(Field::VM_ENTRY_INTERRUPTION_INFORMATION);
    if (!(event & valid)) return {};
    return {type_of(event) >= software_interrupt, (event & with_error_code) != 0,
            u32(read(Field::VM_ENTRY_EXCEPTION_ERROR_CODE))};
}
void forget_event() { write(Field::VM_ENTRY_INTERRUPTION_INFORMATION, 0); }

bool can_take_interrupt() {
    return (read(Field::GUEST_RFLAGS) & isa::flags::IF) &&
           !(read(Field::GUEST_INTERRUPTIBILITY_STATE) & blocked) &&
           !(read(Field::VM_ENTRY_INTERRUPTION_INFORMATION) & valid);
}

void inject_interrupt(u8 vector) {
    write(Field::VM_ENTRY_INTERRUPTION_INFORMATION,
          valid | external_interrupt << type_shift | vector);
}

void ask_for_interrupt_window(bool wanted) {
    const u32 window = control(isa::ProcBased::interrupt_window_exiting);
    const u32 now = read(Field::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS);
    const u32 next = wanted ? now | window : now & ~window;
    if (next != now) write(Field::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, next);
}

void heed_watchdog(GuestCpu& guest, Watchdog& watchdog, bool a_line_is_open) {
    const bool interrupts_on = read(Field::GUEST_RFLAGS) & isa::flags::IF;
    if (watchdog.tick(interrupts_on && a_line_is_open))
        give_up(guest, Watchdog::cause, watchdog.ticks(), Watchdog::remedy);
}

void raise(GuestCpu& guest, const Fault& fault) {
    if (fault.vector == i16(Vector::PF)) cpu::set_cr2(fault.address);
    // "The value pushed for the RF flag is not modified": a fault's is 1.
    write(Field::GUEST_RFLAGS, u32(read(Field::GUEST_RFLAGS) | isa::flags::RF));
    inject_exception(guest, u8(fault.vector), fault.error_code);
}

void raise_debug_trap(GuestCpu& guest) { inject_exception(guest, u8(Vector::DB), 0); }

void pass_on_exception(GuestCpu& guest) {
    const u32 event = read(Field::VM_EXIT_INTERRUPTION_INFORMATION);
    const u8 vector = u8(event);
    if (vector == u8(Vector::DB)) finish_debug_exception();
    if (type_of(event) != hardware_exception) {
        // INT1, INT3 and INTO have a length: their return address lies behind them.
        write(Field::VM_ENTRY_INTERRUPTION_INFORMATION, event & meaningful);
        write(Field::VM_ENTRY_INSTRUCTION_LENGTH, read(Field::VM_EXIT_INSTRUCTION_LENGTH));
        return;
    }
    const u32 error_code = read(Field::VM_EXIT_INTERRUPTION_ERROR_CODE);
    if (vector == u8(Vector::DB) || vector == u8(Vector::DF))  // no faults, or not always
        return inject_exception(guest, vector, error_code);
    raise(guest, {vector, error_code, read(Field::EXIT_QUALIFICATION)});
}

}  // namespace ringside::vmm
