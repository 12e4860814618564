// What leaves the guest between two instructions, and in which order. SDM 3C "Other Causes of VM
// Exits".
#include <doctest/doctest.h>

#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitReason;
namespace fl = isa::flags;

constexpr u32 valid = 1u << 31;

}  // namespace

TEST_CASE("the interrupt window opens when the guest can take an interrupt, no sooner") {
    VmxWorld w;
    w.add(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
          cap::b(isa::ProcBased::interrupt_window_exiting));
    SUBCASE("after STI's shadow") {
        w.launch("nop\nsti\nnop\nhlt");
        CHECK(w.get(F::GUEST_RIP) == guest_code_at + 3);
        CHECK(w.get(F::GUEST_INTERRUPTIBILITY_STATE) == 0);
    }
    SUBCASE("at once, where interrupts are on already") {
        w.set(F::GUEST_RFLAGS, fl::fixed | fl::IF);
        w.launch("nop\nhlt");
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
    }
    SUBCASE("one instruction later, where the guest is entered in STI's shadow") {
        w.set(F::GUEST_RFLAGS, fl::fixed | fl::IF);
        w.set(F::GUEST_INTERRUPTIBILITY_STATE, 1);
        w.launch("nop\nnop\nhlt");
        CHECK(w.get(F::GUEST_RIP) == guest_code_at + 1);
    }
    SUBCASE("in a guest that is halted") {
        w.set(F::GUEST_RFLAGS, fl::fixed | fl::IF);
        w.set(F::GUEST_ACTIVITY_STATE, 1);
        w.launch("hlt");
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
        CHECK(w.get(F::GUEST_ACTIVITY_STATE) == 1);
    }
    CHECK(w.reason() == u64(ExitReason::INTERRUPT_WINDOW));
}

TEST_CASE("external interrupts leave the guest even where it has them switched off") {
    VmxWorld w;
    w.set(F::PIN_BASED_VM_EXECUTION_CONTROLS,
          cap::pin.must | cap::b(isa::PinBased::external_interrupt_exiting));
    w.add(F::PRIMARY_VM_EXIT_CONTROLS, cap::b(isa::ExitControl::acknowledge_interrupt_on_exit));
    // The host's own timer: channel 0 every 100 ticks, vector 0x20.
    w.put_guest("a: jmp a");
    w.run_host(
        "mov al, 0x11\nout 0x20, al\nmov al, 0x20\nout 0x21, al\nmov al, 4\nout 0x21, al\n"
        "mov al, 1\nout 0x21, al\nmov al, 0xfe\nout 0x21, al\n"
        "mov al, 0x34\nout 0x43, al\nmov al, 2\nout 0x40, al\nmov al, 0\nout 0x40, al\n"
        "vmxon [0x50000]\nvmclear [0x50008]\nvmptrld [0x50008]\nvmlaunch\nhlt");
    CHECK(w.left_guest());
    CHECK(w.reason() == u64(ExitReason::EXTERNAL_INTERRUPT));
    CHECK(w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) == (valid | 0x20));
    CHECK(w.get(F::GUEST_RIP) == guest_code_at);
}

TEST_CASE("with the monitor trap flag the guest is left after each instruction") {
    VmxWorld w;
    w.use(isa::ProcBased::monitor_trap_flag);
    SUBCASE("one after the other") {
        w.launch("nop\nmov eax, 1\nhlt");
        CHECK(w.get(F::GUEST_RIP) == guest_code_at + 1);
        w.resume();
        CHECK(w.get(F::GUEST_RIP) == guest_code_at + 6);
    }
    SUBCASE("after one round of a REP") {
        w.m.cpu.regs.gpr[cpu::CX] = 3;
        w.launch("rep lodsb");
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
        CHECK(w.m.cpu.regs.gpr[cpu::CX] == 2);
    }
    SUBCASE("after the delivery of a fault, at its handler") {
        w.launch("ud2");
        CHECK(w.get(F::GUEST_RIP) == guest_handler_at);
    }
    SUBCASE("after the delivery of an injected event, before the first instruction") {
        w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, valid | 3u << 8 | 6);
        w.launch("nop");
        CHECK(w.get(F::GUEST_RIP) == guest_handler_at);
    }
    SUBCASE("in the shadow of MOV SS too, which it saves") {
        w.launch("mov ax, ss\nmov ss, ax\nnop");
        w.resume();
        CHECK(w.get(F::GUEST_INTERRUPTIBILITY_STATE) == isa::interruptibility::MOV_SS);
    }
    SUBCASE("with the guest halted by the instruction") {
        w.set(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
              w.get(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS) &
                  ~u64{cap::b(isa::ProcBased::HLT_exiting)});
        w.launch("hlt");
        CHECK(w.get(F::GUEST_ACTIVITY_STATE) == 1);
    }
    CHECK(w.reason() == u64(ExitReason::MONITOR_TRAP_FLAG));
    CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 0);
}

TEST_CASE("an instruction that leaves the guest leaves it for its own reason, trap flag or not") {
    VmxWorld w;
    w.use(isa::ProcBased::monitor_trap_flag);
    w.launch("cpuid");
    CHECK(w.reason() == u64(ExitReason::CPUID));
    w.set(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
          w.get(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS) &
              ~u64{cap::b(isa::ProcBased::monitor_trap_flag)});
    w.put_guest("nop\nhlt");
    w.resume();
    CHECK(w.reason() == u64(ExitReason::HLT));  // nothing was left over
}

TEST_CASE("a pending monitor-trap exit can be injected") {
    VmxWorld w;
    w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, valid | 7u << 8);
    SUBCASE("active") {}
    SUBCASE("halted") { w.set(F::GUEST_ACTIVITY_STATE, 1); }
    w.launch("hlt");
    CHECK(w.reason() == u64(ExitReason::MONITOR_TRAP_FLAG));
    CHECK(w.get(F::GUEST_RIP) == guest_code_at);
}

TEST_CASE("what is waiting at a boundary is taken in the manual's order") {
    using isa::PinBased;
    using isa::ProcBased;
    VmxWorld w;
    w.set(F::GUEST_RFLAGS, fl::fixed | fl::IF);
    w.launch("cpuid");
    REQUIRE(w.reason() == u64(ExitReason::CPUID));
    // Everything at once, then one after the other taken away.
    w.use(PinBased::NMI_exiting), w.use(PinBased::virtual_NMIs), w.use(PinBased::preemption_timer);
    w.use(ProcBased::interrupt_window_exiting), w.use(ProcBased::NMI_window_exiting);
    w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, valid | 7u << 8);  // a monitor-trap exit
    w.m.cpu.signals.init = true;
    const auto next = [&] {
        w.m.cpu.nmi_blocked = w.m.cpu.signals.nmi = true;  // held back in the host
        w.resume();
        return ExitReason(w.reason());
    };
    CHECK(next() == ExitReason::INIT_SIGNAL);
    w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, valid | 7u << 8);
    CHECK(next() == ExitReason::MONITOR_TRAP_FLAG);
    CHECK(next() == ExitReason::VMX_PREEMPTION_TIMER_EXPIRED);
    w.set(F::PIN_BASED_VM_EXECUTION_CONTROLS,
          w.get(F::PIN_BASED_VM_EXECUTION_CONTROLS) & ~u64{cap::b(PinBased::preemption_timer)});
    CHECK(next() == ExitReason::NMI_WINDOW);
    w.set(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
          w.get(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS) &
              ~u64{cap::b(ProcBased::NMI_window_exiting)});
    CHECK(next() == ExitReason::EXCEPTION_OR_NMI);
    w.m.cpu.signals.nmi = false;
    w.resume();
    CHECK(ExitReason(w.reason()) == ExitReason::INTERRUPT_WINDOW);
}

TEST_CASE("a guest that waits for a start-up IPI leaves for nothing else") {
    VmxWorld w;
    w.use(isa::PinBased::NMI_exiting);
    w.set(F::GUEST_ACTIVITY_STATE, 3);
    w.launch("nop");
    CHECK(w.stop.reason == machine::Stop::Halted);
    CHECK(w.m.cpu.vmx.non_root);
    w.m.cpu.signals = {.nmi = true, .init = true, .startup = true, .startup_vector = 0x42};
    w.stop = machine::run(w.m, {.instructions = w.m.instructions + 10}, {});
    CHECK(w.reason() == u64(ExitReason::STARTUP_IPI));
    CHECK(w.get(F::EXIT_QUALIFICATION) == 0x42);
    CHECK(w.get(F::GUEST_ACTIVITY_STATE) == 3);
}

TEST_CASE("a guest that has shut down is woken by an NMI, not by an interrupt window") {
    VmxWorld w;
    w.set(F::GUEST_ACTIVITY_STATE, 2);
    w.set(F::GUEST_RFLAGS, fl::fixed | fl::IF);
    w.use(isa::ProcBased::interrupt_window_exiting);
    w.use(isa::PinBased::NMI_exiting);
    w.m.cpu.nmi_blocked = w.m.cpu.signals.nmi = true;
    w.launch("nop");
    CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
    CHECK(w.get(F::GUEST_ACTIVITY_STATE) == 2);
}

}  // namespace ringside
