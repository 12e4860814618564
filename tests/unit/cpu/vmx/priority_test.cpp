// VMX where two things meet: an exit and a fault, a fault and another, the EPT and the guest's own
// pages. SDM 3C "Exceptions", "Relative Priority of Faults and VM Exits", "VM Exits".
#include <doctest/doctest.h>

#include <vector>

#include "sim/isa/entry_rules.hpp"
#include "sim/isa/vectors.hpp"
#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitReason;
using isa::Vector;

constexpr u32 valid = 1u << 31, hardware_exception = valid | 3u << 8, has_code = 1u << 11;
constexpr u32 guest_directory_at = 0x7000;

/// Guest-linear 0 … 4 MiB at guest-physical 0, of which the EPT has the first 2 MiB.
void turn_on_guest_paging(VmxWorld& w) {
    w.write(guest_base + guest_directory_at, 0x83);
    w.set(F::GUEST_CR3, guest_directory_at);
    w.add(F::GUEST_CR0, isa::cr0::PG);
    w.add(F::GUEST_CR4, isa::cr4::PSE);
}

void stand_guest_in_ring_3(VmxWorld& w) {
    for (u32 n = 0; n < 6; ++n) {
        const bool code = n == 1;
        w.set(F(u32(F::GUEST_ES_SELECTOR) + 2 * n), code ? 0x1b : 0x23);
        w.set(F(u32(F::GUEST_ES_ACCESS_RIGHTS) + 2 * n), code ? 0xc0fb : 0xc0f3);
    }
}

struct Recorder : trace::Sink {
    std::vector<trace::Event> all;
    void on(const trace::Event& e) override { all.push_back(e); }
};

}  // namespace

TEST_CASE("a page fault leaves by the bitmap, its error code's mask and match") {
    constexpr u32 page_fault = 1u << u8(Vector::PF);
    const struct {
        const char* what;
        u32 bitmap, mask, match;
        bool leaves;
    } rows[] = {
        {"wanted", page_fault, 0, 0, true},
        {"not wanted", 0, 0, 0, false},
        {"wanted if a write", page_fault, isa::pf::W, isa::pf::W, true},
        {"wanted if not a write", page_fault, isa::pf::W, 0, false},
        {"not wanted if not a write", 0, isa::pf::W, 0, true},
        {"not wanted if a write", 0, isa::pf::W, isa::pf::W, false},
        {"no error code matches", page_fault, 0, 1, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        VmxWorld w;
        turn_on_guest_paging(w);
        w.set(F::EXCEPTION_BITMAP, row.bitmap);
        w.set(F::PAGE_FAULT_ERROR_CODE_MASK, row.mask);
        w.set(F::PAGE_FAULT_ERROR_CODE_MATCH, row.match);
        w.launch("mov [0x800004], eax");
        REQUIRE(w.left_guest());
        if (row.leaves) {
            CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
            CHECK(w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) ==
                  (hardware_exception | has_code | 14));
            CHECK(w.get(F::VM_EXIT_INTERRUPTION_ERROR_CODE) == isa::pf::W);
            CHECK(w.get(F::EXIT_QUALIFICATION) == 0x800004);
            CHECK(w.get(F::GUEST_RIP) == guest_code_at);
            CHECK(w.m.cpu.cr2 == 0);  // it is for the VMM to set
        } else {
            CHECK(w.reason() == u64(ExitReason::CPUID));  // in the guest's own handler
            CHECK(w.m.cpu.cr2 == 0x800004);
        }
    }
}

TEST_CASE("behind the guest's paging an EPT violation tells the linear address and whose access") {
    VmxWorld w;
    turn_on_guest_paging(w);
    constexpr u64 read = 1, linear_valid = bit(7), final_access = bit(8);
    SUBCASE("of the instruction") {
        w.launch("mov eax, [0x201004]");
        CHECK(w.get(F::EXIT_QUALIFICATION) == (read | linear_valid | final_access));
        CHECK(w.get(F::GUEST_PHYSICAL_ADDRESS) == 0x201004);
        CHECK(w.get(F::GUEST_LINEAR_ADDRESS) == 0x201004);
    }
    SUBCASE("of the page walk") {
        w.set(F::GUEST_CR3, 0x300000);
        w.launch("nop");
        CHECK((w.get(F::EXIT_QUALIFICATION) & final_access) == 0);
        CHECK((w.get(F::EXIT_QUALIFICATION) & read) != 0);
        CHECK(w.get(F::GUEST_PHYSICAL_ADDRESS) == 0x300000);
        CHECK(w.get(F::GUEST_LINEAR_ADDRESS) == guest_code_at);
    }
    CHECK(w.reason() == u64(ExitReason::EPT_VIOLATION));
    CHECK(w.get(F::GUEST_RIP) == guest_code_at);
}

TEST_CASE("the exception bitmap is asked about a second fault before it becomes a double fault") {
    VmxWorld w;
    const auto absent =
        isa::gate32(isa::SystemType::InterruptGate, 8, guest_handler_at, 0).raw & ~bit(47);
    w.put_guest("mov ax, 0x50\nmov ds, ax");                 // no such selector: #GP(50h)
    w.write(guest_base + guest_idt_at + 8 * 13, absent, 8);  // whose gate is not present: #NP(6Bh)
    SUBCASE("the second fault is wanted: the first is the event that was being delivered") {
        w.set(F::EXCEPTION_BITMAP, 1u << 11 | 1u << 8);
        w.launch();
        CHECK(w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) == (hardware_exception | has_code | 11));
        CHECK(w.get(F::VM_EXIT_INTERRUPTION_ERROR_CODE) == (13u << 3 | 3));
        CHECK(w.get(F::IDT_VECTORING_INFORMATION) == (hardware_exception | has_code | 13));
        CHECK(w.get(F::IDT_VECTORING_ERROR_CODE) == 0x50);
        CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
    }
    SUBCASE("only the double fault is wanted: nothing was being delivered") {
        w.set(F::EXCEPTION_BITMAP, 1u << 8);
        w.launch();
        CHECK(w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) == (hardware_exception | has_code | 8));
        CHECK((w.get(F::IDT_VECTORING_INFORMATION) & valid) == 0);
        CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
    }
    SUBCASE("nothing is wanted: the guest handles its double fault") {
        w.launch();
        CHECK(w.reason() == u64(ExitReason::CPUID));
        CHECK(w.get(F::GUEST_RSP) == guest_stack_at - 16);
    }
    SUBCASE("a fault on the way to the double fault's handler is wanted: no triple fault") {
        w.write(guest_base + guest_idt_at + 8 * 8, absent, 8);
        w.set(F::EXCEPTION_BITMAP, 1u << 11);
        w.write(guest_base + guest_idt_at + 8 * 13, absent | bit(47), 8);
        w.write(guest_base + guest_idt_at + 8 * 13 + 2, 0x58, 2);  // the gate's selector: #GP(58h)
        w.launch();
        CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
        CHECK(w.get(F::IDT_VECTORING_INFORMATION) == (hardware_exception | has_code | 8));
    }
}

TEST_CASE("faults of privilege come before an exit, MOV DR and the VMX instructions excepted") {
    VmxWorld w;
    stand_guest_in_ring_3(w);
    w.set(F::EXCEPTION_BITMAP, 1u << 13);
    w.add(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, cap::b(isa::ProcBased::MOV_DR_exiting));
    const struct {
        const char* text;
        ExitReason reason;
    } rows[] = {
        {"hlt", ExitReason::EXCEPTION_OR_NMI},
        {"invd", ExitReason::EXCEPTION_OR_NMI},
        {"mov eax, cr3", ExitReason::EXCEPTION_OR_NMI},
        {"rdmsr", ExitReason::EXCEPTION_OR_NMI},
        {"cpuid", ExitReason::CPUID},
        {"mov eax, dr0", ExitReason::MOV_DR},
        {"mov dr6, ecx", ExitReason::MOV_DR},
        {"vmcall", ExitReason::VMCALL},
        {"vmlaunch", ExitReason::VMLAUNCH},
        {"vmxoff", ExitReason::VMXOFF},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        VmxWorld one = w;
        one.launch(row.text);
        CHECK(one.left_guest());
        CHECK(one.reason() == u64(row.reason));
        CHECK(one.get(F::GUEST_RIP) == guest_code_at);
    }
}

TEST_CASE("an exit in the shadow of STI or MOV SS saves the shadow") {
    constexpr u64 by_sti = 1, by_mov_ss = 2;
    const struct {
        const char* text;
        u64 blocking;
    } rows[] = {
        {"cpuid", 0},
        {"sti\ncpuid", by_sti},
        {"sti\nnop\ncpuid", 0},
        {"mov ax, ss\nmov ss, ax\ncpuid", by_mov_ss},
        {"mov ax, ss\nmov ss, ax\nnop\ncpuid", 0},
        {"sti\nud2", by_sti},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        VmxWorld w;
        w.set(F::EXCEPTION_BITMAP, 1u << 6);
        w.launch(row.text);
        REQUIRE(w.left_guest());
        CHECK(w.get(F::GUEST_INTERRUPTIBILITY_STATE) == row.blocking);
        CHECK(w.m.cpu.shadow == cpu::Shadow::None);  // the host is in none
    }
}

TEST_CASE("a failed VM entry names the rule that it broke") {
    const struct {
        const char* rule;
        F field;
        u64 value;
    } rows[] = {
        {"EC1", F::PIN_BASED_VM_EXECUTION_CONTROLS, 0},
        {"HC2", F::HOST_CR4, 0},
        {"GR3", F::GUEST_RFLAGS, 0},
        {"GL1", F::VMCS_LINK_POINTER, 8},
    };
    for (const auto& row : rows) {
        CAPTURE(row.rule);
        VmxWorld w;
        Recorder recorder;
        w.sink = &recorder;
        w.set(row.field, row.value);
        w.launch("hlt");
        const trace::Event* failure = nullptr;
        for (const trace::Event& e : recorder.all) {
            CHECK(e.kind != trace::EventKind::VmEntry);
            if (e.kind == trace::EventKind::VmEntryFailure) failure = &e;
        }
        REQUIRE(failure);
        CHECK(std::string(isa::entry_rules[failure->a].id) == row.rule);
        CHECK(failure->b == row.value);
        CHECK(w.get(row.field) == row.value);  // the guest-state area stays as it was
    }
}

}  // namespace ringside
