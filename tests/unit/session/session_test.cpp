// A session on a real guest: limits, time travel by instruction, event and crossing, observations.
#include "sim/session/session.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "sim/session/blame.hpp"
#include "sim/session/compare.hpp"

using namespace ringside;
using namespace ringside::session;
namespace fs = std::filesystem;

namespace {

/// Goes to ring 3 and comes back by INT 0x80 three times, reads its flags, and ends with value 5.
const char* const crossing_guest = R"(
bits 32
section .multiboot
align 4
dd 0x1BADB002, 0, -0x1BADB002
section .text
global start
start:
    mov esp, stack_top
    lgdt [gdt_pointer]
    jmp 0x08:reload
reload:
    mov ax, 0x10
    mov ds, ax
    mov es, ax
    mov ss, ax
    lidt [idt_pointer]
    mov word [tss + 8], 0x10
    mov dword [tss + 4], stack_top
    mov eax, tss
    mov [gdt + 0x28 + 2], ax
    shr eax, 16
    mov [gdt + 0x28 + 4], al
    mov ax, 0x28
    ltr ax
    mov eax, entered
    mov [idt + 0x80 * 8], ax
    mov word [idt + 0x80 * 8 + 2], 0x08
    mov word [idt + 0x80 * 8 + 4], 0xee00
    shr eax, 16
    mov [idt + 0x80 * 8 + 6], ax
again:
    push dword 0x23
    push dword user_stack_top
    push dword 2
    push dword 0x1b
    push dword user
    iret
user:
    int 0x80
entered:
    mov ax, 0x10                ; IRET to ring 3 has made DS unusable: its DPL is 0
    mov ds, ax
    inc dword [observations.entered]
    mov esp, stack_top
    cmp dword [observations.entered], 3
    jne again
    pushf
    pop dword [observations.flags]
    mov dword [observations.zero], 0
    mov dx, 0x3f8
    mov al, 'k'
    out dx, al
    mov eax, 5
    out 0xf4, eax
hang:
    cli
    hlt
section .data
align 8
gdt: dd 0, 0
     dd 0x0000ffff, 0x00cf9a00
     dd 0x0000ffff, 0x00cf9200
     dd 0x0000ffff, 0x00cffa00
     dd 0x0000ffff, 0x00cff200
     dd 0x00000067, 0x00008900
gdt_pointer: dw 0x2f
     dd gdt
idt_pointer: dw 0x7ff
     dd idt
align 4
observations:
.entered: dd 0
.flags: dd 0
.zero: dd 0
.end:
section .bss
align 16
idt: resb 2048
tss: resb 104
resb 4096
stack_top:
resb 4096
user_stack_top:
)";

/// An installation with one scenario, and no VMMs.
struct Place {
    fs::path root = fs::temp_directory_path() / ("ringside-session-" + std::to_string(++made));
    explicit Place(const std::string& source, const std::string& more = "") {
        fs::create_directories(root / "scenarios" / "mine");
        fs::create_directories(root / "vmms");
        std::ofstream(root / "scenarios" / "mine" / "mine.asm") << source;
        std::ofstream(root / "scenarios" / "mine" / "scenario.toml")
            << "name = \"mine\"\ntitle = \"Mine\"\nsummary = \"Mine\"\n"
               "techniques = [\"native\", \"vt-x\"]\n[guest]\nsource = \"mine.asm\"\n"
            << more;
    }
    ~Place() { fs::remove_all(root); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    std::unique_ptr<Session> open() const {
        const Installation installation(root);
        const auto scenario = installation.find("mine");
        REQUIRE_MESSAGE(scenario.ok(), scenario.error().text());
        SessionOptions options{*find_technique("native"), "", "", true, true};
        auto session = Session::open(installation, *scenario, options);
        REQUIRE_MESSAGE(session.ok(), session.error().text());
        return std::move(*session);
    }
    static inline int made = 0;
};

}  // namespace

TEST_CASE("a run comes to its end with report, observations and serial output") {
    const Place place(crossing_guest);
    const auto session = place.open();
    session->apply(Run{});
    REQUIRE(session->ending().has_value());
    CHECK(session->ending()->outcome == Outcome::Completed);
    CHECK(session->ending()->exit_value == 5);
    CHECK(session->at_end());
    const RunReport report = session->report();
    CHECK(report.exit_status == 11);
    CHECK(report.serial == "k");
    CHECK(report.ring_crossings == 6);
    CHECK(report.traps == 0);
    CHECK(report.cycles_by.vmm == 0);
    CHECK(report.cycles_by.transition > 0);
    REQUIRE(report.observations.size() == 3);
    CHECK(report.observations[0] == Observation{"entered", 3});
    CHECK(report.observations[1].name == "flags");
    CHECK(report.observations[2] == Observation{"zero", 0});
}

TEST_CASE("scripted input arrives at the serial port in order of its time") {
    const Place place(R"(
bits 32
section .multiboot
align 4
dd 0x1BADB002, 0, -0x1BADB002
section .text
global start
start:
    mov ecx, 4
echo:
    mov dx, 0x3fd
wait_for_byte:
    in al, dx
    test al, 1
    jz wait_for_byte
    mov dx, 0x3f8
    in al, dx
    out dx, al
    loop echo
    mov eax, 0
    out 0xf4, eax
)",
                      "[[input]]\nat = 900000\nserial = \"cd\"\n"
                      "[[input]]\nat = 300\nserial = \"ab\"\n[stop]\ninstructions = 1000000\n");
    const auto session = place.open();
    session->apply(Run{});
    CHECK(session->serial() == "abcd");
    CHECK(session->machine().now > 900'000);
}

TEST_CASE("stepping there and back by any unit comes to equal machines") {
    const Place place(crossing_guest);
    const auto session = place.open();
    for (const Unit unit : {Unit::Instruction, Unit::Event, Unit::Crossing}) {
        CAPTURE(static_cast<int>(unit));
        session->apply(GoToInstruction{0});
        REQUIRE(session->at_start());
        std::vector<machine::Machine> seen{session->machine()};
        for (int i = 0; i < 6; ++i) {
            session->apply(Step{unit, 1});
            CHECK(session->machine().steps > seen.back().steps);
            seen.push_back(session->machine());
        }
        const size_t recorded = session->recording().size();
        for (size_t i = seen.size() - 1; i-- > 0;) {
            session->apply(Step{unit, -1});
            CHECK(session->machine() == seen[i]);
        }
        session->apply(Step{unit, 6});
        CHECK(session->machine() == seen.back());
        session->apply(Step{unit, -100});
        CHECK(session->at_start());
        session->apply(Step{unit, 3});
        CHECK(session->machine() == seen[3]);
        CHECK(session->recording().size() >= recorded);
    }
    session->apply(Step{Unit::Crossing, 100});
    CHECK(session->at_end());
    session->apply(Step{Unit::Instruction, 10});
    CHECK(session->at_end());
}

TEST_CASE("going back and on again records nothing twice and ends alike") {
    const Place place(crossing_guest);
    const auto straight = place.open();
    straight->apply(Run{});
    const auto session = place.open();
    for (const u64 instructions : {5u, 30u, 17u}) {
        session->apply(Run{instructions});
        session->apply(Step{Unit::Instruction, -9});
        session->apply(Step{Unit::Event, -1});
    }
    session->apply(Run{});
    CHECK(session->machine() == straight->machine());
    CHECK(session->recording() == straight->recording());
    session->apply(GoToInstruction{20});
    CHECK(session->machine().instructions == 20);
    CHECK(session->ending().has_value());
    CHECK(!session->at_end());
    session->apply(Run{});
    CHECK(session->at_end());
    CHECK(session->machine() == straight->machine());
}

TEST_CASE("an event, a cycle or an instruction can be gone to from anywhere") {
    const Place place(crossing_guest);
    const auto session = place.open();
    session->apply(GoToEvent{4});
    const machine::Machine at_event = session->machine();
    CHECK(session->events_so_far() > 4);
    session->apply(Run{});
    session->apply(GoToEvent{4});
    CHECK(session->machine() == at_event);
    const Cycle cycle = at_event.now;
    for (const u64 from : {u64{0}, never}) {
        session->apply(from ? Command{Run{}} : Command{GoToInstruction{0}});
        session->apply(GoToCycle{cycle});
        CHECK(session->machine().now >= cycle);
        CHECK(session->machine().now < cycle + 300);
        session->apply(GoToInstruction{at_event.instructions});
        CHECK(session->machine().instructions == at_event.instructions);
    }
}

TEST_CASE("a limit of the scenario ends a run at the same instant however it is cut") {
    for (const char* stop : {"[stop]\ninstructions = 40\n", "[stop]\ncycles = 700\n"}) {
        CAPTURE(stop);
        const Place place(crossing_guest, stop);
        const auto whole = place.open();
        whole->apply(Run{});
        REQUIRE(whole->ending().has_value());
        CHECK(whole->ending()->outcome == Outcome::Limit);
        CHECK(whole->report().exit_status == 4);
        const auto cut = place.open();
        while (!cut->ending()) cut->apply(Step{Unit::Instruction, 3});
        CHECK(cut->machine() == whole->machine());
    }
}

TEST_CASE("a wrong observation is traced to the store, even of the value that lay there before") {
    const Place place(crossing_guest);
    const auto session = place.open();
    session->apply(Run{});
    struct Row {
        const char* name;
        const char* text;
    };
    for (const Row& row :
         {Row{"entered", "inc dword"}, Row{"flags", "pop"}, Row{"zero", "mov dword"}}) {
        CAPTURE(row.name);
        Difference difference{Difference::What::Observation, "", row.name, "1", "2", {}, {}};
        explain(difference, *session);
        REQUIRE(difference.written_by.has_value());
        CHECK_MESSAGE(difference.written_by->text.starts_with(row.text), difference.words());
        CHECK(difference.written_by->file == "mine/mine.asm");
        CHECK(difference.written_by->line > 40);
        CHECK(!difference.broken_by.has_value());
    }
}

TEST_CASE("a technique that cannot run is in the comparison as unsupported") {
    const Place place(crossing_guest);
    const Installation installation(place.root);
    const auto scenario = installation.find("mine");
    REQUIRE(scenario.ok());
    const auto comparison = compare(installation, *scenario, {});
    REQUIRE(comparison.ok());
    REQUIRE(comparison->runs.size() == 2);
    CHECK(comparison->runs[0].outcome == Outcome::Completed);
    CHECK(comparison->runs[0].equivalent == true);
    CHECK(comparison->runs[1].outcome == Outcome::Unsupported);
    CHECK(!as_declared(*comparison));
    CHECK(!compare(installation, *scenario, {{}, "", "no-such-cpu"}).ok());
}
