// A port that is only a byte of the VMM's: the guest never reaches the real one.
#include "tests/unit/vmm_memory/everywhere.hpp"

using namespace ringside;
using namespace ringside::test;

namespace {

const char* const accesses =
    "main:\n    in al, 0x80\n    mov [seen], al\n    REPORT \"first\", [seen]\n"
    "    mov ebx, 40\n.again:\n    mov eax, ebx\n    imul eax, eax, 7\n    out 0x80, al\n"
    "    mov eax, -1\n    in al, 0x80\n    add [sum], eax\n"
    "    mov edx, 0x80\n    in al, dx\n    add [sum], eax\n"
    "    inc eax\n    out dx, al\n    xor eax, eax\n    in al, 0x80\n    add [sum], eax\n"
    "    stc\n    in al, 0x80\n    adc dword [sum], 0\n"
    "    dec ebx\n    jnz .again\n    REPORT \"sum\", [sum]\n"
    "    in ax, 0x80\n    movzx eax, ax\n    mov [seen], eax\n    REPORT \"wide\", [seen]\n"
    "    mov eax, 0x5A\n    out 0x80, al\n    ret\n"
    "section .data\nalign 4\nsum: dd 0\nseen: dd 0\nsection .text\n";

}  // namespace

TEST_CASE("port 0x80 is a byte that every guest has for itself") {
    const WrittenGuest guest(accesses);
    same_under(shadowing_vmms, guest);
    same_under(ept_vmms, guest);
    for (const char* technique : {"trap-and-emulate", "binary-translation", "vt-x", "hosted-vt-x",
                                  "hosted-binary-translation"}) {
        CAPTURE(technique);
        const Programs programs = programs_of(guest.scenario(), technique);
        machine::Machine m = value(make_machine(guest.scenario(), programs, *value(find_cpu(""))));
        machine::run(m, {.instructions = 20'000'000}, {});
        CHECK(m.board.post_code() == 0);  // the real one
    }
}

TEST_CASE("in translated code a byte from port 0x80 comes from the cache, if the port is plain") {
    const WrittenGuest guest(
        "main:\n    mov ecx, 300\n.again:\n    in al, 0x80\n"
        "    out 0x80, al\n    dec ecx\n    jnz .again\n"
        "    REPORT \"ecx\", ecx\n    ret\n");
    const Passed run = guest.translated();
    const u32 kind_in_cache = 3;
    CHECK(run.count("bt.insn", "kind", kind_in_cache) >= 2);
    CHECK(run.count("bt.callout") < 200);  // what prints
    CHECK(run.serial == guest.native().serial);
}
