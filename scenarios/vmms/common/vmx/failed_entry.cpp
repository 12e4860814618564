#include "scenarios/vmms/common/vmx/failed_entry.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/vmx/instructions.hpp"
#include "sim/isa/control_registers.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/msrs.hpp"

namespace ringside::vmm {

using namespace vmx;
namespace msr = isa::msr;

namespace {

/// SDM 3C "VM Instruction Error Numbers".
const char* meaning(u32 error) {
    switch (isa::VmError(error)) {
        case isa::VmError::entry_invalid_controls: return "a control field is invalid";
        case isa::VmError::entry_invalid_host_state: return "a host-state field is invalid";
        case isa::VmError::vmlaunch_not_clear: return "VMLAUNCH of a launched VMCS";
        case isa::VmError::vmresume_not_launched: return "VMRESUME of a VMCS not launched";
        case isa::VmError::entry_blocked_by_mov_ss: return "blocked by MOV SS";
        default: return "see the manual's VM-instruction error numbers";
    }
}

/// A field with a rule that it breaks.
struct Broken {
    const char* field;
    u32 value;
    const char* rule;
};

bool within(u32 value, u32 fixed0, u32 fixed1) {
    return (fixed0 & ~value) == 0 && (value & ~fixed1) == 0;
}

/// SDM 3C "Checks on Guest Control Registers, Debug Registers, and MSRs".
bool check_control_registers(Broken& broken) {
    const u32 secondary = read(Field::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS);
    const u32 cr0 = read(Field::GUEST_CR0), cr4 = read(Field::GUEST_CR4);
    u32 cr0_fixed = u32(cpu::rdmsr(msr::VMX_CR0_FIXED0));
    if (secondary & control(isa::ProcBased2::unrestricted_guest))
        cr0_fixed &= ~u32(isa::cr0::PE | isa::cr0::PG);
    if (!within(cr0, cr0_fixed, u32(cpu::rdmsr(msr::VMX_CR0_FIXED1))))
        return broken = {"GUEST_CR0", cr0, "lacks a bit that VMX fixes to 1"}, false;
    if ((cr0 & isa::cr0::PG) && !(cr0 & isa::cr0::PE))
        return broken = {"GUEST_CR0", cr0, "has PG without PE"}, false;
    if (!within(cr4, u32(cpu::rdmsr(msr::VMX_CR4_FIXED0)), u32(cpu::rdmsr(msr::VMX_CR4_FIXED1))))
        return broken = {"GUEST_CR4", cr4, "lacks VMXE, or has a bit that is reserved"}, false;
    return true;
}

/// SDM 3C "Checks on Guest RIP, RFLAGS, and SSP".
bool check_flags(Broken& broken) {
    const u32 flags = read(Field::GUEST_RFLAGS);
    const u32 event = read(Field::VM_ENTRY_INTERRUPTION_INFORMATION);
    const bool injects_interrupt = (event >> 31) && ((event >> 8) & 7) == 0;
    if (!(flags & isa::flags::fixed) || (flags & ~u32(isa::flags::defined | isa::flags::fixed)))
        return broken = {"GUEST_RFLAGS", flags, "bit 1 must be 1, reserved bits 0"}, false;
    if (injects_interrupt && !(flags & isa::flags::IF))
        return broken = {"GUEST_RFLAGS", flags, "must have IF, as an interrupt is injected"}, false;
    return true;
}

/// SDM 3C "Checks on Guest Non-Register State".
bool check_other_state(Broken& broken) {
    const u32 blocking = read(Field::GUEST_INTERRUPTIBILITY_STATE);
    const u32 activity = read(Field::GUEST_ACTIVITY_STATE);
    const u32 sti = u32(isa::interruptibility::STI), mov_ss = u32(isa::interruptibility::MOV_SS);
    if (activity > u32(isa::ActivityState::wait_for_SIPI))
        return broken = {"GUEST_ACTIVITY_STATE", activity, "is none of the four"}, false;
    const char* const field = "GUEST_INTERRUPTIBILITY_STATE";
    if (blocking >> 5) return broken = {field, blocking, "has a reserved bit"}, false;
    if ((blocking & sti) && (blocking & mov_ss))
        return broken = {field, blocking, "is blocking by both STI and MOV SS"}, false;
    if ((blocking & sti) && !(read(Field::GUEST_RFLAGS) & isa::flags::IF))
        return broken = {field, blocking, "is blocking by STI, while IF is 0"}, false;
    return true;
}

/// Which of the rules is broken, as far as this VMM can see. The processor does not say.
void name_the_rule(u32 qualification, u16 line) {
    Broken broken{};
    constexpr u32 pdptes = 2, link_pointer = 4;
    if (qualification == link_pointer) return print("the VMCS link pointer is not all ones", line);
    if (qualification == pdptes) return print("a PDPTE has a reserved bit", line);
    if (check_control_registers(broken) && check_flags(broken) && check_other_state(broken))
        return print("a rule that this VMM does not check, such as one for segments", line);
    print(broken.field, line);
    print(" = ", line);
    print(Hex{broken.value}, line);
    print(" ", line);
    print(broken.rule, line);
}

}  // namespace

void explain_refused_entry() {
    const u32 error = read(Field::VM_INSTRUCTION_ERROR);
    stop("VM entry refused: error ", error, ", ", meaning(error));
}

void explain_failed_entry(GuestCpu& guest, u32 reason) {
    const u32 number = guest.memory.guest();
    const u16 line = line_of(number);
    claim_line(line);
    print("vmm: VM entry failed: ", line);
    print(isa::exit_reason_name(reason), line);
    print(": ", line);
    name_the_rule(read(Field::EXIT_QUALIFICATION), line);
    print("\n", line);
    report(number, "the guest was at EIP ", Hex{read(Field::GUEST_RIP)}, ", EFLAGS ",
           Hex{read(Field::GUEST_RFLAGS)}, ", CR0 ", Hex{read(Field::GUEST_CR0)}, ", CR4 ",
           Hex{read(Field::GUEST_CR4)}, "; to inject ",
           Hex{read(Field::VM_ENTRY_INTERRUPTION_INFORMATION)}, "; SDM 3C \"VM Entries\"");
    guest.given_up = true;
}

}  // namespace ringside::vmm
