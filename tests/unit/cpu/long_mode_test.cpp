// The system side of IA-32e mode: gates and stacks, ways between rings and between 64-bit and
// compatibility mode, the switches into the mode and out of it.
#include <doctest/doctest.h>

#include <cstring>

#include "sim/isa/msrs.hpp"
#include "tests/unit/machine/long_machine.hpp"

using namespace ringside;
using cpu::AX, cpu::BX, cpu::CX, cpu::DX, cpu::SP, cpu::R11;
namespace fl = isa::flags;
namespace msr = isa::msr;

namespace {

u64 handler(unsigned vector) { return test::handlers_at + 16 * vector; }
u64 stack(const machine::Machine& m, unsigned n) {
    return m.ram.read({m.cpu.regs.gpr[SP] + 8 * n}, 8);
}
/// The vector of the first exception within `count` steps; -1: none.
int first_exception(machine::Machine& m, u64 count = 1) {
    test::Events events;
    test::step(m, count, &events);
    for (const trace::Event& e : events.all)
        if (e.kind == trace::EventKind::Exception) return e.vector;
    return -1;
}
[[maybe_unused]] void put_gate(machine::Machine& m, unsigned vector, isa::LongDescriptor gate) {
    test::put(m, test::idt_at + 16 * vector, gate.low);
    test::put(m, test::idt_at + 16 * vector + 8, gate.high);
}
/// Runs to HLT.
void run(machine::Machine& m) {
    machine::Limits l;
    l.steps = m.steps + 1000;
    const machine::Stop stop = machine::run(m, l, {});
    const std::string why = stop.what;
    CAPTURE(why);
    REQUIRE(stop.reason == machine::Stop::Halted);
}

}  // namespace

TEST_CASE("an interrupt from ring 3 takes RSP0, an aligned frame of five, and a null SS") {
    machine::Machine m = test::long_machine("int 0x80", 3);
    m.cpu.regs.gpr[SP] = 0x90008;
    m.cpu.regs.flags = fl::fixed | fl::IF;
    test::step(m);
    CHECK(m.cpu.regs.rip == handler(0x80));
    CHECK(m.cpu.cpl == 0);
    CHECK(m.cpu.mode64());
    CHECK(m.cpu.seg[decode::SS].selector == 0);
    CHECK(m.cpu.regs.gpr[SP] == 0x80000 - 40);
    CHECK(stack(m, 0) == test::code_at + 2);
    CHECK(stack(m, 1) == test::code64_user);
    CHECK(stack(m, 2) == (fl::fixed | fl::IF));
    CHECK(stack(m, 3) == 0x90008);
    CHECK(stack(m, 4) == test::data_user);
    CHECK_FALSE(m.cpu.interrupts_on());
}

TEST_CASE("a gate with an IST takes that stack whatever the ring") {
    for (const u8 cpl : {0, 3}) {
        CAPTURE(int(cpl));
        machine::Machine m = test::long_machine("int 0x80", cpl);
        put_gate(m, 0x80,
                 isa::gate64(isa::SystemType::InterruptGate, test::code64, handler(0x80), 3, 1));
        test::step(m);
        CHECK(m.cpu.regs.rip == handler(0x80));
        CHECK(m.cpu.regs.gpr[SP] == test::ist1_at - 40);
    }
}

TEST_CASE("IRETQ goes back to 64-bit and to compatibility code of an outer ring") {
    struct Case {
        u16 code;
        unsigned bits;
    };
    for (const Case& c : {Case{test::code64_user, 64}, Case{test::code32_user, 32}}) {
        CAPTURE(c.bits);
        machine::Machine m = test::long_machine("iretq");
        m.cpu.regs.gpr[SP] = 0x70000;
        const u64 frame[] = {0x300000, c.code, fl::IF | fl::IOPL | fl::fixed, 0x98765,
                             test::data_user};
        for (unsigned n = 0; n < 5; ++n) test::put(m, 0x70000 + 8 * n, frame[n]);
        test::step(m);
        CHECK(m.cpu.cpl == 3);
        CHECK(m.cpu.code_bits() == c.bits);
        CHECK(m.cpu.regs.rip == 0x300000);
        CHECK(m.cpu.regs.gpr[SP] == 0x98765);
        CHECK(m.cpu.regs.flags == frame[2]);
        CHECK_FALSE(m.cpu.seg[decode::DS].usable());  // a ring-0 segment
    }
}

TEST_CASE("IRETQ within ring 0 pops RSP and SS, which may be null") {
    machine::Machine m = test::long_machine("iretq");
    m.cpu.regs.gpr[SP] = 0x70000;
    const u64 frame[] = {0x300000, test::code64, fl::fixed, 0x12345, 0};
    for (unsigned n = 0; n < 5; ++n) test::put(m, 0x70000 + 8 * n, frame[n]);
    test::step(m);
    CHECK(m.cpu.regs.rip == 0x300000);
    CHECK(m.cpu.regs.gpr[SP] == 0x12345);
    CHECK(m.cpu.seg[decode::SS].selector == 0);
}

TEST_CASE("SYSCALL and SYSRET: selectors from STAR, RIP and RFLAGS in RCX and R11") {
    machine::Machine m = test::long_machine("syscall", 3);
    m.cpu.msr.star = u64(0x23) << 48 | u64(test::code64) << 32;
    m.cpu.msr.lstar = 0x300000;
    m.cpu.msr.fmask = fl::IF | fl::DF;
    m.cpu.regs.flags = fl::fixed | fl::IF | fl::DF | fl::CF;
    m.poke({0x300000}, std::vector<u8>{0x48, 0x0f, 0x07});  // sysretq
    test::step(m);
    CHECK(m.cpu.regs.rip == 0x300000);
    CHECK(m.cpu.cpl == 0);
    CHECK(m.cpu.regs.gpr[CX] == test::code_at + 2);
    CHECK(m.cpu.regs.gpr[R11] == (fl::fixed | fl::IF | fl::DF | fl::CF));
    CHECK(m.cpu.regs.flags == (fl::fixed | fl::CF));
    CHECK(m.cpu.seg[decode::CS].selector == test::code64);
    CHECK(m.cpu.seg[decode::SS].selector == test::code64 + 8);
    CHECK(m.cpu.mode64());
    machine::Machine to32 = m;
    to32.poke({0x300000}, std::vector<u8>{0x0f, 0x07});  // sysretd
    test::step(m);
    CHECK(m.cpu.regs.rip == test::code_at + 2);
    CHECK(m.cpu.cpl == 3);
    CHECK(m.cpu.code_bits() == 64);
    CHECK(m.cpu.seg[decode::CS].selector == 0x33);
    CHECK(m.cpu.seg[decode::SS].selector == 0x2b);
    CHECK(m.cpu.regs.flags == (fl::fixed | fl::IF | fl::DF | fl::CF));
    test::step(to32);
    CHECK(to32.cpu.code_bits() == 32);
    CHECK(to32.cpu.seg[decode::CS].selector == 0x23);
}

TEST_CASE("SYSENTER and SYSEXIT in 64-bit mode") {
    machine::Machine m = test::long_machine("sysenter", 3);
    m.cpu.msr.sysenter_cs = 0x100;
    m.cpu.msr.sysenter_esp = 0xffff800000001000;
    m.cpu.msr.sysenter_eip = 0x300000;
    m.cpu.regs.flags = fl::fixed | fl::IF;
    m.poke({0x300000}, std::vector<u8>{0x48, 0x0f, 0x35});  // sysexitq
    test::step(m);
    CHECK(m.cpu.cpl == 0);
    CHECK(m.cpu.mode64());
    CHECK(m.cpu.regs.gpr[SP] == 0xffff800000001000);
    CHECK(m.cpu.seg[decode::CS].selector == 0x100);
    CHECK(m.cpu.seg[decode::SS].selector == 0x108);
    CHECK_FALSE(m.cpu.interrupts_on());
    m.cpu.regs.gpr[CX] = 0x77000;
    m.cpu.regs.gpr[DX] = 0x400000;
    test::step(m);
    CHECK(m.cpu.cpl == 3);
    CHECK(m.cpu.code_bits() == 64);
    CHECK(m.cpu.regs.rip == 0x400000);
    CHECK(m.cpu.regs.gpr[SP] == 0x77000);
    CHECK(m.cpu.seg[decode::CS].selector == 0x123);
    CHECK(m.cpu.seg[decode::SS].selector == 0x12b);
}

TEST_CASE("bases of FS and GS: MSRs, SWAPGS, WRGSBASE") {
    machine::Machine m = test::long_machine(R"(
        mov ecx, 0xc0000102
        mov eax, 0x50000
        xor edx, edx
        wrmsr             ; IA32_KERNEL_GS_BASE
        swapgs
        mov rbx, [gs:8]
        mov rax, 0xffff800000000000
        wrfsbase rax
        rdfsbase rsi
        hlt
    )");
    m.cpu.cr4 |= isa::cr4::FSGSBASE;
    m.cpu.seg[decode::GS].base = 0x1234;
    m.cpu.derive_segments();
    test::put(m, 0x50008, 77);
    run(m);
    CHECK(m.cpu.regs.gpr[BX] == 77);
    CHECK(m.cpu.msr.kernel_gs_base == 0x1234);
    CHECK(m.cpu.regs.gpr[cpu::SI] == 0xffff800000000000);
}

TEST_CASE("LTR and LLDT take 16-byte descriptors") {
    machine::Machine m =
        test::long_machine("mov eax, 0x48\nltr ax\nmov eax, 0x58\nlldt ax\nstr ebx");
    const auto [low, high] = isa::tss64(0xffff800012345000, 0x67);
    test::put(m, test::gdt_at + 0x48, low);
    test::put(m, test::gdt_at + 0x50, high);
    test::put(m, test::gdt_at + 0x58, (low & ~(u64{0xf} << 40)) | u64{2} << 40);  // an LDT
    test::put(m, test::gdt_at + 0x60, high);
    m.cpu.gdtr.limit = 0x67;
    CHECK(first_exception(m, 5) == -1);
    CHECK(m.cpu.tr.base == 0xffff800012345000);
    CHECK(m.cpu.ldtr.base == 0xffff800012345000);
    CHECK((m.ram.read({test::gdt_at + 0x48}, 8) & isa::tss_busy) != 0);
}

TEST_CASE("SMAP and EFLAGS.AC: a supervisor's access to a user page each way") {
    machine::Machine m = test::long_machine(R"(
        stac
        mov rax, [0x50000]
        clac
        mov rbx, [0x50000]
    )");
    // The code's own page must stay the supervisor's.
    test::put(m, test::pd_at, 0x83);
    test::put(m, test::pd_at + 8, 0x200087);
    m.poke({test::code_at},
           assembler::assemble_flat("bits 64\nstac\nmov rax, [0x250000]\nclac\nmov rbx, [0x250000]",
                                    test::code_at));
    m.cpu.cr4 |= isa::cr4::SMAP;
    test::put(m, 0x250000, 9);
    CHECK(first_exception(m, 3) == -1);
    CHECK(m.cpu.regs.gpr[AX] == 9);
    CHECK(first_exception(m) == 14);
    CHECK(stack(m, 0) == isa::pf::P);
}
