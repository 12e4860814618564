// A run may be cut anywhere: time as a guest reads it, and events, are those of the whole run.
#include <doctest/doctest.h>

#include "sim/isa/paging.hpp"
#include "tests/unit/machine/rings.hpp"

using namespace ringside;
using machine::Machine;

namespace {

constexpr u32 directory_at = 0x20000, table_at = 0x21000, second_table_at = 0x22000;
/// Linear pages from here on lie in memory in the opposite order.
constexpr u32 turned_at = 0x400000, turned_pages = 8, turned_frames = 0x180;

/// 32-bit paging: the first 4 MiB as they are, then a few pages the other way round.
Machine paged(std::string_view text, u8 cpl = 0) {
    Machine m = test::flat_machine("hlt");
    test::kernel_tables(m);
    test::enter_ring(m, cpl);
    namespace pg = isa::paging;
    constexpr u32 all = pg::P | pg::RW | pg::US;
    test::put(m, directory_at, table_at | all, 4);
    test::put(m, directory_at + 4, second_table_at | all, 4);
    for (u32 n = 0; n < 1024; ++n) test::put(m, table_at + 4 * n, n << 12 | all, 4);
    const std::vector<u8> code = assembler::assemble_flat(text, turned_at);
    REQUIRE(code.size() <= turned_pages * 4096);
    for (u32 n = 0; n < turned_pages; ++n) {
        const u32 frame = turned_frames + turned_pages - 1 - n;
        test::put(m, second_table_at + 4 * n, frame << 12 | all, 4);
        const size_t from = std::min<size_t>(n * 4096, code.size());
        m.poke({u64{frame} << 12},
               std::span(code).subspan(from, std::min<size_t>(code.size() - from, 4096)));
    }
    m.cpu.cr0 |= isa::cr0::PG;
    m.cpu.cr3 = directory_at;
    m.cpu.regs.rip = turned_at;
    return m;
}

/// The same run, whole and step by step.
struct Both {
    Machine whole, stepped;
    test::Events of_whole, of_stepped;

    Both(const Machine& start, u64 steps) : whole(start), stepped(start) {
        machine::Limits limits;
        limits.steps = start.steps + steps;
        machine::run(whole, limits, {.sink = &of_whole});
        for (u64 n = 0; n < steps; ++n) test::step(stepped, 1, &of_stepped);
    }
    void check() const {
        CHECK(whole == stepped);
        CHECK(of_whole.all == of_stepped.all);
    }
};

}  // namespace

TEST_CASE(
    "RDTSC tells the same time however the run is cut, also behind a fetch that missed the TLB") {
    // The first instruction of each page is one that needs no look at the time.
    const Machine start = paged(R"(
        add ebx, 1
        rdtsc
        add esi, eax
        jmp second
        times 4096 - ($ - $$) nop
    second:
        add ebx, 1
        rdtsc
        xor edi, eax
        jmp third
        times 8192 - ($ - $$) nop
    third:
        add ebx, 1
        rdtsc
        hlt
    )");
    const Both both(start, 1000);  // to the HLT: near its limit a run looks at each instruction
    CHECK(both.whole.cpu.regs.gpr[cpu::BX] == start.cpu.regs.gpr[cpu::BX] + 3);
    both.check();
    machine::Limits early;
    early.steps = 9;
    Machine cut = start;
    machine::run(cut, early, {});
    machine::run(cut, {}, {});
    CHECK(cut == both.whole);
}

TEST_CASE("nothing is left of how the flags came about") {
    // ADD leaves its operands, from which the flags are made when they are read; SHL leaves flags.
    const Both both(paged("add eax, 5\nshl ecx, 1\nhlt"), 100);
    both.check();
}

TEST_CASE("a repetition that overwrites decoded code has the same steps with and without caches") {
    // The second round of REP STOSB finds code decoded where the first one has run to.
    const Machine start = test::flat_machine(R"(
        mov ebx, 3
    again:
        mov edi, target
        mov ecx, 600
        mov al, 0x90
        rep stosb
        call target
        dec ebx
        jnz again
        hlt
    target:
        times 600 nop
        ret
    )");
    Machine whole = start, copied = start;
    machine::run(whole, {}, {});
    while (machine::Machine(copied).cpu.activity == cpu::Activity::Active) {
        copied = Machine(copied);  // without caches
        machine::run(copied, {.steps = copied.steps + 1}, {});
    }
    CHECK(whole == copied);
    CHECK(whole.steps > 1800);
}

TEST_CASE("a repetition that overwrites itself goes on with what it wrote") {
    // STOSB over the REP STOSB and what follows: 40 (INC EAX) from there on, then HLT.
    Machine m = test::flat_machine(R"(
        mov edi, self
        mov ecx, 100
        mov al, 0x40
    self:
        rep stosb
        times 150 nop
        hlt
    )");
    machine::run(m, {}, {});
    CHECK(m.cpu.regs.gpr[cpu::CX] == 99);
    CHECK(m.cpu.regs.gpr[cpu::AX] > 0x40);
}

TEST_CASE("an event says where on the bus its instruction lies, page by page") {
    // SMSW in ring 3 is told as a sensitive instruction. The two lie in pages that are linked by a
    // jump, so that the second is reached without a look from the run loop.
    const Machine start = paged(R"(
    again:
        smsw eax
        jmp second
        times 4096 - ($ - $$) nop
    second:
        smsw ebx
        jmp again
    )",
                                3);
    const Both both(start, 40);
    both.check();
    REQUIRE(both.of_whole.all.size() == 20);
    constexpr u64 last_frame = turned_frames + turned_pages - 1;
    for (size_t n = 0; n < 20; ++n) {
        CAPTURE(n);
        CHECK(both.of_whole.all[n].kind == trace::EventKind::Sensitive);
        CHECK(both.of_whole.all[n].phys.value == ((last_frame - n % 2) << 12));
    }
}

TEST_CASE("so does an event between two instructions, and one of a fetch that faults") {
    const Machine start = paged(R"(
        push dword 0x102            ; TF
        popfd
        nop
        nop
        jmp 0x500000                ; not mapped
    )");
    const Both both(start, 6);
    both.check();
    const auto& events = both.of_whole.all;
    REQUIRE_FALSE(events.empty());
    constexpr u64 first_frame = turned_frames + turned_pages - 1;
    CHECK(events.front().kind == trace::EventKind::Exception);
    CHECK(events.front().vector == 1);
    CHECK((events.front().phys.value >> 12) == first_frame);

    Machine away = paged("jmp 0x500000");
    test::Events of_away;
    test::step(away, 2, &of_away);
    REQUIRE_FALSE(of_away.all.empty());
    CHECK(of_away.all.front().vector == 14);
    CHECK(of_away.all.front().phys.value == ~u64{0});
}

TEST_CASE(
    "an interrupt between a jump and its target, both run for the first time, misleads nobody") {
    // Jumps that are all new to the first of three rounds, and a timer that comes in between.
    constexpr unsigned jumps = 3000, rounds = 3;
    std::string text = "mov ecx, " + std::to_string(rounds) + "\nagain:\n";
    for (unsigned n = 0; n < jumps; ++n) {
        const std::string next = "next" + std::to_string(n);
        text += "add eax, ecx\njmp " + next + "\nhlt\n" + next + ":\n";
    }
    text += "dec ecx\njnz near again\nhlt\n";
    Machine m = test::flat_machine(text);
    test::kernel_tables(m);
    test::enter_ring(m, 0);
    constexpr u32 handler_at = 0x5000;
    m.poke({handler_at},
           assembler::assemble_flat("inc ebx\npush eax\nmov al, 0x20\nout 0x20, al\npop eax\niretd",
                                    handler_at));
    test::put(m, test::idt_at + 8 * 0x20,
              isa::gate32(isa::SystemType::InterruptGate, 0x08, handler_at, 0).raw);
    using Write = std::pair<u16, u8>;
    for (const auto& [port, value] :
         {Write{0x20, 0x11}, Write{0x21, 0x20}, Write{0x21, 0x04}, Write{0x21, 0x01},
          Write{0x21, 0xfe}, Write{0x43, 0x34}, Write{0x40, 0x03}, Write{0x40, 0x00}})
        m.board.out(port, 1, value, 0);
    m.cpu.regs.flags |= isa::flags::IF;
    m.cpu.regs.rip = test::code_at;
    const Both both(m, 20'000);
    both.check();
    CHECK(both.whole.cpu.regs.gpr[cpu::BX] > 20);
    CHECK(both.whole.cpu.regs.gpr[cpu::CX] < rounds);
}

TEST_CASE("code met at two linear addresses in turn goes on where it was entered") {
    constexpr u32 apart = 16;  // pages
    Machine m = paged(R"(
        mov ecx, 9
    again:
        call here
    here:
        pop eax
        add esi, eax
        rol esi, 3
        jmp next
        hlt
    next:
        call there
    there:
        pop eax
        add esi, eax
        xor ebp, 16 * 4096
        lea eax, [ebp + again]
        dec ecx
        jz done
        jmp eax
    done:
        hlt
    )");
    for (u32 n = 0; n < turned_pages; ++n) {
        constexpr u32 all = isa::paging::P | isa::paging::RW | isa::paging::US;
        const u32 frame = turned_frames + turned_pages - 1 - n;
        test::put(m, second_table_at + 4 * (apart + n), frame << 12 | all, 4);
    }
    const Both both(m, 1 + 9 * 13);
    both.check();
    CHECK(both.whole.cpu.regs.gpr[cpu::CX] == 0);
}
