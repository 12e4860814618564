// The time-stamp counter and the preemption timer. SDM 3C "Time-Stamp Counter Offsetting",
// "VMX-Preemption Timer".
#include <doctest/doctest.h>

#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitReason;

}  // namespace

TEST_CASE("the guest's TSC is offset") {
    VmxWorld w;
    w.add(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
          cap::b(isa::ProcBased::use_TSC_offsetting));
    w.set(F::TSC_OFFSET, u64{5} << 32);
    w.launch("rdtsc\nhlt");
    CHECK(w.m.cpu.regs.gpr[cpu::DX] == 5);
}

TEST_CASE("the guest's TSC is scaled before it is offset") {
    VmxWorld w;
    w.use(isa::ProcBased::use_TSC_offsetting), w.use(isa::ProcBased2::use_TSC_scaling);
    w.set(F::TSC_MULTIPLIER, u64{3} << 47);  // 1.5
    w.set(F::TSC_OFFSET, 7);
    w.m.now = u64{1} << 40;
    w.launch("rdtsc\nhlt");
    const u64 seen = w.m.cpu.regs.gpr[cpu::DX] << 32 | w.m.cpu.regs.gpr[cpu::AX];
    CHECK(seen > (u64{3} << 39) + 7);
    CHECK(seen < (u64{3} << 39) + 100'000);
}

TEST_CASE("the VMX-preemption timer counts simulated cycles and leaves the guest at 0") {
    constexpr u64 tick = u64{1} << cap::preemption_timer_bit;
    VmxWorld w;
    w.use(isa::PinBased::preemption_timer);
    SUBCASE("0: before the first instruction") {
        w.launch("nop\nhlt");
        CHECK(w.reason() == u64(ExitReason::VMX_PREEMPTION_TIMER_EXPIRED));
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
    }
    SUBCASE("it interrupts a loop, after so many changes of its bit of the TSC") {
        w.set(F::VMX_PREEMPTION_TIMER_VALUE, 10);
        w.use(isa::ExitControl::save_preemption_timer);
        w.use(isa::ProcBased::use_TSC_offsetting);
        w.launch("rdtsc\na: jmp a");
        CHECK(w.reason() == u64(ExitReason::VMX_PREEMPTION_TIMER_EXPIRED));
        CHECK(w.get(F::GUEST_RIP) == guest_code_at + 2);
        CHECK(w.get(F::VMX_PREEMPTION_TIMER_VALUE) == 0);
        const u64 began = w.m.cpu.regs.gpr[cpu::AX];
        CHECK(w.m.now - began >= 9 * tick);
    }
    SUBCASE("it wakes a halted guest") {
        w.set(F::VMX_PREEMPTION_TIMER_VALUE, 1000);
        w.set(F::GUEST_ACTIVITY_STATE, 1);
        const u64 before = w.m.now;
        w.launch("nop");
        CHECK(w.reason() == u64(ExitReason::VMX_PREEMPTION_TIMER_EXPIRED));
        CHECK(w.get(F::GUEST_ACTIVITY_STATE) == 1);
        CHECK(w.m.now - before >= 1000 * tick);
    }
    SUBCASE("another exit saves what is left") {
        w.set(F::VMX_PREEMPTION_TIMER_VALUE, 100'000);
        w.use(isa::ExitControl::save_preemption_timer);
        w.launch("mov ecx, 800\na: loop a\nhlt");
        CHECK(w.reason() == u64(ExitReason::HLT));
        CHECK(w.get(F::VMX_PREEMPTION_TIMER_VALUE) <= 100'000 - 25);
        CHECK(w.get(F::VMX_PREEMPTION_TIMER_VALUE) > 90'000);
    }
    SUBCASE("and without that control it does not") {
        w.set(F::VMX_PREEMPTION_TIMER_VALUE, 100'000);
        w.launch("mov ecx, 800\na: loop a\nhlt");
        CHECK(w.get(F::VMX_PREEMPTION_TIMER_VALUE) == 100'000);
    }
}

TEST_CASE("a PAUSE loop that lasts longer than its window leaves the guest") {
    VmxWorld w;
    w.use(isa::ProcBased2::PAUSE_loop_exiting);
    w.set(F::PLE_GAP, 30);
    SUBCASE("in time") {
        w.set(F::PLE_WINDOW, 1u << 30);
        w.launch("mov ecx, 50\na: pause\nloop a\nhlt");
        CHECK(w.reason() == u64(ExitReason::HLT));
    }
    SUBCASE("too long") {
        w.set(F::PLE_WINDOW, 20);
        w.launch("mov ecx, 50\na: pause\nloop a\nhlt");
        CHECK(w.reason() == u64(ExitReason::PAUSE));
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 2);
    }
    SUBCASE("far apart, they are no loop") {
        w.set(F::PLE_WINDOW, 20);
        w.launch("mov ecx, 5\na: pause\nmov eax, 30\nb: dec eax\njnz b\nloop a\nhlt");
        CHECK(w.reason() == u64(ExitReason::HLT));
    }
}

}  // namespace ringside
