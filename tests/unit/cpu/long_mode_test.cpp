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
void put_gate(machine::Machine& m, unsigned vector, isa::LongDescriptor gate) {
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

TEST_CASE("within ring 0 the frame has SS and RSP too, and starts at a multiple of 16") {
    machine::Machine m = test::long_machine("mov rax, [rbx]");
    m.cpu.regs.gpr[BX] = 0x7000000000;
    m.cpu.regs.gpr[SP] = 0x8fff9;
    test::step(m);
    CHECK(m.cpu.regs.rip == handler(14));
    CHECK(m.cpu.regs.gpr[SP] == 0x8fff0 - 48);
    CHECK(stack(m, 0) == 0);  // the error code
    CHECK(stack(m, 4) == 0x8fff9);
    CHECK(stack(m, 5) == test::data0);
    CHECK(m.cpu.seg[decode::SS].selector == test::data0);  // the ring did not change
    CHECK(m.cpu.cr2 == 0x7000000000);
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

TEST_CASE("what is wrong with a gate or its code segment gives the manual's exception") {
    using isa::SystemType;
    struct Case {
        std::string what;
        isa::LongDescriptor gate;
        u8 vector;
        u32 code;
    };
    const u64 to = handler(0x81);
    const Case cases[] = {
        {"a 32-bit code segment", isa::gate64(SystemType::TrapGate, test::code32, to, 3), 13,
         test::code32},
        {"a task gate", isa::gate64(SystemType::TaskGate, test::code64, to, 3), 13, 0x81 * 8 + 2},
        {"a 16-bit gate", isa::gate64(SystemType::TrapGate16, test::code64, to, 3), 13,
         0x81 * 8 + 2},
        {"a null selector", isa::gate64(SystemType::TrapGate, 0, to, 3), 13, 0},
        {"less privilege than the caller's", isa::gate64(SystemType::TrapGate, 0x38, to, 3), 13,
         0x38},
        {"DPL below the CPL", isa::gate64(SystemType::TrapGate, test::code64, to, 0), 13,
         0x81 * 8 + 2},
        {"an offset that is not canonical",
         isa::gate64(SystemType::TrapGate, test::code64, bit(47), 3), 13, 0},
        {"not present",
         {isa::gate64(SystemType::TrapGate, test::code64, to, 3).low & ~bit(47), 0},
         11,
         0x81 * 8 + 2},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        const bool by_ring0 = c.what == "less privilege than the caller's";
        machine::Machine m = test::long_machine("int 0x81", by_ring0 ? 0 : 3);
        put_gate(m, 0x81, c.gate);
        test::step(m);
        CHECK(m.cpu.regs.rip == handler(c.vector));
        CHECK(stack(m, 0) == c.code);
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

TEST_CASE("what IRETQ refuses") {
    struct Case {
        std::string what;
        std::array<u64, 5> frame;
        u64 flags;
        u32 code;
    };
    const Case cases[] = {
        {"NT", {0x300000, test::code64, 2, 0x70000, 0}, fl::NT, 0},
        {"a null CS", {0x300000, 0, 2, 0x70000, 0}, 0, 0},
        {"RIP not canonical", {bit(47), test::code64, 2, 0x70000, 0}, 0, 0},
        {"null SS for ring 3", {0x300000, test::code64_user, 2, 0x70000, 3}, 0, 0},
        {"null SS for 32-bit code", {0x300000, test::code32, 2, 0x70000, 0}, 0, 0},
        {"data as code", {0x300000, test::data0, 2, 0x70000, 0}, 0, test::data0},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        machine::Machine m = test::long_machine("iretq");
        m.cpu.regs.gpr[SP] = 0x70000;
        m.cpu.regs.flags |= c.flags;
        for (unsigned n = 0; n < 5; ++n) test::put(m, 0x70000 + 8 * n, c.frame[n]);
        test::step(m);
        CHECK(m.cpu.regs.rip == handler(13));
        CHECK(stack(m, 0) == c.code);
    }
}

TEST_CASE("far jumps and returns change between 64-bit and compatibility mode") {
    machine::Machine m = test::long_machine(R"(
        mov rax, -1
        push 0x40
        push there
        o64 retf
    bits 32
    there:
        mov eax, esp
        dec eax           ; 48h: a REX prefix in 64-bit mode
        call far [back]
    bits 64
    home:
        mov rbx, 0x1122334455667788
        hlt
    back: dd home
        dw 8
    )");
    run(m);
    CHECK(m.cpu.mode64());
    CHECK(m.cpu.regs.gpr[AX] == test::stack_at - 1);
    CHECK(m.cpu.regs.gpr[BX] == 0x1122334455667788);
    CHECK(m.ram.read({test::stack_at - 4}, 4) == test::code32);
}

TEST_CASE("a call gate leads to ring 0 of 64-bit code with a null SS and a frame of four") {
    const auto called = [](isa::LongDescriptor gate, u64 entries) {
        machine::Machine m = test::long_machine("db 0xff, 0x1d, 0, 0, 0, 0\ndd 0\ndw 0x4b", 3);
        test::put(m, test::gdt_at + 0x48, gate.low);
        test::put(m, test::gdt_at + 0x50, gate.high);
        m.cpu.gdtr.limit = u16(8 * entries - 1);
        test::step(m);
        return m;
    };
    const auto gate = isa::gate64(isa::SystemType::CallGate, test::code64, 0x300000, 3);
    const machine::Machine m = called(gate, 11);
    CHECK(m.cpu.regs.rip == 0x300000);
    CHECK(m.cpu.cpl == 0);
    CHECK(m.cpu.seg[decode::SS].selector == 0);
    CHECK(m.cpu.regs.gpr[SP] == 0x80000 - 32);
    CHECK(stack(m, 0) == test::code_at + 6);
    CHECK(stack(m, 1) == test::code64_user);
    CHECK(stack(m, 2) == test::stack_at);
    CHECK(stack(m, 3) == test::data_user);
    SUBCASE("half outside the table it is refused") {
        CHECK(called(gate, 10).cpu.regs.rip == handler(13));
    }
    SUBCASE("so is one whose upper half has a type") {
        CHECK(called({gate.low, bit(40)}, 11).cpu.regs.rip == handler(13));
    }
    SUBCASE("and one to 32-bit code") {
        const auto legacy = isa::gate64(isa::SystemType::CallGate, test::code32, 0x300000, 3);
        CHECK(called(legacy, 11).cpu.regs.rip == handler(13));
    }
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

TEST_CASE("the fast calls are refused as the manual says") {
    struct Case {
        std::string text;
        u8 cpl;
        bool sce;
        u64 rcx;
        int vector;
    };
    const Case cases[] = {
        {"syscall", 3, false, 0, 6},
        {"o64 sysret", 3, true, 0, 13},
        {"o64 sysret", 3, false, 0, 6},
        {"o64 sysret", 0, true, bit(47), 13},
        {"sysenter", 3, true, 0, 13},
        {"sysexit", 0, true, 0, 13},
        {"swapgs", 3, true, 0, 13},
        {"rdfsbase rax", 0, true, 0, 6},
        {"clac", 3, true, 0, 6},
        {"stac", 3, true, 0, 6},
        {"invpcid rax, [0x50000]", 3, true, 0, 13},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        machine::Machine m = test::long_machine(c.text, c.cpl);
        if (!c.sce) m.cpu.msr.efer &= ~isa::efer::SCE;
        m.cpu.regs.gpr[CX] = c.rcx;
        CHECK(first_exception(m) == c.vector);
    }
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

TEST_CASE("registers of IA-32e mode refuse values that they cannot hold") {
    struct Case {
        u32 index;
        u64 value;
        bool accepted;
    };
    const u64 efer_now = isa::efer::LME | isa::efer::LMA | isa::efer::NXE | isa::efer::SCE;
    const Case cases[] = {
        {msr::LSTAR, bit(47), false},
        {msr::LSTAR, ~u64{0}, true},
        {msr::CSTAR, bit(63), false},
        {msr::FMASK, bit(32), false},
        {msr::FMASK, 0xffffffff, true},
        {msr::STAR, ~u64{0}, true},
        {msr::FS_BASE, bit(47), false},
        {msr::GS_BASE, ~bit(0), true},
        {msr::KERNEL_GS_BASE, bit(50), false},
        {msr::SYSENTER_EIP, bit(47), false},
        {msr::SYSENTER_ESP, ~u64{0}, true},
        {msr::EFER, efer_now, true},
        {msr::EFER, efer_now & ~isa::efer::LME, false},
        {msr::EFER, efer_now & ~isa::efer::LMA, true},
        {msr::EFER, efer_now | bit(1), false},
    };
    for (const Case& c : cases) {
        CAPTURE(c.index);
        CAPTURE(c.value);
        machine::Machine m = test::long_machine("wrmsr\nrdmsr");
        m.cpu.regs.gpr[CX] = c.index;
        m.cpu.regs.gpr[AX] = c.value & 0xffffffff;
        m.cpu.regs.gpr[DX] = c.value >> 32;
        CHECK((first_exception(m, 2) == -1) == c.accepted);
        const u64 expected = c.index == msr::EFER ? efer_now : c.value;
        if (c.accepted) CHECK((m.cpu.regs.gpr[DX] << 32 | m.cpu.regs.gpr[AX]) == expected);
    }
}

TEST_CASE("what control registers refuse in IA-32e mode") {
    struct Case {
        std::string what;
        std::string text;
        int vector;
    };
    const Case cases[] = {
        {"paging off in 64-bit mode", "mov rax, cr0\nbtr rax, 31\nmov cr0, rax", 13},
        {"PAE off", "mov rax, cr4\nbtr rax, 5\nmov cr4, rax", 13},
        {"CR0 above bit 31", "mov rax, cr0\nbts rax, 32\nmov cr0, rax", 13},
        {"CR3 beyond MAXPHYADDR", "mov rax, cr3\nbts rax, 40\nmov cr3, rax", 13},
        {"CR3 bit 63 without PCIDs", "mov rax, cr3\nbts rax, 63\nmov cr3, rax", 13},
        {"CR4 reserved", "mov rax, cr4\nbts rax, 30\nmov cr4, rax", 13},
        {"CR8 above 15", "mov eax, 16\nnop\nmov cr8, rax", 13},
        {"CR8", "mov eax, 9\nmov cr8, rax\nmov rbx, cr8", -1},
        {"PCIDs", "mov rax, cr4\nbts rax, 17\nmov cr4, rax", -1},
        {"DR7 above bit 31", "xor eax, eax\nbts rax, 32\nmov dr7, rax", 13},
        {"a GDTR base that is not canonical",
         "mov rax, 0x800000000000\nmov [0x50002], rax\nlgdt [0x50000]", 13},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        machine::Machine m = test::long_machine(c.text);
        CHECK(first_exception(m, 3) == c.vector);
    }
}

TEST_CASE("from 32-bit protected mode into 64-bit mode and back, by the manual's steps") {
    machine::Machine m = test::flat_machine(R"(
        mov eax, cr4
        or eax, 0x20            ; PAE
        mov cr4, eax
        mov eax, 0x20000        ; the PML4 of long_machine.hpp
        mov cr3, eax
        mov ecx, 0xc0000080     ; EFER.LME
        rdmsr
        or eax, 0x100
        wrmsr
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax            ; LMA: compatibility mode
        mov esi, 0x11111111
        jmp 0x08:in64
    bits 64
    in64:
        mov rdi, 0x123456789abcdef0
        push 0x40
        push in32
        o64 retf
    bits 32
    in32:
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax            ; LMA off
        mov ecx, 0xc0000080
        rdmsr
        mov ebx, eax
        hlt
    )");
    test::long_tables(m);
    m.cpu.tr = cpu::Segment::null(0);
    m.cpu.seg[decode::SS] =
        cpu::Segment::from(0x10, isa::segment32(0, 0xffffffff, isa::access(0, isa::data_type)));
    run(m);
    CHECK(m.cpu.regs.gpr[cpu::DI] == 0x123456789abcdef0);
    CHECK_FALSE(m.cpu.long_mode());
    CHECK((m.cpu.regs.gpr[BX] & (isa::efer::LME | isa::efer::LMA)) == isa::efer::LME);
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

TEST_CASE("PCIDs: translations of one stay when another is in use, bit 63 keeps, INVPCID drops") {
    const auto read_after = [](std::string_view between) {
        // 0x40000000 is mapped through a table of its own; the test changes the table behind the
        // CPU's back.
        const std::string text = "mov rbx, [abs 0x40000000]\nmov qword [0x25000], 0x61007\n" +
                                 std::string(between) + "\nmov rcx, [abs 0x40000000]\nhlt";
        machine::Machine m = test::long_machine(text);
        test::put(m, test::pdpt_at + 8, 0x24007);
        test::put(m, 0x24000, 0x25007);
        test::put(m, 0x25000, 0x60007);
        test::put(m, 0x60000, 1);
        test::put(m, 0x61000, 2);
        m.cpu.cr4 |= isa::cr4::PCIDE;
        m.cpu.cr3 |= 5;
        run(m);
        CHECK(m.cpu.regs.gpr[BX] == 1);
        return m.cpu.regs.gpr[CX];
    };
    CHECK(read_after("nop") == 1);
    CHECK(read_after("mov eax, 0x20006\nmov cr3, rax") == 2);  // another PCID's first look
    CHECK(read_after(
              "mov eax, 0x20006\nmov cr3, rax\nmov eax, 0x20005\nbts rax, 63\nmov cr3, rax") == 1);
    CHECK(read_after("mov eax, 0x20006\nmov cr3, rax\nmov eax, 0x20005\nmov cr3, rax") == 2);
    CHECK(read_after("invlpg [abs 0x40000000]") == 2);
    const std::string descriptor = "mov qword [0x50000], 5\nmov qword [0x50008], 0x40000000\n";
    CHECK(read_after(descriptor + "xor eax, eax\ninvpcid rax, [0x50000]") == 2);
    CHECK(read_after(descriptor + "mov eax, 1\ninvpcid rax, [0x50000]") == 2);
    CHECK(read_after(descriptor + "mov byte [0x50000], 6\nmov eax, 1\ninvpcid rax, [0x50000]") ==
          1);
    CHECK(read_after(descriptor + "mov byte [0x50000], 6\nmov eax, 2\ninvpcid rax, [0x50000]") ==
          1 + 1);
}

TEST_CASE("PAE paging checks and keeps its PDPTEs when CR3 is loaded") {
    const auto started = [](u64 pdpte) {
        machine::Machine m = test::flat_machine(R"(
            mov eax, 0x30020
            mov cr3, eax
            mov eax, 0x20
            mov cr4, eax
            mov eax, 0x80000001
            mov cr0, eax
            mov dword [0x30020], 0    ; unseen until CR3 is loaded again
            mov ebx, [0x200000]
            hlt
        )");
        test::kernel_tables(m);
        test::put(m, 0x30020, pdpte);
        test::put(m, 0x31000, 0x83);
        test::put(m, 0x31008, 0x200083);
        test::put(m, 0x200000, 0x77);
        return m;
    };
    machine::Machine m = started(0x31001);
    run(m);
    CHECK(m.cpu.regs.gpr[BX] == 0x77);
    for (const u64 reserved : {bit(1), bit(2), bit(5), bit(8), bit(36), bit(63)}) {
        CAPTURE(reserved);
        machine::Machine bad = started(0x31001 | reserved);
        CHECK(first_exception(bad, 6) == 13);
        CHECK((bad.cpu.cr0 & isa::cr0::PG) == 0);
    }
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
