// The translation cache at work, point by point: how long a block is, what is chained, what is
// looked up, what never asks the VMM, what a full cache does.
#include "tests/property/random_guest.hpp"
#include "tests/unit/vmm_translation/watched.hpp"

using namespace ringside;
using namespace ringside::test;

namespace {

/// How many instructions each block has, in the order of translation.
std::vector<size_t> block_lengths(const Passed& run) {
    std::vector<size_t> out;
    const auto& insns = run.probes.at("bt.insn");
    size_t i = 0;
    for (const Recorded& end : run.probes.at("bt.block.end")) {
        out.push_back(0);
        for (; i < insns.size() && insns[i].event.when <= end.event.when; ++i) ++out.back();
    }
    return out;
}

std::string repeated(const char* text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

TEST_CASE("a block has at most twelve instructions") {
    const WrittenGuest guest("main:\n" + repeated("    add eax, 1\n", 120) + "    ret\n");
    const Passed run = guest.translated();
    CHECK(run.stop.reason == machine::Stop::DebugExit);
    const std::vector<size_t> lengths = block_lengths(run);
    CHECK(*std::max_element(lengths.begin(), lengths.end()) == 12);
    CHECK(std::count(lengths.begin(), lengths.end(), 12) >= 10);
}

TEST_CASE("a loop runs in the cache, chained: the VMM is asked only while it is new") {
    const WrittenGuest guest(
        "main:\n    mov ecx, 10000\n.next:\n    test cl, 1\n    jz .even\n    inc ebx\n"
        ".even:\n    dec ecx\n    jnz .next\n    REPORT \"odd\", ebx\n    ret\n");
    const Passed run = guest.translated(), native = guest.native();
    CHECK(run.serial == native.serial);
    CHECK(run.count("bt.chain") > 5);
    // Two for each time that the VMM is asked: 20,000 and more if nothing were chained.
    CHECK(run.ring_crossings < 1000);
}

TEST_CASE("return addresses and indirect targets are looked up in the cache, by guest addresses") {
    const WrittenGuest guest(
        "main:\n    mov ecx, 1000\n    mov edx, function\n"
        ".next:\n    call function\n.back:\n    call edx\n.back2:\n    dec ecx\n    jnz .next\n"
        "    REPORT \"calls\", ebx\n    REPORT \"function\", edx\n    ret\n"
        "function:\n    inc ebx\n    ret\n");
    const Passed run = guest.translated();
    CHECK(run.serial == guest.native().serial);
    const u32 function = *run.probes.at("bt.lookup.miss")[0].argument("target");
    // Two returns and an indirect call in each round, all but the first found without the VMM.
    CHECK(run.count("bt.lookup.hit") >= 3 * 999);
    CHECK(run.count("bt.lookup.miss", "target", function) <= 1);
    for (const Recorded& hit : run.probes.at("bt.lookup.hit"))
        CHECK(*hit.argument("target") < 0x200000);  // never an address of the cache
    CHECK(run.ring_crossings < 2000);
}

TEST_CASE("the frequent sensitive instructions are done in the cache") {
    const WrittenGuest guest(
        "main:\n    mov ecx, 500\n"
        ".next:\n    pushf\n    cli\n    popf\n    sti\n    cli\n    mov eax, cr0\n    mov eax, "
        "cr3\n"
        "    smsw eax\n    str eax\n    sldt eax\n    mov eax, cs\n    mov eax, ds\n    push cs\n"
        "    push ds\n    push ss\n    push es\n    push fs\n    push gs\n    add esp, 24\n"
        "    dec ecx\n    jnz .next\n    ret\n");
    const Passed run = guest.translated();
    CHECK(run.stop.reason == machine::Stop::DebugExit);
    CHECK(run.count("bt.callout") < 100);
    CHECK(run.ring_crossings < 1000);
}

TEST_CASE("a rare sensitive instruction is a call-out") {
    const WrittenGuest guest(
        "main:\n    mov ecx, 50\n.next:\n    sgdt [room]\n    dec ecx\n    jnz .next\n"
        "    ret\nsection .bss\nroom: resb 8\nsection .text\n");
    CHECK(guest.translated().count("bt.callout") >= 50);
}

TEST_CASE("a cache that is full is flushed, and the guest does not notice") {
    const WrittenGuest guest(
        "main:\n    mov ebp, 3\n.again:\n    mov edi, many\n"
        ".next:\n    call edi\n    add edi, 4\n    cmp edi, many.end\n    jb .next\n"
        "    dec ebp\n    jnz .again\n    REPORT \"calls\", ebx\n    ret\n"
        "align 4\nmany:\n" +
        repeated("    inc ebx\n    nop\n    nop\n    ret\n", 500) + ".end:\n");
    const Passed large = guest.translated(), small = guest.translated("cache=4");
    const std::string native = guest.native().serial;
    CHECK(large.serial == native);
    CHECK(small.serial == native);
    CHECK(large.count("bt.flush") == 1);  // at the start
    CHECK(small.count("bt.flush") > 5);
    CHECK(small.count("bt.block.end") > large.count("bt.block.end") + 500);
}

TEST_CASE("kernels made from seeds do not notice a cache that is always too small") {
    size_t flushes = 0;
    for (u64 seed = 1; seed <= 8; ++seed) {
        CAPTURE(seed);
        property::RandomGuestOptions options;
        options.sensitive = true;
        options.paging = seed % 4 != 0;
        options.user_mode = seed % 3 != 0;
        const WrittenGuest guest("guest.asm", property::random_guest(seed, options));
        const Passed native = guest.native(), run = guest.translated("cache=4");
        CHECK(run.serial == native.serial);
        CHECK(run.stop.reason == machine::Stop::DebugExit);
        flushes += run.count("bt.flush");
    }
    CHECK(flushes > 3 * 8);
}

TEST_CASE("a guest finds its own command line in its boot information, not the VMM's") {
    const WrittenGuest guest(
        "main:\n    mov eax, [boot_information]\n    mov esi, [eax + 16]\n    call serial_puts\n"
        "    ret\nsection .data\nboot_information: dd 0x9000\nsection .text\n");
    const Programs programs =
        programs_of(guest.scenario(), "binary-translation", "cache=4", "stress=3");
    CHECK(run(guest.scenario(), programs).serial == "guest.elf stress=3");
}

TEST_CASE("the place of the cache and of the guest's memory is published") {
    const Passed run = WrittenGuest("main:\n    ret\n").translated();
    CHECK(run.count("guest.memory") == 1);
    CHECK(run.count("translation.cache") == 1);
    CHECK(*run.probes.at("translation.cache")[0].argument("size") == 0x20000);
}
