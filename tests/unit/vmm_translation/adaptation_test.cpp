// Adaptive retranslation: a store that keeps hitting a page of translated code is simulated, its
// block forwards to the new version, and it is copied again when it has been innocent for long.
#include "tests/unit/vmm_translation/watched.hpp"

using namespace ringside;
using namespace ringside::test;

namespace {

/// As scenarios/vmms/binary-translation/adaptation.hpp says.
constexpr size_t traps_to_leave = 2, innocent_to_return = 64;

/// A loop whose store goes to `first` `near_rounds` times, then to `second` as often as it says.
std::string loop_that_stores(int near_rounds, int far_rounds, int near_again) {
    const auto rounds = [](const char* where, int count) {
        return std::string("    mov edi, ") + where + "\n    mov ecx, " + std::to_string(count) +
               "\n    call store\n";
    };
    return "main:\n" + rounds("beside_code", near_rounds) + rounds("elsewhere", far_rounds) +
           rounds("beside_code", near_again) +
           "    REPORT \"beside\", [beside_code]\n    REPORT \"elsewhere\", [elsewhere]\n    ret\n"
           "store:\n    add dword [edi], 3\n    dec ecx\n    jnz store\n    ret\n"
           "align 4\nbeside_code: dd 0\n"
           "section .bss\nalignb 4096\nelsewhere: resd 1024\nsection .text\n";
}

}  // namespace

TEST_CASE("a store that traps twice is simulated from then on, and its block forwards") {
    const WrittenGuest guest(loop_that_stores(500, 1, 1));
    const Passed run = guest.translated();
    CHECK(run.serial == guest.native().serial);
    CHECK(run.stop.reason == machine::Stop::DebugExit);
    CHECK(run.count("bt.traced") == traps_to_leave);
    CHECK(run.count("bt.simulate") >= 498);
    CHECK(run.count("bt.retranslate", "simulated", 0) == 0);
    CHECK(run.count("bt.retranslate") >= 1);
    // Only the first trap costs translations: the call-out sees that no code changes.
    CHECK(run.count("bt.invalidate") < 40);
}

TEST_CASE("a simulated store that is innocent for long is copied again") {
    const WrittenGuest guest(loop_that_stores(50, 500, 50));
    const Passed run = guest.translated();
    CHECK(run.serial == guest.native().serial);
    // 49 needed it, the second trap's own being the first; then 64 did not; then, after two more
    // traps, 49 again.
    CHECK(run.count("bt.retranslate", "simulated", 0) == 1);
    CHECK(run.count("bt.traced") == 2 * traps_to_leave);
    const size_t simulated = run.count("bt.simulate");
    CHECK(simulated == 2 * (50 - traps_to_leave + 1) + innocent_to_return);
}

TEST_CASE("a store that is innocent now and then stays simulated") {
    std::string body = "main:\n    mov ebx, 20\n.again:\n";
    body += "    mov edi, beside_code\n    mov ecx, 3\n    call store\n";
    body += "    mov edi, elsewhere\n    mov ecx, 60\n    call store\n";
    body += "    dec ebx\n    jnz .again\n    REPORT \"beside\", [beside_code]\n    ret\n";
    const std::string rest = loop_that_stores(1, 1, 1);
    const WrittenGuest guest(body + rest.substr(rest.find("store:\n")));
    const Passed run = guest.translated();
    CHECK(run.serial == guest.native().serial);
    CHECK(run.count("bt.traced") == traps_to_leave);
    CHECK(run.count("bt.retranslate", "simulated", 0) == 0);
}

TEST_CASE("a simulated store that changes code drops the blocks whose bytes it changes") {
    const WrittenGuest guest(
        "main:\n    xor ebx, ebx\n    mov ecx, 40\n"
        ".next:\n    mov eax, ecx\n    mov edi, patched + 1\n"
        "    test cl, 1\n    jz .code\n    mov edi, beside\n"
        ".code:\n    mov [edi], eax\n"  // now beside code, now into it
        "    call patched\n    dec ecx\n    jnz .next\n"
        "    REPORT \"sum\", ebx\n    ret\n"
        "beside: dd 0\n"
        "patched:\n    mov edx, 0\n    add ebx, edx\n    ret\n");
    const Passed run = guest.translated();
    CHECK(run.serial == guest.native().serial);
    CHECK(run.count("bt.traced") < 10);
    CHECK(run.count("bt.simulate") > 30);
    CHECK(run.count("bt.invalidate") >= 18);
}

TEST_CASE("every form of store that is simulated does what the copied one does, flags and all") {
    const char* const stores[] = {"mov [data], eax",
                                  "mov [data], ax",
                                  "mov [data], ah",
                                  "mov dword [data], -5",
                                  "mov word [data], 0x8001",
                                  "mov byte [data], 0x80",
                                  "mov [ebx+4*esi-8], edx",
                                  "db 0xa3\n    dd data",
                                  "db 0x66, 0xa3\n    dd data",
                                  "db 0xa2\n    dd data",
                                  "add [data], eax",
                                  "add [data], ax",
                                  "add [data], ah",
                                  "or [data], edx",
                                  "adc [data], eax",
                                  "adc byte [data], 0x7f",
                                  "sbb [data], eax",
                                  "sbb word [data], -1",
                                  "and [data], edx",
                                  "sub [data], eax",
                                  "sub byte [data], 0x81",
                                  "xor [data], eax",
                                  "add dword [data], 0x7fffffff",
                                  "inc dword [data]",
                                  "inc byte [data]",
                                  "dec word [data]",
                                  "dec dword [data]",
                                  "not dword [data]",
                                  "not byte [data]",
                                  "neg dword [data]",
                                  "neg word [data]",
                                  "stosd",
                                  "stosb",
                                  "o16 stosw",
                                  "movsd",
                                  "movsb",
                                  "push eax",
                                  "push dword -3",
                                  "push byte -3",
                                  "push dword [data]",
                                  "push esp",
                                  "lock xor [data], eax",
                                  "rep stosd",
                                  "rep movsb"};
    std::string body =
        "%macro SHOW 0\n    pushfd\n    pop eax\n    and eax, 0x8D5\n    rol ebp, 5\n"
        "    xor ebp, eax\n    add ebp, edi\n    add ebp, [data]\n    add ebp, [data - "
        "4]\n%endmacro\n"
        "main:\n    xor ebp, ebp\n    mov dword [rounds], 6\n.again:\n";
    int n = 0;
    for (const char* store : stores) {
        const bool repeats = std::string(store).starts_with("rep");
        const bool pushes = std::string(store).starts_with("push");
        body +=
            "    mov eax, 0x89ABCDEF\n    add eax, [rounds]\n    mov edx, 0x0F1E2D3C\n"
            "    mov ebx, data - 4\n    mov esi, 3\n    mov edi, data\n    mov ecx, 90\n    cld\n";
        if (std::string(store).find("movs") != std::string::npos) body += "    mov esi, main\n";
        if (repeats) body += "    mov edi, room\n";
        if (pushes) body += "    mov [old_esp], esp\n    mov esp, data + 4\n";
        body += n++ % 2 ? "    stc\n" : "    clc\n";
        body += "    " + std::string(store) + "\n";
        if (pushes) body += "    mov edi, esp\n    mov esp, [old_esp]\n    sub edi, main\n";
        body += "    SHOW\n    add ebp, ecx\n";
    }
    body +=
        "    dec dword [rounds]\n    jnz .again\n    REPORT \"sum\", ebp\n    ret\n"
        "align 4\n    dd 0\ndata: dd 1\n    dd 0, 0\nroom: times 100 dd 0\n"
        "section .bss\nalignb 4096\nrounds: resd 1\nold_esp: resd 1\n    resb 4096\nsection "
        ".text\n";
    const WrittenGuest guest(body);
    const Passed run = guest.translated();
    CHECK(run.serial == guest.native().serial);
    CHECK(run.serial.starts_with("sum = "));
    CHECK(run.count("bt.simulate") > 3 * std::size(stores));
}
