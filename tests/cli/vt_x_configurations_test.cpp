// VT-x by EPT and by shadow page tables, with the fewest exits and with all, and hosted: no guest
// can tell.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/kernels.hpp"
#include "tests/cli/program.hpp"
#include "tests/property/random_guest.hpp"

namespace {

using namespace ringside::test;
using nlohmann::json;

const std::vector<std::string> configurations = {"", "paging=shadow", "exits=all",
                                                 "paging=shadow exits=all"};

/// `technique`: of the VMM's image. That of 64-bit guests runs the others as well.
struct Vmm {
    std::string technique, options;
};
const std::vector<Vmm> vmms = {{"vt-x", ""},
                               {"vt-x", "paging=shadow"},
                               {"vt-x", "exits=all"},
                               {"vt-x", "paging=shadow exits=all"},
                               {"hosted-vt-x", ""},
                               {"hosted-vt-x", "paging=shadow exits=all"},
                               {"vt-x-64", ""},
                               {"vt-x-64", "paging=shadow"},
                               {"vt-x-64", "exits=all"}};

std::vector<std::string> scenarios_with_vt_x() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator("scenarios/guests"))
        if (slurp(entry.path() / "scenario.toml").find("\"vt-x\"") != std::string::npos)
            names.push_back(entry.path().filename().string());
    return names;
}

/// The kernel says under every configuration what it says without a VMM.
void check_kernel(const std::string& body, const std::string& expected) {
    const Folder folder;
    const std::string image = kernel(folder, body);
    const Ran native = invoke(folder, {"boot", image});
    CHECK(native.out == expected);
    CHECK(native.status == success);
    for (const auto& [technique, options] : vmms) {
        CAPTURE(technique);
        CAPTURE(options);
        const Ran ran = boot_under(folder, technique, options, image);
        CHECK(ran.out == expected);
        CHECK(ran.status == success);
    }
}

/// Each line's handler goes on at the next; "GP" or "UD" for each that faults, "ok" for others.
std::string try_each(const std::vector<std::string>& lines) {
    std::string body =
        "SET_GATE 6, invalid, GATE_KERNEL\n SET_GATE 13, protection, GATE_KERNEL\n"
        "mov [frame], esp\n";
    int n = 0;
    for (const std::string& line : lines) {
        const std::string next = "next_" + std::to_string(n++);
        body += "mov dword [resume], " + next + "\n " + line + "\nSAY \"ok\", 10\n" + next + ":\n";
    }
    return body +
           " ret\n"
           "invalid: SAY \"UD\", 10\n mov esp, [frame]\n jmp [resume]\n"
           "protection: SAY \"GP\", 10\n mov esp, [frame]\n jmp [resume]\n"
           "section .data\nalign 4\nresume: dd 0\nframe: dd 0\nsection .text\n";
}

}  // namespace

TEST_CASE("every scenario is equivalent to native under every configuration of VT-x") {
    const auto names = scenarios_with_vt_x();
    REQUIRE(names.size() >= 10);
    for (const std::string& name : names)
        for (const std::string& options : configurations) {
            if (options.empty()) continue;  // every technique's test has it
            CAPTURE(name);
            CAPTURE(options);
            const Folder folder;
            const Ran ran = invoke(folder, {"compare", name, "--techniques", "native,vt-x",
                                            "--vmm-options", options, "--report", "json"});
            const json report = json::parse(ran.out, nullptr, false);
            REQUIRE(!report.is_discarded());
            if (name.ends_with("-64") && options.find("shadow") != std::string::npos) {
                CHECK(report["runs"][1]["serial"].get<std::string>().starts_with(
                    "vmm: not modelled: IA-32e mode under shadow paging, at 001"));
                continue;
            }
            CHECK_MESSAGE(ran.status == 0, ran.err);
            CHECK(report["runs"][1]["outcome"] == "completed");
            CHECK(report["runs"][1]["equivalent"] == true);
        }
}

TEST_CASE("each option of VT-x costs exits, and an option that it does not know is a sentence") {
    const auto exits = [](const std::string& options) {
        const Folder folder;
        const Ran ran = invoke(folder, {"run", "ringlet", "--technique", "vt-x", "--vmm-options",
                                        options, "--report", "json"});
        const json report = json::parse(ran.out, nullptr, false);
        REQUIRE(!report.is_discarded());
        return report["vm_exits"].get<long>();
    };
    const long fewest = exits("paging=ept exits=minimal");
    CHECK(fewest > 0);
    CHECK(exits("paging=shadow") > fewest);
    CHECK(exits("exits=all") > 2 * fewest);
    CHECK(exits("paging=shadow exits=all") > exits("paging=shadow"));
    const Ran wrong = boot_kernel("vt-x", "", "paging=shadows");
    CHECK(wrong.out == "vmm: the option paging is ept or shadow\n");
    CHECK(wrong.status == vmm_gave_up);
}

TEST_CASE("exits=all: each instruction that a control can watch takes the guest out") {
    const Folder folder;
    fs::create_directory(folder.path() / "ten");
    fs::copy("scenarios/guests/common", folder.path() / "ten/common", fs::copy_options::recursive);
    folder.write("ten/scenario.toml",
                 "name = \"ten\"\ntitle = \"Ten\"\nsummary = \"Ten times\"\n"
                 "techniques = [\"native\", \"vt-x\"]\n"
                 "[guest]\nsource = \"ten.asm\"\n[stop]\ninstructions = 5_000_000\n");
    const auto exits = [&folder](const std::string& line, const std::string& options) {
        folder.write("ten/ten.asm", kernel_text("sub esp, 8\n xor edx, edx\n%rep 10\n" + line +
                                                "\n%endrep\n add esp, 8\n"));
        const Ran ran = invoke(folder, {"run", "./ten", "--technique", "vt-x", "--vmm-options",
                                        options, "--report", "json"});
        const json report = json::parse(ran.out, nullptr, false);
        REQUIRE_MESSAGE(!report.is_discarded(), ran.err);
        CHECK(report["outcome"] == "completed");
        return report.at("vm_exits").get<long>();
    };
    const long without = exits("nop", "exits=all"), fewest = exits("nop", "exits=minimal");
    for (const std::string line : {"rdtsc", "invlpg [0x1000]", "wbinvd", "sgdt [esp]", "str ax",
                                   "mov ebx, dr7", "mov ebx, cr0\n xor ebx, 0x10000\n mov cr0, ebx",
                                   "mov ebx, cr3", "rdrand ebx", "rdseed ebx"}) {
        CAPTURE(line);
        // Where the guest itself does the work, the monitor trap flag takes it out once more.
        const long more = exits(line, "exits=all") - without;
        CHECK(more >= 10);
        CHECK(more <= 20);
        CHECK(exits(line, "exits=minimal") == fewest);
    }
}

TEST_CASE("an interrupt that waits reaches a VT-x guest as soon as it lets it in") {
    // One shot of the timer, seen in the controller's request register while IF is 0. Nothing but
    // the interrupt window takes the guest out between STI and the look at `ticks`.
    check_kernel(
        "cli\n SET_GATE 0x20, one_tick, GATE_KERNEL\n"
        "mov al, 0x11\n out 0x20, al\n out 0xA0, al\n mov al, 0x20\n out 0x21, al\n"
        "mov al, 0x28\n out 0xA1, al\n mov al, 4\n out 0x21, al\n mov al, 2\n out 0xA1, al\n"
        "mov al, 1\n out 0x21, al\n out 0xA1, al\n mov al, 0xFE\n out 0x21, al\n"
        "mov al, 0xFF\n out 0xA1, al\n"
        "mov al, 0x30\n out 0x43, al\n mov al, 0xFF\n out 0x40, al\n xor eax, eax\n out 0x40, al\n"
        ".wait: mov al, 0x0A\n out 0x20, al\n in al, 0x20\n test al, 1\n jz .wait\n"
        "mov ebx, [ticks]\n sti\n nop\n nop\n mov edi, [ticks]\n cli\n"
        "mov eax, ebx\n call serial_hex\n mov eax, edi\n call serial_hex\n ret\n"
        "one_tick: inc dword [ticks]\n push eax\n mov al, 0x20\n out 0x20, al\n pop eax\n iret\n"
        "section .bss\nalignb 4\nticks: resd 1\nsection .text\n",
        "01");
}

TEST_CASE("a VT-x guest finds its control registers as a boot loader leaves them") {
    check_kernel(
        "smsw eax\n and eax, 0x1F\n call serial_hex\n SAY \" \"\n"
        "mov eax, cr0\n and eax, 0x80010031\n call serial_hex\n SAY \" \"\n"
        "mov eax, cr4\n call serial_hex\n SAY \" \"\n mov eax, cr3\n call serial_hex\n",
        "11 11 0 0");
}

TEST_CASE(
    "what the processor refuses of CR0 and CR4 is #GP in the VT-x guest, whatever else changes") {
    const std::string cr0 = "mov eax, cr0\n xor eax, ", to_cr0 = "\n mov cr0, eax";
    check_kernel(try_each({
                     cr0 + "0x20" + to_cr0,                               // NE alone: allowed
                     "mov eax, 0x80000020\n mov cr0, eax",                // PG without PE, and NE
                     "mov eax, 0x80000000\n mov cr0, eax",                // PG without PE
                     cr0 + "0x20000020" + to_cr0,                         // NW without CD, and NE
                     cr0 + "0x20000000" + to_cr0,                         // NW without CD
                     cr0 + "0x40000020" + to_cr0,                         // CD and NE: allowed
                     "mov eax, cr4\n or eax, 0x80000000\n mov cr4, eax",  // reserved
                     "mov eax, cr4\n or eax, 0x1000\n mov cr4, eax",
                     "mov eax, cr4\n or eax, 0x20000\n mov cr4, eax",  // PCIDE outside IA-32e mode
                     "mov eax, cr4\n or eax, 4\n mov cr4, eax",        // TSD: allowed
                 }),
                 "ok\nGP\nGP\nGP\nGP\nok\nGP\nGP\nGP\nok\n");
    // VMXE there is without a VMM, so only VT-x refuses it.
    for (const auto& [technique, options] : vmms) {
        CAPTURE(technique);
        CAPTURE(options);
        const Ran ran = boot_kernel(technique,
                                    try_each({"mov eax, cr4\n or eax, 0x2000\n mov cr4, eax",
                                              "mov eax, cr4\n or eax, 0x80002000\n mov cr4, eax"}),
                                    options);
        CHECK(ran.out == "GP\nGP\n");
        CHECK(ran.status == success);
    }
}

TEST_CASE("debug registers, single steps and exceptions of exceptions are a VT-x guest's own") {
    // A breakpoint outlives exits (IN is one); a step over an instruction that the VMM does ends
    // behind it; #NP in the delivery of #GP becomes #DF.
    check_kernel(
        "SET_GATE 1, debug, GATE_KERNEL\n SET_GATE 8, double, GATE_KERNEL\n"
        "mov eax, watched\n mov dr0, eax\n mov eax, 0x00010003\n or eax, 0x000C0000\n mov dr7, "
        "eax\n"
        "in al, 0x21\n mov dword [watched], 1\n"
        "xor eax, eax\n mov dr7, eax\n"
        "pushf\n or dword [esp], 0x100\n popf\n in al, 0x21\n"
        "after: pushf\n and dword [esp], ~0x100\n popf\n"
        "mov dword [stop], 1\n"
        "and dword [idt + 13 * 8 + 4], ~0x8000\n"
        "mov eax, 0x80000020\n mov cr0, eax\n"
        "debug: push eax\n mov eax, dr6\n and eax, 0xE00F\n call show\n"
        "xor eax, eax\n mov dr6, eax\n mov eax, [esp + 4]\n sub eax, after\n jnz .no\n"
        "push esi\n SAY \"after \"\n pop esi\n.no: pop eax\n iret\n"
        "show: pusha\n call serial_hex\n SAY \" \"\n popa\n ret\n"
        "double: SAY \"double\"\n EXIT 0\n"
        "section .data\nalign 4\nwatched: dd 0\nstop: dd 0\nsection .text\n",
        "1 4000 after 4000 4000 4000 double");
}

TEST_CASE("random guests do not notice VT-x, however it is configured") {
    ringside::u64 seed = 140;
    for (const auto& [technique, options] : vmms)
        for (const ringside::u64 end = seed + 5; seed < end; ++seed) {
            CAPTURE(seed);
            CAPTURE(technique);
            CAPTURE(options);
            ringside::property::RandomGuestOptions made;
            made.sensitive = true;
            made.paging = seed % 4 != 0;
            const Folder folder;
            const std::string image = assemble(
                folder, folder.write("guest.asm", ringside::property::random_guest(seed, made)));
            const Ran native = invoke(folder, {"boot", image});
            CHECK(native.status == success);
            const Ran ran = boot_under(folder, technique, options, image);
            CHECK(ran.out == native.out);
            CHECK(ran.status == success);
        }
}

namespace {

/// Two kernels under one VMM: what each said, on COM1 and on COM2.
struct TwoRan {
    Ran first;
    std::string second;
};
TwoRan boot_two(const Folder& folder, const Vmm& vmm, const std::string& one,
                const std::string& other) {
    TwoRan out;
    const std::string second = (folder.path() / "com2").string();
    out.first = invoke(
        folder, {"boot", "--max-instructions", "50000000", "--options", vmm.options, "--serial2",
                 second, vmm_image(vmm.technique), "--module", one, "--module", other});
    out.second = slurp(second);
    return out;
}

}  // namespace

TEST_CASE("two guests of VT-x take turns, and each says what it says alone") {
    const Folder folder;
    const std::string ringlet =
        assemble(folder, fs::absolute("scenarios/guests/ringlet/ringlet.asm"));
    const std::string paging =
        assemble(folder, fs::absolute("scenarios/guests/mov-cr3/mov-cr3.asm"));
    // Waits in a loop until it has seen 20 ticks; with its neighbour's it would be too quick.
    const std::string ticks =
        kernel(folder,
               "call tick_init\n sti\n.again: cmp dword [ticks], 20\n jb .again\n cli\n"
               "REPORT \"ticks\", [ticks]\n ret\n%include \"common/tick.inc\"\n",
               "ticks");
    const std::string images[][2] = {{ringlet, ringlet}, {paging, ringlet}, {ringlet, ticks}};
    for (const auto& [one, other] : images)
        for (const Vmm& vmm : vmms) {
            CAPTURE(vmm.technique);
            CAPTURE(vmm.options);
            CAPTURE(one);
            const TwoRan ran = boot_two(folder, vmm, one, other);
            CHECK(ran.first.out == invoke(folder, {"boot", one}).out);
            CHECK(ran.second == invoke(folder, {"boot", other}).out);
            CHECK(ran.first.status == success);
        }
}

TEST_CASE("a guest of VT-x that goes round for ever, or ends badly, does not hold the other up") {
    const Folder folder;
    const std::string ringlet =
        assemble(folder, fs::absolute("scenarios/guests/ringlet/ringlet.asm"));
    const std::string alone = invoke(folder, {"boot", ringlet}).out;
    const std::string shut_down = kernel(
        folder, "lidt [none]\n ud2\nsection .data\nnone: dw 0\n dd 0\nsection .text\n", "shut");
    const std::string reaches = kernel(folder, "mov eax, [0x1000000]\n", "reaches");
    const std::string halts = kernel(folder, "mov al, 0xFF\n out 0x21, al\n sti\n hlt\n", "halts");
    const std::string endless = kernel(folder, "cli\n.on: jmp .on\n", "endless");
    for (const Vmm& vmm : vmms) {
        CAPTURE(vmm.technique);
        CAPTURE(vmm.options);
        const struct {
            std::string image, message;
        } bad[] = {{shut_down, "vmm: the guest shut down: a triple fault at 001"},
                   {reaches, "vmm: the guest reaches for physical address 01000000, beyond"},
                   {halts, "vmm: the guest halted and no interrupt can wake it at 001"}};
        for (const auto& row : bad) {
            const TwoRan ran = boot_two(folder, vmm, ringlet, row.image);
            CHECK(ran.first.out == alone);
            CHECK(ran.second.starts_with(row.message));
            CHECK(ran.first.status == vmm_gave_up);
            CHECK(boot_two(folder, vmm, row.image, ringlet).second == alone);
        }
        const TwoRan ran = boot_two(folder, vmm, ringlet, endless);
        CHECK(ran.first.out == alone);
        CHECK(ran.second.empty());
    }
}

TEST_CASE("the words of a module's command line are the VT-x guest's own") {
    const Folder folder;
    const std::string image =
        kernel(folder,
               "mov esi, [boot_information]\n mov esi, [esi + 16]\n call serial_puts\n ret\n"
               "boot_information equ words\nsection .data\nwords: dd 0x9000\nsection .text\n");
    const Ran ran = invoke(folder, {"boot", vmm_image("vt-x"), "--options", "exits=all", "--module",
                                    image, "--module-options", "stress rounds=3"});
    CHECK(ran.out == "guest.elf stress rounds=3");
}

TEST_CASE("a VT-x guest has PAE paging, with large pages, page faults and string ports") {
    // PDPT at 200000. Linear 0 to 3FFFFF: two 2-MByte pages. Linear 40000000: a page to write, one
    // to read, one that is not there; at 80000000 there is no page directory.
    check_kernel(
        "%macro SHOW 1\n mov eax, %1\n call show\n%endmacro\n"
        "%macro FAULTS 1+\n mov dword [resume], %%next\n %1\n%%next:\n%endmacro\n"
        "SET_GATE 14, page_fault, GATE_KERNEL\n SET_GATE 13, protection, GATE_KERNEL\n"
        "mov [frame], esp\n"
        "mov edi, 0x200000\n mov ecx, 0x1400\n xor eax, eax\n cld\n rep stosd\n"
        "mov dword [0x200000], 0x201001\n mov dword [0x200008], 0x202001\n"
        "mov dword [0x201000], 0x000083\n mov dword [0x201008], 0x200083\n"
        "mov dword [0x202000], 0x203003\n"
        "mov dword [0x203000], 0x300003\n mov dword [0x203008], 0x301001\n"
        "mov eax, cr4\n or eax, 0x20\n mov cr4, eax\n mov eax, 0x200000\n mov cr3, eax\n"
        "mov eax, cr0\n or eax, 0x80010000\n mov cr0, eax\n"
        "SHOW 1\n mov dword [0x40000004], 0x1234\n SHOW [0x300004]\n SHOW [0x203000]\n"
        "SHOW 2\n mov eax, [0x40001000]\n SHOW [0x203008]\n"
        "FAULTS mov dword [0x40001000], 1\n FAULTS mov eax, [0x40002000]\n"
        "FAULTS mov eax, [0x80000000]\n"
        "SHOW 3\n mov edx, 0x21\n mov edi, 0x40000010\n insb\n xor eax, eax\n in al, dx\n"
        "cmp al, [0x300010]\n sete al\n movzx eax, al\n call show\n SHOW edi\n"
        "mov edi, 0x40001010\n FAULTS insb\n SHOW edi\n"
        "SHOW 4\n mov dword [0x203010], 0x302003\n mov dword [0x40002008], 7\n SHOW [0x302008]\n"
        "mov dword [0x203010], 0x303003\n invlpg [0x40002008]\n SHOW [0x40002008]\n"
        "SHOW 5\n mov dword [0x200008], 0x2021E7\n mov eax, cr3\n FAULTS mov cr3, eax\n ret\n"
        "show: pusha\n call serial_hex\n SAY \" \"\n popa\n ret\n"
        "page_fault: pop eax\n call show\n mov eax, cr2\n call show\n"
        "protection: SAY \"fault \"\n mov esp, [frame]\n jmp [resume]\n"
        "section .data\nalign 4\nresume: dd 0\nframe: dd 0\nsection .text\n",
        "1 1234 300063 2 301021 3 40001000 fault 0 40002000 fault 0 80000000 fault 3 1 40000011 "
        "3 40001010 fault 40001010 4 7 0 5 fault ");
}

TEST_CASE("nothing that a guest does to its devices troubles the host, or the other guest") {
    // Any value to any port of timer, serial port, disk and network card, in any width; then reads.
    const std::string body =
        "mov ebp, SEED\n mov edi, 20000\n"
        ".again: imul ebp, ebp, 1103515245\n add ebp, 12345\n mov ecx, ebp\n shr ecx, 16\n"
        "mov ebx, ecx\n and ebx, 63\n movzx edx, word [ports + ebx * 2]\n"
        "imul ebp, ebp, 1103515245\n add ebp, 12345\n mov eax, ebp\n shr eax, 8\n"
        "test ecx, 0x100\n jnz .read\n test ecx, 0x600\n jz .word\n out dx, al\n jmp .next\n"
        ".word: out dx, ax\n jmp .next\n"
        ".read: test ecx, 0x600\n jz .long\n in al, dx\n jmp .next\n.long: in eax, dx\n"
        ".next: dec edi\n jnz .again\n"
        "mov edx, 0x3FC\n xor eax, eax\n out dx, al\n ret\n"
        "section .data\nports:\n"
        "dw 0x1F0, 0x1F1, 0x1F2, 0x1F3, 0x1F4, 0x1F5, 0x1F6, 0x1F7, 0x3F6, 0x1F0, 0x1F7, 0x1F7\n"
        "dw 0x40, 0x41, 0x42, 0x43, 0x61, 0x43, 0x40\n"
        "dw 0x3F9, 0x3FA, 0x3FB, 0x3FC, 0x3FD, 0x3FE, 0x3FF\n"
        "%assign p 0x300\n%rep 32\n dw p\n%assign p p + 1\n%endrep\n"
        "dw 0x310, 0x310, 0x310, 0x300, 0x300, 0x307\nsection .text\n";
    const Folder folder;
    const std::string ringlet =
        assemble(folder, fs::absolute("scenarios/guests/ringlet/ringlet.asm"));
    const std::string alone = invoke(folder, {"boot", ringlet}).out;
    const fs::path disk = folder.write("disk.img", std::string(64 << 10, '\0'));
    for (unsigned seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        const std::string wild =
            kernel(folder, "SEED equ " + std::to_string(seed * 7919) + "\n" + body, "wild");
        const std::string second = (folder.path() / "com2").string();
        const Ran ran =
            invoke(folder, {"boot", vmm_image("hosted-vt-x"), "--max-instructions", "300000000",
                            "--serial2", second, "--disk", disk.string(), "--disk", disk.string(),
                            "--module", wild, "--module", ringlet});
        CHECK(ran.status == success);
        CHECK(ran.out.find("vmm:") == std::string::npos);
        CHECK(slurp(second) == alone);
    }
}

TEST_CASE("what is typed reaches a VT-x guest by its serial port's interrupt, as natively") {
    // Sleeps until the port interrupts, answers each byte with the next one in the alphabet, and
    // then asks for the interrupt of the empty transmitter. It takes one byte for each interrupt,
    // so that each must have an edge of its own.
    const std::string body =
        "SET_GATE 0x24, on_port, GATE_KERNEL\n SET_GATE 0x20, on_tick, GATE_KERNEL\n"
        "call timer_init\n mov al, 0xEF\n out 0x21, al\n"
        "mov edx, 0x3FC\n mov al, 0x0B\n out dx, al\n mov edx, 0x3F9\n mov al, 1\n out dx, al\n"
        ".sleep: sti\n hlt\n cli\n cmp dword [bytes], 3\n jb .sleep\n"
        "mov edx, 0x3F9\n mov al, 2\n out dx, al\n"
        ".empty: sti\n hlt\n cli\n cmp dword [empties], 1\n jb .empty\n"
        "xor eax, eax\n mov edx, 0x3F9\n out dx, al\n SAY \" done\"\n ret\n"
        "on_tick: iret\n"
        "on_port: pusha\n mov edx, 0x3FA\n in al, dx\n and al, 7\n cmp al, 4\n jne .empty\n"
        "mov edx, 0x3F8\n in al, dx\n inc al\n call serial_putc\n inc dword [bytes]\n jmp .over\n"
        ".empty: cmp al, 2\n jne .over\n inc dword [empties]\n"
        ".over: mov al, 0x20\n out 0x20, al\n popa\n iret\n"
        "%include \"common/timer.inc\"\n"
        "section .bss\nalignb 4\nbytes: resd 1\nempties: resd 1\nsection .text\n";
    const Folder folder;
    folder.write("typed/guest.asm", kernel_text(body));
    fs::copy("scenarios/guests/common", folder.path() / "typed/common",
             fs::copy_options::recursive);
    folder.write("typed/scenario.toml",
                 "name = \"typed\"\ntitle = \"Typed\"\nsummary = \"Typed\"\n"
                 "techniques = [\"native\", \"vt-x\", \"hosted-vt-x\"]\n"
                 "[guest]\nsource = \"guest.asm\"\n[stop]\ninstructions = 20_000_000\n"
                 "[[input]]\nat = 2_000_000\nserial = \"H\"\n"
                 "[[input]]\nat = 3_000_000\nserial = \"A\"\n"
                 "[[input]]\nat = 3_010_000\nserial = \"L\"\n");
    const Ran ran = invoke(folder, {"compare", "typed", "--report", "json"});
    CHECK_MESSAGE(ran.status == 0, ran.err);
    const json report = json::parse(ran.out, nullptr, false);
    REQUIRE(!report.is_discarded());
    REQUIRE(report["runs"].size() == 3);
    for (const json& run : report["runs"]) {
        CAPTURE(run["technique"].get<std::string>());
        CHECK(run["outcome"] == "completed");
        CHECK(run["serial"] == "IBM done");
    }
}

/// Traced tables are in force as soon as they change, without a flush: as they may be. The part
/// that watches a TLB keep what it has is another matter then. Gives the rest, and that part.
static std::pair<std::string, std::string> without_stale_translations(std::string text) {
    const size_t begin = text.find("--- stale translations"), end = text.find("---", begin + 3);
    REQUIRE(end != std::string::npos);
    const std::string part = text.substr(begin, end - begin);
    text.erase(begin, end - begin);
    return {text.substr(0, text.find("--- checks")), part};
}

TEST_CASE(
    "the system programs end under VT-x as natively: protection, tasks, modes, debugging, paging") {
    const Folder folder;
    for (const std::string name : {"system", "memory"}) {
        CAPTURE(name);
        const std::string image = (folder.path() / (name + ".elf")).string();
        const Ran assembled =
            invoke(folder, {"asm", fs::absolute("tests/system/" + name + ".asm").string(), "-I",
                            fs::absolute("tests/system").string(), "-I",
                            fs::absolute("scenarios/guests").string(), "-o", image});
        REQUIRE_MESSAGE(assembled.status == 0, assembled.err);
        const std::string expected = slurp("tests/golden/system/" + name + ".txt");
        REQUIRE(expected.find("wrong 0") != std::string::npos);
        for (const auto& [technique, options] : vmms) {
            CAPTURE(technique);
            CAPTURE(options);
            const Ran ran = boot_under(folder, technique, options, image);
            // Real mode needs an unrestricted guest, and that needs EPT.
            const bool shadow = options.find("shadow") != std::string::npos;
            if (name == "system" && shadow) {
                CHECK(ran.out.find("not modelled: real mode under shadow") != std::string::npos);
                continue;
            }
            if (!shadow) {
                CHECK(ran.out == expected);
                CHECK(ran.status == success);
                continue;
            }
            constexpr int seen_at_once = 4;  // checks that wait for a flush
            CHECK(ran.status == (seen_at_once << 1 | 1));
            const auto [out, stale] = without_stale_translations(ran.out);
            CHECK(out == without_stale_translations(expected).first);
            CHECK(stale.find("after invlpg: no fault\nit is the other = BBBB") != stale.npos);
            CHECK(stale.find("noticed after invlpg: vector E error 0") != stale.npos);
            CHECK(stale.find("until invlpg: vector E error 3") != stale.npos);
        }
    }
}
