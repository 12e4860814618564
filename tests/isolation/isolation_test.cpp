// Hostile guests, each technique: the VMM lives, says what the guest did if it had to stop it, and
// the guest beside it says what it always says.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "tests/isolation/attacks.hpp"
#include "tests/isolation/random_hostile.hpp"
#include "tests/isolation/world.hpp"

using namespace ringside;
using namespace ringside::isolation;

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<u8>;

/// Instructions; who needs more runs on for ever, as far as we care.
constexpr u64 enough = 60'000'000;

std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

/// A program that other guests must not disturb.
Bytes ringlet(const char* define = "") {
    return assemble_file("scenarios/guests/ringlet/ringlet.asm", define);
}

/// A hostile guest, and the one beside it where the technique runs two.
struct Tried {
    Run run;
    std::string hostile, neighbour;  ///< what each has said
};

Tried beside(const std::string& technique, const Bytes& hostile, const Bytes& good, bool first,
             const std::string& vmm_options = "", u64 instructions = enough) {
    Tried out;
    out.run = first ? run(technique, {hostile, good}, vmm_options, instructions)
                    : run(technique, {good, hostile}, vmm_options, instructions);
    out.hostile = first ? out.run.first : out.run.second;
    out.neighbour = first ? out.run.second : out.run.first;
    return out;
}

/// trap-and-emulate runs rightly what avoids the sensitive instructions that do not trap.
const Bytes& neighbour_under(const std::string& technique) {
    static const Bytes usual = ringlet(), safe = ringlet("SAFE"), ported = ringlet("PARAVIRT");
    return technique == "trap-and-emulate" ? safe : technique == "paravirtual" ? ported : usual;
}

/// What must hold whatever the guest did. False: an instruction stopped the machine that it does
/// not model (x87, SSE), which says nothing about isolation.
bool check_isolation(const Tried& tried) {
    CHECK(tried.run.vmm_intact);
    CHECK(tried.run.guest_code_in_ring_0 == 0);
    if (tried.run.ending.outcome == session::Outcome::Unsupported) return false;
    CAPTURE(tried.run.ending.reason);
    // A triple fault of the real CPU, or a halt of the VMM's, is no end of a run.
    const bool ended = tried.run.ending.exit_value.has_value();
    CHECK((ended || tried.run.ending.outcome == session::Outcome::Limit));
    CHECK(tried.neighbour == text_of("tests/golden/serial/ringlet.txt"));

    const std::string report = report_in(tried.hostile);
    CAPTURE(report);
    if (report.empty()) return true;
    CHECK((report.starts_with("vmm: the guest") || report.starts_with("vmm: not modelled: ")));
    if (ended) CHECK(*tried.run.ending.exit_value == 0x7f);
    return true;
}

/// In a word or two. Whether the guest gets an exception or the VMM stops it is the VMM's business:
/// it is kept out.
std::string outcome_of(const Tried& tried) {
    std::string out;
    std::istringstream lines(tried.hostile);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("answer ") && line.size() < 16)
            out += std::to_string(static_cast<i32>(std::stoul(line.substr(7), nullptr, 16))) + ", ";
    for (const char* said : {"the guest loops", "the watchdog ends it"})
        if (contains(report_in(tried.hostile), said)) return out + "watchdog";
    if (!report_in(tried.hostile).empty()) return out + "kept out";
    if (contains(tried.hostile, "refused\n")) return out + "kept out";
    if (contains(tried.hostile, "went through\n")) return out + "went through";
    if (contains(tried.hostile, "unexpected interrupt\n")) return out + "another handler";
    if (tried.run.ending.outcome == session::Outcome::Limit) return out + "runs on";
    return out + "ends";
}

/// "attack;outcome[;outcome...]" a line, below a line of names.
using Table = std::map<std::string, std::map<std::string, std::string>>;

Table golden(const char* file) {
    std::istringstream lines(text_of(fs::path("tests/golden/isolation") / file));
    std::string line, cell;
    std::vector<std::string> names;
    Table out;
    while (std::getline(lines, line)) {
        std::istringstream cells(line);
        std::vector<std::string> row;
        while (std::getline(cells, cell, ';')) row.push_back(cell);
        if (names.empty()) {
            names = row;
            continue;
        }
        for (size_t n = 1; n < row.size() && n < names.size(); ++n) out[row[0]][names[n]] = row[n];
    }
    return out;
}

/// Where RINGSIDE_WRITE_GOLDEN is set, what was seen becomes the golden.
void write_golden(const char* file, const std::vector<std::string>& names,
                  const std::vector<Attack>& attacks, const Table& seen) {
    if (!std::getenv("RINGSIDE_WRITE_GOLDEN")) return;
    std::ofstream out(fs::path("tests/golden/isolation") / file);
    out << "attack";
    for (const std::string& name : names) out << ';' << name;
    for (const Attack& attack : attacks) {
        out << '\n' << attack.name;
        for (const std::string& name : names) out << ';' << seen.at(attack.name).at(name);
    }
    out << '\n';
}

u64 seeds() {
    const char* const asked = std::getenv("RINGSIDE_ISOLATION_SEEDS");
    return asked ? std::strtoull(asked, nullptr, 10) : 12;
}

}  // namespace

TEST_CASE("what attacks on the VMMs for unchanged guests come to") {
    const std::vector<std::string> names = {
        "trap-and-emulate",         "binary-translation", "vt-x",
        "vt-x paging=shadow",       "vt-x exits=all",     "hosted-vt-x",
        "hosted-binary-translation"};
    const Table expected = golden("unchanged.csv");
    Table seen;
    bool first = false;
    for (const Attack& attack : attacks()) {
        const std::string what = attack.name;
        CAPTURE(what);
        const Bytes hostile = assemble(kernel_that(attack));
        first = !first;
        for (const std::string& name : names) {
            CAPTURE(name);
            const size_t vmm_ends = std::min(name.find(' '), name.size());
            const std::string vmm = name.substr(0, vmm_ends);
            const Tried tried = beside(vmm, hostile, neighbour_under(vmm), first,
                                       name.substr(vmm_ends) + " " + attack.vmm_options, enough);
            CHECK(check_isolation(tried));
            const std::string outcome = outcome_of(tried);
            seen[attack.name][name] = outcome;
            const auto row = expected.find(attack.name);
            CHECK_MESSAGE(row != expected.end(), "no such row");
            if (row != expected.end()) CHECK(outcome == row->second.at(name));
        }
    }
    CHECK(expected.size() == attacks().size());
    write_golden("unchanged.csv", names, attacks(), seen);
}

TEST_CASE("what attacks on the paravirtual VMM come to") {
    const Bytes good = ringlet("PARAVIRT");
    const Table expected = golden("paravirtual.csv");
    Table seen;
    for (const Attack& attack : paravirtual_attacks()) {
        const std::string what = attack.name;
        CAPTURE(what);
        const Bytes hostile = assemble(paravirtual_kernel_that(attack));
        for (const bool first : {true, false}) {
            CAPTURE(first);
            const Tried tried =
                beside("paravirtual", hostile, good, first, attack.vmm_options, enough / 2);
            CHECK(check_isolation(tried));
            const std::string outcome = outcome_of(tried);
            seen[attack.name]["paravirtual"] = outcome;
            const auto row = expected.find(attack.name);
            CHECK_MESSAGE(row != expected.end(), "no such row");
            if (row != expected.end()) CHECK(outcome == row->second.at("paravirtual"));
        }
    }
    CHECK(expected.size() == paravirtual_attacks().size());
    write_golden("paravirtual.csv", {"paravirtual"}, paravirtual_attacks(), seen);
}

TEST_CASE("what attacks by 64-bit guests on the VMM that runs such come to") {
    const std::vector<std::string> names = {"vt-x-64", "vt-x-64 exits=all"};
    const Bytes good = ringlet();
    const Table expected = golden("long.csv");
    Table seen;
    bool first = false;
    for (const Attack& attack : long_attacks()) {
        const std::string what = attack.name;
        CAPTURE(what);
        const Bytes hostile = assemble(long_kernel_that(attack));
        first = !first;
        for (const std::string& name : names) {
            CAPTURE(name);
            const size_t vmm_ends = std::min(name.find(' '), name.size());
            const Tried tried = beside(name.substr(0, vmm_ends), hostile, good, first,
                                       name.substr(vmm_ends) + " " + attack.vmm_options, enough);
            CHECK(check_isolation(tried));
            const std::string outcome = outcome_of(tried);
            seen[attack.name][name] = outcome;
            const auto row = expected.find(attack.name);
            CHECK_MESSAGE(row != expected.end(), "no such row");
            if (row != expected.end()) CHECK(outcome == row->second.at(name));
        }
    }
    CHECK(expected.size() == long_attacks().size());
    write_golden("long.csv", names, long_attacks(), seen);
}

TEST_CASE("the watchdog ends a guest that loops with events masked, and no other") {
    const Bytes deaf = assemble(paravirtual_kernel_that({"", "INTERRUPTS_OFF\n jmp $"}));
    const Tried ended = beside("paravirtual", deaf, ringlet("PARAVIRT"), true, "watchdog=50");
    CHECK(check_isolation(ended));
    CHECK(contains(ended.hostile, "it keeps its events masked: the watchdog ends it"));
    CHECK(ended.run.ending.exit_value == 0x7f);
}

TEST_CASE("what a guest leaves in the processor does not reach its neighbour") {
    // A breakpoint where the neighbour will begin, and whatever else a kernel may set.
    const Bytes littering = assemble(kernel_that({"", R"(
    mov eax, start
    mov dr0, eax
    mov dr3, eax
    mov eax, 0x482
    mov dr7, eax
    mov eax, cr0
    or eax, 0x40002             ; AM, MP
    mov cr0, eax
    mov eax, cr4
    or eax, 0xC                 ; TSD, DE
    mov cr4, eax
    mov eax, 0x12345000
    mov cr2, eax
    mov ecx, 0x174
    mov eax, KERNEL_CODE
    xor edx, edx
    wrmsr
    DESCRIPTOR 0x30, 0x1000000F, 0x00008210
    mov eax, 0x30
    lldt ax
    mov ecx, 3000000
    loop $)"}));
    const Bytes quiet = assemble(kernel_that({"", ""}));
    const Bytes looking = assemble(kernel_that({"", R"(
    mov ecx, 1000000
    loop $
    mov eax, dr0
    mov [page], eax
    REPORT "DR0", [page]
    mov eax, dr3
    mov [page], eax
    REPORT "DR3", [page]
    mov eax, dr7
    mov [page], eax
    REPORT "DR7", [page]
    mov eax, cr0
    mov [page], eax
    REPORT "CR0", [page]
    mov eax, cr4
    mov [page], eax
    REPORT "CR4", [page]
    mov eax, cr2
    mov [page], eax
    REPORT "CR2", [page]
    mov ecx, 0x174
    rdmsr
    mov [page], eax
    REPORT "IA32_SYSENTER_CS", [page]
    sldt [page]
    REPORT "LDTR", [page]
    SET_GATE 0x40, .clock_was_read, GATE_USER
    TASK_READY
    TO_RING_3
    rdtsc                       ; faults if CR4.TSD
    int 0x40
    sysenter                    ; faults if IA32_SYSENTER_CS is 0
.clock_was_read:
    mov eax, KERNEL_DATA
    mov ds, eax
    mov es, eax
    SAY "clock read", 10
    iret)"}));
    for (const std::string technique : {"trap-and-emulate", "binary-translation", "vt-x",
                                        "hosted-vt-x", "hosted-binary-translation"}) {
        CAPTURE(technique);
        const Tried disturbed = beside(technique, littering, looking, true);
        const Tried calm = beside(technique, quiet, looking, true);
        CHECK(contains(disturbed.hostile, "went through\n"));
        CHECK(contains(calm.neighbour, "clock read\nrefused\n"));
        CHECK(disturbed.neighbour == calm.neighbour);
    }
}

TEST_CASE("hostile guests made from seeds reach nothing of the VMMs for unchanged guests") {
    const Bytes good = ringlet();
    u64 judged = 0;
    for (u64 seed = 1; seed <= seeds(); ++seed) {
        CAPTURE(seed);
        const Bytes hostile = assemble(random_attacks(seed));
        for (const std::string technique : {"trap-and-emulate", "binary-translation"}) {
            CAPTURE(technique);
            judged += check_isolation(beside(technique, hostile, neighbour_under(technique),
                                             seed % 2 == 0, "", enough / 2));
        }
        const std::string options = seed % 3 == 0   ? ""
                                    : seed % 3 == 1 ? "paging=shadow"
                                                    : "exits=all";
        CAPTURE(options);
        judged +=
            check_isolation(beside("vt-x", hostile, good, seed % 2 == 0, options, enough / 2));
        const std::string hosted = seed % 2 ? "hosted-vt-x" : "hosted-binary-translation";
        CAPTURE(hosted);
        judged += check_isolation(beside(hosted, hostile, good, seed % 4 < 2, "", enough / 2));
    }
    CHECK(judged > seeds());
}

TEST_CASE("hostile guests made from seeds reach nothing of the paravirtual VMM") {
    const Bytes good = ringlet("PARAVIRT");
    u64 judged = 0;
    for (u64 seed = 1; seed <= seeds(); ++seed) {
        CAPTURE(seed);
        judged += check_isolation(beside("paravirtual", assemble(random_hypercalls(seed)), good,
                                         seed % 2 == 0, "", enough / 2));
    }
    CHECK(judged > seeds() / 2);
}

TEST_CASE("a VMM that protects nothing is found out") {
    // It runs its guest in ring 0 and tells it where its own code lies.
    const Bytes trusting = assemble(R"(
bits 32
section .multiboot
align 4
dd 0x1BADB002, 0, -0x1BADB002
section .text
global start
start:
    mov esi, [ebx + 24]
    mov esi, [esi]
    mov edi, 0x1000000
    mov ecx, 16
    cld
    rep movsb
    mov edx, victim
    mov eax, 0x1000000
    jmp eax
victim:
    dd 0
section .rodata
dd 0
section .data
dd 0
)");
    const Bytes quiet = {0x31, 0xC0, 0xE7, 0xF4};  // xor eax, eax; out 0xF4, eax
    Bytes writing = {0xC7, 0x02, 1, 0, 0, 0};      // mov dword [edx], 1
    writing.insert(writing.end(), quiet.begin(), quiet.end());
    const Run one = run_vmm(trusting, {quiet}), other = run_vmm(trusting, {writing});
    CHECK(one.vmm_intact);
    CHECK(one.guest_code_in_ring_0 > 0);
    CHECK_FALSE(other.vmm_intact);
}
