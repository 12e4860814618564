// A VM entry that fails: the VMM's own words name the rule. Its VMCS is spoilt from outside, since
// no guest can do it.
#include "sim/cpu/vmx/vmcs.hpp"
#include "tests/unit/vmm_translation/watched.hpp"

using namespace ringside;
using namespace ringside::test;
using isa::VmcsField;

namespace {

machine::Machine before_the_first_entry() {
    const Scenario scenario = value(Installation(RINGSIDE_DATA_DIR).find("hlt"));
    const Programs programs = programs_of(scenario, "vt-x");
    machine::Machine m = value(make_machine(scenario, programs, *value(find_cpu(""))));
    Watcher watcher(programs, m, {.record = true});
    const auto ready = [&watcher] {
        for (const Recorded& e : watcher.recording())
            if (e.probe == "vmm.ready") return true;
        return false;
    };
    while (!ready() && m.instructions < 1'000'000)
        machine::run(m, {.steps = m.steps + 1}, {.sink = &watcher, .map = &watcher});
    return m;
}

}  // namespace

TEST_CASE("after a failed entry the VT-x VMM names the field, its value and the rule") {
    const machine::Machine ready = before_the_first_entry();
    const struct {
        VmcsField field;
        u64 value;
        const char* words;
    } rows[] = {
        {VmcsField::GUEST_CR0, 0x11, "GUEST_CR0 = 00000011 lacks a bit that VMX fixes to 1\n"},
        {VmcsField::GUEST_CR0, 0x80000030, "GUEST_CR0 = 80000030 has PG without PE\n"},
        {VmcsField::GUEST_CR4, 0,
         "GUEST_CR4 = 00000000 lacks VMXE, or has a bit that is reserved\n"},
        {VmcsField::GUEST_RFLAGS, 0, "GUEST_RFLAGS = 00000000 bit 1 must be 1, reserved bits 0\n"},
        {VmcsField::VM_ENTRY_INTERRUPTION_INFORMATION, 0x80000020,
         "GUEST_RFLAGS = 00000002 must have IF, as an interrupt is injected\n"},
        {VmcsField::GUEST_ACTIVITY_STATE, 9,
         "GUEST_ACTIVITY_STATE = 00000009 is none of the four\n"},
        {VmcsField::GUEST_INTERRUPTIBILITY_STATE, 1,
         "GUEST_INTERRUPTIBILITY_STATE = 00000001 is blocking by STI, while IF is 0\n"},
        {VmcsField::GUEST_INTERRUPTIBILITY_STATE, 0x40, "00000040 has a reserved bit\n"},
        {VmcsField::VMCS_LINK_POINTER, 0x1001, "the VMCS link pointer is not all ones\n"},
        {VmcsField::GUEST_CS_ACCESS_RIGHTS, 0, "does not check, such as one for segments\n"},
        {VmcsField::VIRTUAL_PROCESSOR_ID, 0,
         "VM entry refused: error 7, a control field is invalid\n"},
        {VmcsField::HOST_CR4, 0, "VM entry refused: error 8, a host-state field is invalid\n"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.words);
        machine::Machine m = ready;
        cpu::vmx::Vmcs(m.cpu.vmx.current_vmcs).set(m.ram, row.field, row.value);
        const machine::Stop stop = machine::run(m, {.instructions = 2'000'000}, {});
        CAPTURE(m.board.serial_output());
        CHECK(stop.reason == machine::Stop::DebugExit);
        CHECK(stop.value == 0x7f);
        CHECK(m.board.serial_output().starts_with("vmm: VM entry "));
        CHECK(m.board.serial_output().find(row.words) != std::string::npos);
    }
}
