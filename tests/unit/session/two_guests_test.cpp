// Two guests under one VMM: each has its own serial port, observations, ending and native run.
#include <doctest/doctest.h>

#include <fstream>

#include "sim/asm/assembler.hpp"
#include "sim/session/compare.hpp"

using namespace ringside;
using namespace ringside::session;
namespace fs = std::filesystem;

namespace {

/// Runs wherever it lies: EBP is the distance from where it was linked to. A VMM leaves its magic
/// in ESI and the port in EDX; without one it is alone, prints on COM1 and ends the run itself.
/// It prints the last character of its command line.
const char* const guest = R"(
bits 32
section .multiboot
align 4
dd 0x1BADB002, 0, -0x1BADB002
section .text
global start
start:
    cmp esi, 0x56
    je .hosted
    mov edx, 0x3f8
    mov esp, 0x90000
.hosted:
    call .here
.here:
    pop ebp
    sub ebp, .here
    mov edi, [ebx + 16]
.end_of_line:
    inc edi
    cmp byte [edi], 0
    jne .end_of_line
    mov al, [edi - 1]
    out dx, al
    mov [ebp + observations.letter], al
    mov dword [ebp + observations.same], SAME
    cmp esi, 0x56
    je .return
    mov eax, 4
    out 0xf4, eax
.return:
    ret
section .data
align 4
observations:
.letter: dd 0
.same: dd 0
.end:
)";

/// Copies each module to a memory of its own, and calls it there. The files are as long in memory
/// as they are on disk.
const char* const vmm = R"(
bits 32
section .multiboot
align 4
dd 0x1BADB002, 0, -0x1BADB002
%macro PROBE 2
%%here:
section .ringside.probes progbits noalloc noexec nowrite align=4
%%record:
    dd %%end - %%record
    dd %%here
    db %1, 0
    db %2, 0
    align 4, db 0
%%end:
section .text
%endmacro
section .text
global start
start:
    mov esp, 0x90000
    mov [info], ebx
    xor ecx, ecx
.next:
    mov [index], ecx
    mov ebx, [info]
    mov eax, [ebx + 24]
    shl ecx, 4
    add eax, ecx
    push dword [eax + 8]
    pop dword [fake_info + 16]  ; its string
    mov esi, [eax]              ; the module
    mov ecx, [eax + 4]
    sub ecx, esi
    mov eax, esi
    add eax, [esi + 28]         ; the first program header
    mov edi, [memory]
    add edi, [eax + 12]
    sub edi, [eax + 4]
    mov ebp, [esi + 24]         ; its entry
    cld
    rep movsb
    mov esi, [memory]
    add dword [memory], 0x800000
    mov ecx, [index]
    mov edx, 0x200000
    PROBE "guest.memory", "guest=ecx base=esi size=edx"
    PROBE "guest.start", "guest=ecx"
    lea eax, [esi + ebp]
    mov esi, 0x56
    mov edx, 0x3f8
    jecxz .first
    mov edx, 0x2f8
.first:
    mov ebx, fake_info
    call eax
    mov ecx, [index]
    mov eax, 4
    cmp ecx, GIVES_UP_ON
    jne .ended
    PROBE "guest.stopped", "guest=ecx"
    jmp .on
.ended:
    PROBE "guest.exit", "guest=ecx value=eax"
.on:
    inc ecx
    cmp ecx, GUESTS
    jb .next
    mov eax, 4
    out 0xf4, eax
section .data
align 4
info: dd 0
index: dd 0
memory: dd 0x800000
fake_info: times 32 dd 0
)";

/// An installation with one scenario of two guests, and a VMM under the name of vt-x.
struct Place {
    fs::path root = fs::temp_directory_path() / ("ringside-two-guests-" + std::to_string(++made));
    Place(const std::string& more, const std::string& gives_up_on, const std::string& guests) {
        fs::create_directories(root / "scenarios" / "two");
        fs::create_directories(root / "vmms");
        std::ofstream(root / "scenarios" / "two" / "guest.asm") << guest;
        std::ofstream(root / "scenarios" / "two" / "scenario.toml")
            << "name = \"two\"\ntitle = \"Two\"\nsummary = \"Two\"\n"
               "techniques = [\"native\", \"vt-x\"]\n"
               "[[guest]]\nname = \"left\"\nsource = \"guest.asm\"\noptions = \"a\"\n"
               "defines = [\"SAME=7\"]\n"
               "[[guest]]\nname = \"right\"\nsource = \"guest.asm\"\noptions = \"b\"\n"
               "defines = [\"SAME=8\"]\n"
            << more;
        assembler::Options options;
        options.defines = {{"GIVES_UP_ON", gives_up_on}, {"GUESTS", guests}};
        const auto built = assembler::assemble({"vmm.asm", vmm}, options);
        REQUIRE(built.ok());
        const auto& bytes = built.assembly->bytes;
        std::ofstream(root / "vmms" / "vt-x.elf", std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }
    ~Place() { fs::remove_all(root); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Comparison compare(const CompareOptions& options = {}) const {
        const Installation installation(root);
        const auto scenario = installation.find("two");
        REQUIRE_MESSAGE(scenario.ok(), scenario.error().text());
        auto out = session::compare(installation, *scenario, options);
        REQUIRE_MESSAGE(out.ok(), out.error().text());
        REQUIRE(out->runs.size() == 2);
        return *out;
    }
    static inline int made = 0;
};

const std::string nobody = "99", both = "2";

}  // namespace

TEST_CASE("each of two guests is compared with its own native run") {
    const Place place("[[check]]\nguest = \"right\"\nserial_equals = \"b\"\n[[check]]\nexit = 4\n",
                      nobody, both);
    const Comparison comparison = place.compare();
    CHECK(as_declared(comparison));
    for (const RunReport& run : comparison.runs) {
        CAPTURE(run.technique);
        CAPTURE(run.reason);
        CHECK(run.outcome == Outcome::Completed);
        CHECK(run.equivalent == true);
        REQUIRE(run.guests.size() == 2);
        CHECK(run.guests[0].serial == "a");
        CHECK(run.guests[1].serial == "b");
        CHECK(run.guests[1].exit_value == 4);
        CHECK(run.observations == std::vector<Observation>{{"left.letter", 'a'},
                                                           {"left.same", 7},
                                                           {"right.letter", 'b'},
                                                           {"right.same", 8}});
        CHECK(run.failed_checks.empty());
        CHECK(run.cycles_by.sum() == run.cycles);
        CHECK(run.cycles_by.guest > 0);
    }
}

TEST_CASE("options given for a run take the place of the scenario's, guest by guest") {
    const Place place("", nobody, both);
    CompareOptions options;
    options.guest_options = {"first x", "second y"};
    const Comparison comparison = place.compare(options);
    CHECK(as_declared(comparison));
    CHECK(comparison.runs[1].guests[0].serial == "x");
    CHECK(comparison.runs[1].guests[1].serial == "y");
}

TEST_CASE("a guest that the VMM stopped has failed, and the other one is as ever") {
    const Place undeclared("", "1", both);
    const Comparison comparison = undeclared.compare();
    CHECK(!as_declared(comparison));
    const RunReport& run = comparison.runs[1];
    CHECK(run.outcome == Outcome::Completed);
    CHECK(run.guests[0].equivalent == true);
    CHECK(run.guests[1].outcome == Outcome::Failed);
    CHECK(run.guests[1].equivalent == false);
    REQUIRE(run.first_difference.has_value());
    CHECK(run.first_difference->guest == "right");

    const Place declared(
        "[[declared]]\ntechnique = \"vt-x\"\nguest = \"right\"\noutcome = \"failed\"\nwhy = "
        "\"x\"\n",
        "1", both);
    CHECK(as_declared(declared.compare()));
    const Place wrong_guest(
        "[[declared]]\ntechnique = \"vt-x\"\nguest = \"left\"\noutcome = \"failed\"\nwhy = \"x\"\n",
        "1", both);
    CHECK(!as_declared(wrong_guest.compare()));
}

TEST_CASE("a VMM that ends the run before every guest has ended has failed") {
    const Place place("", nobody, "1");
    const RunReport run = place.compare().runs[1];
    CHECK(run.outcome == Outcome::Failed);
    CHECK(run.guests[0].equivalent == true);
    CHECK(run.guests[1].outcome == Outcome::Failed);
    CHECK(!run.as_declared);
}
