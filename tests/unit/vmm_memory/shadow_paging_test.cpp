// Traced shadow page tables: no guest can tell them from its own, whatever it stores where, and
// with or without what flushes a TLB; and what they are for: switches that cost no faults, stores
// that cost one each, or none once binary translation has adapted.
#include "tests/unit/vmm_memory/everywhere.hpp"

using namespace ringside;
using namespace ringside::test;

namespace {

/// As scenarios/vmms/binary-translation/adaptation.hpp and common/shadow_tables.hpp say.
constexpr size_t traps_to_leave = 2, most_spaces = 8, most_tables = 64;

/// A kernel with paging on: the low 4 MiB mapped one to one by low_table, which maps itself, too;
/// at WINDOW a page of its own by window_table. VALUE n puts n into page n of `pages`.
WrittenGuest paged(const std::string& body) {
    return WrittenGuest(
        "OPEN equ 7\nREAD_ONLY equ 5\nWINDOW equ 0x400000\nCR0_PG equ 1 << 31\nCR0_WP equ 1 << 16\n"
        "%macro MAP 2\n    mov dword [window_table], pages + 4096 * (%1) + %2\n%endmacro\n"
        "main:\n"
        "    mov ecx, 1023\n"
        ".identity:\n    mov eax, ecx\n    shl eax, 12\n    or eax, OPEN\n"
        "    mov [low_table + ecx * 4], eax\n    dec ecx\n    jns .identity\n"
        "    mov ecx, 7\n"
        ".values:\n    mov eax, ecx\n    shl eax, 12\n    mov [pages + eax], ecx\n    dec ecx\n"
        "    jns .values\n"
        "    mov dword [directory], low_table + OPEN\n"
        "    mov dword [directory + 4], window_table + OPEN\n"
        "    MAP 1, OPEN\n"
        "    mov eax, directory\n    mov cr3, eax\n"
        "    mov eax, cr0\n    or eax, CR0_PG | CR0_WP\n    mov cr0, eax\n" +
        body +
        "    ret\n"
        "section .bss\nalignb 4096\n"
        "directory: resb 4096\nsecond_directory: resb 4096\nlow_table: resb 4096\n"
        "window_table: resb 4096\nsecond_table: resb 4096\npages: resb 8 * 4096\n"
        "more: resb 16 * 4096\nsection .text\n");
}

}  // namespace

TEST_CASE("a page table changed and flushed is in force, whatever way it was changed") {
    same_under_shadow_paging(
        paged("    REPORT \"first\", [WINDOW]\n"
              "    MAP 2, OPEN\n    invlpg [WINDOW]\n    REPORT \"mov\", [WINDOW]\n"
              "    mov eax, pages + 3 * 4096 + OPEN\n    xchg [window_table], eax\n"
              "    invlpg [WINDOW]\n    REPORT \"xchg\", [WINDOW]\n"
              "    mov ecx, pages + 4 * 4096 + OPEN\n    mov eax, [window_table]\n"
              "    lock cmpxchg [window_table], ecx\n"
              "    invlpg [WINDOW]\n    REPORT \"cmpxchg\", [WINDOW]\n"
              "    add dword [window_table], 4096\n"
              "    invlpg [WINDOW]\n    REPORT \"add\", [WINDOW]\n"
              "    mov eax, pages + 6 * 4096 + OPEN\n    mov edi, window_table\n    mov ecx, 1\n"
              "    cld\n    rep stosd\n    invlpg [WINDOW]\n    REPORT \"stos\", [WINDOW]\n"
              "    mov dword [second_table], pages + 2 * 4096 + OPEN\n"
              "    mov dword [directory + 4], second_table + OPEN\n"
              "    mov eax, cr3\n    mov cr3, eax\n    REPORT \"directory\", [WINDOW]\n"
              "    mov byte [second_table + 1], (pages + 7 * 4096) >> 8 & 0xff\n"
              "    invlpg [WINDOW]\n    REPORT \"byte\", [WINDOW]\n"
              "    MAP 1, OPEN\n    mov eax, window_table + OPEN\n    xchg [directory + 4], eax\n"
              "    mov eax, cr3\n    mov cr3, eax\n    REPORT \"xchg directory\", [WINDOW]\n"));
}

TEST_CASE("a directory changed is in force after MOV CR3") {
    same_under_shadow_paging(
        paged("    REPORT \"first\", [WINDOW]\n"
              "    mov dword [second_table], pages + 2 * 4096 + OPEN\n    mov ebx, 3\n.again:\n"
              "    mov dword [directory + 4], second_table + OPEN\n"
              "    mov eax, cr3\n    mov cr3, eax\n    REPORT \"second table\", [WINDOW]\n"
              "    mov dword [directory + 4], window_table + OPEN\n"
              "    mov eax, cr3\n    mov cr3, eax\n    REPORT \"first table\", [WINDOW]\n"
              "    add dword [window_table], 4096\n    invlpg [WINDOW]\n"
              "    dec ebx\n    jnz .again\n"));
}

TEST_CASE("a table that was changed by what the VMM cannot do is right after the next flush") {
    same_under_shadow_paging(
        paged("    REPORT \"first\", [WINDOW]\n"
              "    mov dword [second_directory], low_table + OPEN\n"
              "    mov dword [second_directory + 4], window_table + OPEN\n    mov ebx, 2\n.again:\n"
              "    mov eax, pages + 2 * 4096 + OPEN\n    xchg [window_table], eax\n"
              "    mov eax, cr3\n    mov cr3, eax\n    REPORT \"xchg\", [WINDOW]\n"
              "    mov eax, pages + 3 * 4096 + OPEN\n    xchg [window_table], eax\n"
              "    invlpg [WINDOW]\n    REPORT \"xchg again\", [WINDOW]\n"
              "    MAP 4, OPEN\n"  // no trap: the table is open
              "    mov eax, cr3\n    mov cr3, eax\n    REPORT \"mov\", [WINDOW]\n"
              "    mov eax, pages + 5 * 4096 + OPEN\n    xchg [window_table], eax\n"
              "    invlpg [WINDOW]\n    REPORT \"once more\", [WINDOW]\n"
              "    MAP 6, OPEN\n"
              "    mov eax, second_directory\n    mov cr3, eax\n    REPORT \"there\", [WINDOW]\n"
              "    MAP 7, OPEN\n"
              "    mov eax, directory\n    mov cr3, eax\n    REPORT \"back\", [WINDOW]\n"
              "    mov eax, second_table + OPEN\n    mov dword [second_table], pages + OPEN\n"
              "    xchg [directory + 4], eax\n    mov eax, cr3\n    mov cr3, eax\n"
              "    REPORT \"directory\", [WINDOW]\n"
              "    mov dword [directory + 4], window_table + OPEN\n"
              "    mov eax, cr3\n    mov cr3, eax\n    REPORT \"and back\", [WINDOW]\n"
              "    dec ebx\n    jnz .again\n"));
}

TEST_CASE("more rights and new pages need no flush") {
    same_under_shadow_paging(
        paged("    SET_GATE 14, on_fault, GATE_KERNEL\n"
              "    REPORT \"none yet\", [WINDOW + 4096]\n"
              "    mov dword [window_table + 4], pages + 2 * 4096 + OPEN\n"
              "    REPORT \"now there\", [WINDOW + 4096]\n"
              "    MAP 3, READ_ONLY\n    invlpg [WINDOW]\n    REPORT \"read-only\", [WINDOW]\n"
              "    mov dword [WINDOW], 30\n    REPORT \"kept\", [WINDOW]\n"
              "    MAP 3, OPEN\n    mov dword [WINDOW], 31\n    REPORT \"written\", [WINDOW]\n"
              "    MAP 3, READ_ONLY\n    invlpg [WINDOW]\n"
              "    mov dword [WINDOW], 32\n    REPORT \"kept again\", [WINDOW]\n"
              "    REPORT \"faults\", [faults]\n    ret\n"
              // The load becomes one of EAX = 0; the store is skipped: C7 05, address, value.
              "on_fault:\n    inc dword [faults]\n    add esp, 4\n    push eax\n    push edx\n"
              "    mov edx, [esp + 8]\n    mov eax, 5\n    cmp byte [edx], 0xa1\n    je .skip\n"
              "    mov eax, 10\n.skip:\n    add [esp + 8], eax\n    pop edx\n    pop eax\n"
              "    iret\nsection .data\nalign 4\nfaults: dd 0\nsection .text\n"));
}

TEST_CASE("a table of another address space may be changed while it is not in use") {
    const auto passed = same_under_shadow_paging(
        paged("    MAP 1, OPEN\n    REPORT \"before\", [WINDOW]\n"
              "    mov dword [second_directory], low_table + OPEN\n"
              "    mov dword [second_directory + 4], second_table + OPEN\n"
              "    mov dword [second_table], pages + 2 * 4096 + OPEN\n"
              "    mov ebx, 5\n.again:\n"
              "    mov eax, second_directory\n    mov cr3, eax\n    REPORT \"second\", [WINDOW]\n"
              // Read first: the copy of a table's page is read-only, though the page is dirty.
              "    mov edx, [window_table]\n    mov edx, [second_table]\n"
              "    mov ecx, ebx\n    shl ecx, 12\n    lea eax, [pages + ecx + OPEN]\n"
              "    mov [window_table], eax\n"
              "    mov eax, directory\n    mov cr3, eax\n    REPORT \"first\", [WINDOW]\n"
              "    lea eax, [pages + ecx + 4096 + OPEN]\n    mov [second_table], eax\n"
              "    dec ebx\n    jnz .again\n"));
    for (const auto& [vmm, run] : passed) {
        CAPTURE(vmm);
        CHECK(run.count("shadow.space", "known", 1) >= 8);
        CHECK(run.count("shadow.space", "known", 0) <= 3);
    }
}

TEST_CASE("switching between address spaces costs no page faults once they are known") {
    const auto with_switches = [](int count) {
        return paged(
            "    mov dword [second_directory], low_table + OPEN\n"
            "    mov dword [second_directory + 4], window_table + OPEN\n"
            "    mov ebx, " +
            std::to_string(count) +
            "\n.again:\n    mov eax, second_directory\n    mov cr3, eax\n    call touch\n"
            "    mov eax, directory\n    mov cr3, eax\n    call touch\n"
            "    dec ebx\n    jnz .again\n    REPORT \"done\", ebx\n    ret\n"
            "touch:\n    mov ecx, 7 * 4096\n"
            ".page:\n    inc dword [pages + ecx]\n    sub ecx, 4096\n    jnc .page\n"
            "    ret\n");
    };
    std::map<std::string, size_t> few;
    for (const auto& [vmm, run] : same_under_shadow_paging(with_switches(10)))
        few[vmm] = run.page_faults;
    for (const auto& [vmm, run] : same_under_shadow_paging(with_switches(100))) {
        CAPTURE(vmm);
        CHECK(few[vmm] > 10);
        CHECK(run.page_faults == few[vmm]);
    }
}

TEST_CASE("accessed and dirty bits are set when the manual says, again and again") {
    same_under_shadow_paging(
        paged("    mov ebx, 3\n.again:\n    MAP 1, OPEN\n    invlpg [WINDOW]\n"
              "    REPORT \"clean\", [window_table]\n"
              "    mov eax, [WINDOW]\n    REPORT \"read\", [window_table]\n"
              "    mov [WINDOW], eax\n    REPORT \"written\", [window_table]\n"
              "    and dword [window_table], ~0x40\n    invlpg [WINDOW]\n"
              "    mov eax, [WINDOW]\n    REPORT \"still accessed\", [window_table]\n"
              "    mov [WINDOW], eax\n    REPORT \"dirty again\", [window_table]\n"
              "    REPORT \"directory\", [directory + 4]\n"
              "    dec ebx\n    jnz .again\n"));
}

TEST_CASE("a table that maps itself can be changed through itself") {
    same_under_shadow_paging(
        paged("    mov eax, [0x300000]\n"
              "    mov dword [low_table + 0x300 * 4], pages + 5 * 4096 + OPEN\n"
              "    invlpg [0x300000]\n    REPORT \"mov\", [0x300000]\n"
              "    mov eax, pages + 6 * 4096 + OPEN\n    xchg [low_table + 0x300 * 4], eax\n"
              "    invlpg [0x300000]\n    REPORT \"xchg\", [0x300000]\n"
              // The directory as a page table: the classic window on all tables.
              "    mov dword [directory + 4 * 1000], directory + OPEN\n"
              "    REPORT \"table\", [0xFA000000 - 1 * 0x400000 + 0x400000 + 4 * 0x300]\n"
              "    mov dword [0xFA000000 + 4096], pages + 7 * 4096 + OPEN\n"
              "    invlpg [WINDOW]\n    REPORT \"through the window\", [WINDOW]\n"));
}

TEST_CASE("more address spaces and tables than there is room for") {
    std::string body = "    mov ebx, 0\n.make:\n";
    body +=
        "    mov edi, ebx\n    shl edi, 12\n    mov dword [more + edi], low_table + OPEN\n"
        "    mov dword [more + edi + 4], window_table + OPEN\n"
        "    inc ebx\n    cmp ebx, 16\n    jb .make\n"
        "    mov ebp, 0\n    mov edx, 40\n.use:\n    lea eax, [more + ebp]\n    mov cr3, eax\n"
        "    mov eax, edx\n    and eax, 7\n    shl eax, 12\n    add eax, pages + OPEN\n"
        "    mov [window_table], eax\n    invlpg [WINDOW]\n    add esi, [WINDOW]\n"
        "    imul esi, esi, 7\n    add ebp, 4096\n    and ebp, 0xffff\n    dec edx\n    jnz .use\n"
        "    REPORT \"spaces\", esi\n"
        // One table in a hundred places.
        "    mov ecx, 100\n.places:\n    mov dword [more + ecx * 4], window_table + OPEN\n"
        "    dec ecx\n    jnz .places\n"
        "    mov eax, more\n    mov cr3, eax\n    mov ebx, 3\n.round:\n    mov ecx, 100\n"
        ".read:\n    mov eax, ecx\n    shl eax, 22\n    add edi, [eax]\n    imul edi, edi, 3\n"
        "    dec ecx\n    jnz .read\n    add dword [window_table], 4096\n"
        "    mov eax, cr3\n    mov cr3, eax\n    dec ebx\n    jnz .round\n"
        "    REPORT \"places\", edi\n";
    static_assert(16 > most_spaces && 100 > most_tables);
    same_under_shadow_paging(paged("    xor esi, esi\n    xor edi, edi\n" + body));
}

TEST_CASE("a page that is a table no more is written without faults") {
    const auto passed = same_under_shadow_paging(
        paged("    REPORT \"before\", [WINDOW]\n"
              "    mov dword [directory + 4], second_table + OPEN\n"
              "    mov eax, cr3\n    mov cr3, eax\n"
              "    mov ecx, 1023\n.fill:\n    mov [window_table + ecx * 4], ecx\n    dec ecx\n"
              "    jns .fill\n    REPORT \"last\", [window_table + 4092]\n"));
    for (const auto& [vmm, run] : passed) {
        CAPTURE(vmm);
        CHECK(run.count("shadow.untrace") + run.count("shadow.trace") > 0);
        CHECK(run.count("shadow.traced") < 100);
    }
}

TEST_CASE("a store to a page table faults each time, but in binary translation only twice") {
    // The value stays: nothing is forgotten, so nothing has to be found again either.
    const auto with_stores = [](size_t count) {
        return paged("    mov eax, [WINDOW]\n    mov eax, [window_table]\n    mov ecx, " +
                     std::to_string(count) +
                     "\n.again:\n    mov [window_table], eax\n    dec ecx\n    jnz .again\n"
                     "    REPORT \"entry\", [window_table]\n    REPORT \"page\", [WINDOW]\n");
    };
    std::map<std::string, size_t> few;
    for (const auto& [vmm, run] : same_under_shadow_paging(with_stores(100)))
        few[vmm] = run.page_faults;
    for (const auto& [vmm, run] : same_under_shadow_paging(with_stores(500))) {
        CAPTURE(vmm);
        const bool translated = vmm.find("binary") != std::string::npos;
        CHECK(run.count("shadow.traced") == (translated ? traps_to_leave : 500));
        CHECK(run.count("bt.simulate") == (translated ? 500 - traps_to_leave + 1 : 0));
        CHECK(run.page_faults - few[vmm] == (translated ? 0 : 400));
    }
}
