// The VT-x VMM of 64-bit mode, and what the other techniques say of 64-bit guests.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/kernels.hpp"
#include "tests/cli/program.hpp"

namespace {

using namespace ringside::test;
using nlohmann::json;

/// A guest of 64-bit mode whose `main` is `body`: its image.
std::string long_kernel(const Folder& folder, const std::string& body, const std::string& name) {
    const std::string text =
        "%include \"common/long/guest.inc\"\n%include \"common/long/msrs.inc\"\nbits 64\n"
        "section .text\nmain:\n" +
        body + "\n    ret\nsection .data\nobservations:\n.end:\n";
    return assemble(folder, folder.write(name + ".asm", text));
}

/// A SAY for each exception that a line raises; else "ok".
std::string try_each(const std::vector<std::string>& lines) {
    std::string body = "SET_GATE 13, protection, GATE_KERNEL\n mov [frame], rsp\n";
    int n = 0;
    for (const std::string& line : lines) {
        const std::string next = "next_" + std::to_string(n++);
        body += "mov qword [resume], " + next + "\n " + line + "\nSAY \"ok\", 10\n" + next + ":\n";
    }
    return body +
           " ret\nprotection: SAY \"GP\", 10\n mov rsp, [frame]\n jmp [resume]\n"
           "section .data\nalign 8\nresume: dq 0\nframe: dq 0\nsection .text\n";
}

const std::vector<std::string> configurations = {"", "exits=all"};

/// Under every configuration as natively.
void check(const std::string& body, const std::string& expected) {
    const Folder folder;
    const std::string image = long_kernel(folder, body, "guest");
    CHECK(invoke(folder, {"boot", image}).out == expected);
    for (const std::string& options : configurations) {
        CAPTURE(options);
        const Ran ran = boot_under(folder, "vt-x-64", options, image);
        CHECK(ran.out == expected);
        CHECK(ran.status == success);
    }
}

}  // namespace

TEST_CASE("the program on IA-32e mode ends under VT-x as natively") {
    const Folder folder;
    const std::string image = assemble(folder, fs::absolute("tests/system/long_mode.asm"));
    const std::string expected = slurp("tests/golden/system/long_mode.txt");
    REQUIRE(!expected.empty());
    for (const std::string& options : configurations) {
        CAPTURE(options);
        const Ran ran = boot_under(folder, "vt-x-64", options, image);
        CHECK(ran.out == expected);
        CHECK(ran.status == success);
    }
}

TEST_CASE("values that MSRs and control registers do not take are refused as natively") {
    const auto msr = [](const std::string& which, const std::string& low, const std::string& high) {
        return "WRITE_MSR " + which + ", " + low + ", " + high;
    };
    const auto move = [](const std::string& to, const std::string& value) {
        return "mov rax, " + value + "\n mov " + to + ", rax";
    };
    const std::string now = "mov rax, cr4\n";
    check(try_each({
              msr("LSTAR", "0", "0x8000"),
              msr("KERNEL_GS_BASE", "0", "0xFFFF8000"),
              msr("KERNEL_GS_BASE", "0", "0xFFFF7FFF"),
              msr("FS_BASE", "0", "0x10000"),
              msr("FMASK", "0", "1"),
              msr("EFER", "0x100", "0"),  // LME, and not SCE
              msr("EFER", "0x001", "0"),  // LME cannot be cleared now
              msr("EFER", "0x102", "0"),  // a reserved bit
              msr("0x176", "0", "0x8000"),
              move("cr0", "0x180010011"),                   // above bit 31
              "mov rax, cr0\n btr rax, 31\n mov cr0, rax",  // PG, in 64-bit mode
              now + "btr rax, 5\n mov cr4, rax",            // PAE, in IA-32e mode
              now + "bts rax, 63\n mov cr4, rax",
              now + "bts rax, 17\n mov cr4, rax",           // PCIDE: may be set now
              "mov rax, cr3\n bts rax, 63\n mov cr3, rax",  // so this keeps translations
              now + "btr rax, 17\n mov cr4, rax",
              "mov rax, cr3\n bts rax, 63\n mov cr3, rax",
              "mov rax, cr3\n bts rax, 40\n mov cr3, rax",  // beyond physical addresses
              move("cr8", "15"),
              move("cr8", "16"),
              move("cr8", "0x100000000"),
          }),
          "GP\nok\nGP\nGP\nGP\nok\nGP\nGP\nGP\nGP\nGP\nGP\nGP\nok\nok\nok\nGP\nGP\nok\nGP\nGP\n");
}

TEST_CASE("all bits of a register survive what leaves the guest") {
    check(
        "mov rax, 0x123456789ABCDEF0\n mov r8, rax\n mov r15, rax\n mov rbx, rax\n"
        "xor eax, eax\n cpuid\n mov eax, r15d\n cmp r15, r8\n jne .wrong\n"
        "mov r9, 7\n mov cr8, r9\n mov r10, cr8\n cmp r10, 7\n jne .wrong\n"
        "mov r11, cr3\n cmp r11, pml4\n jne .wrong\n"
        "mov rax, -1\n in eax, 0xF4\n cmp rax, r15\n je .wrong\n shr rax, 32\n jnz .wrong\n"
        "mov rax, 0x123456789ABCDEF0\n in al, 0x21\n shr rax, 8\n"
        "mov rcx, 0x123456789ABCDE\n cmp rax, rcx\n jne .wrong\n"
        "SAY \"right\", 10\n ret\n.wrong: SAY \"wrong\", 10",
        "right\n");
}

TEST_CASE(
    "string instructions reach ports through page tables of four levels, with 64-bit counts") {
    check(
        "mov dword [window_table], text - text % 4096 + OPEN\n"
        "mov edx, 0x3F8\n mov rsi, WINDOW + text % 4096\n mov ecx, 3\n cld\n rep outsb\n"
        "mov rax, rsi\n mov rdx, WINDOW + text % 4096 + 3\n cmp rax, rdx\n jne .wrong\n"
        "test rcx, rcx\n jnz .wrong\n SAY \"sent\", 10\n ret\n.wrong: SAY \"wrong\", 10\n ret\n"
        "section .data\nalign 16\ntext: db \"abc\"\nsection .text",
        "abcsent\n");
}

TEST_CASE("CR8 is the task priority of the local APIC, and holds its interrupts back") {
    // The APIC is reached from compatibility mode: the VMM does no 64-bit instructions.
    check(
        "mov eax, 0xFEE00000 + OPEN\n mov [window_table], rax\n SET_GATE 0x60, came, GATE_KERNEL\n"
        "mov al, 0xFF\n out 0x21, al\n out 0xA1, al\n"
        "mov rax, 0x00CF9A000000FFFF\n mov [gdt + 0x18], rax\n"
        "mov eax, 8\n mov cr8, rax\n push 0x18\n push compatible\n o64 retf\n"
        "bits 32\ncompatible:\n"
        "mov dword [WINDOW + 0xF0], 0x1FF\n"  // on
        "mov eax, [WINDOW + 0x80]\n mov [tpr], eax\nmov dword [WINDOW + 0x80], 0x90\n"
        "mov dword [WINDOW + 0x300], 0x40060\n"  // vector 60, to itself
        "jmp KERNEL_CODE:back\nbits 64\n"
        "back: mov rax, cr8\n mov [cr8_now], eax\n"
        "REPORT \"TPR\", [tpr]\n REPORT \"CR8\", [cr8_now]\n"
        "sti\n nop\n nop\n cli\n REPORT \"held back\", [interrupts]\n"
        "sti\n mov eax, 6\n mov cr8, rax\n nop\n cli\n REPORT \"of this class\", [interrupts]\n"
        "sti\n mov eax, 5\n mov cr8, rax\n nop\n cli\n REPORT \"let in\", [interrupts]\n ret\n"
        "came: inc dword [interrupts]\n iretq\n"
        "section .data\nalign 4\ntpr: dd 0\ncr8_now: dd 0\ninterrupts: dd 0\nsection .text",
        "TPR = 80\nCR8 = 9\nheld back = 0\nof this class = 0\nlet in = 1\n");
}

TEST_CASE("two 64-bit guests keep the MSRs that stay in place while one runs") {
    const Folder folder;
    // Long enough for many turns.
    const auto guest = [&](const std::string& value) {
        return long_kernel(folder,
                           "WRITE_MSR KERNEL_GS_BASE, " + value + "\n WRITE_MSR LSTAR, " + value +
                               "\n mov ebx, 100000\n"
                               ".again: READ_MSR KERNEL_GS_BASE\n cmp eax, " +
                               value + "\n jne .wrong\n READ_MSR LSTAR\n cmp eax, " + value +
                               "\n jne .wrong\n dec ebx\n jnz .again\n"
                               "SAY \"kept\", 10\n ret\n.wrong: SAY \"lost\", 10",
                           "guest" + value);
    };
    const std::string one = guest("0x1111"), other = guest("0x2222");
    for (const std::string& options : configurations) {
        CAPTURE(options);
        std::vector<std::string> arguments{
            "boot", vmm_image("vt-x-64"), "--module", one, "--module",
            other,  "--serial2",          "second"};
        if (!options.empty()) arguments.insert(arguments.end(), {"--options", options});
        const Ran ran = invoke(folder, arguments);
        CHECK(ran.out == "kept\n");
        CHECK(slurp(folder.path() / "second") == "kept\n");
    }
}

TEST_CASE("a technique that runs no 64-bit guest says why") {
    const struct {
        const char *technique, *why;
    } rows[] = {{"trap-and-emulate", "64-bit mode does not check limits"},
                {"binary-translation", "Adams and Agesen (2006)"},
                {"paravirtual", "64-bit kernels of Xen's run at ring 3"},
                {"hosted-vt-x", "its host is in 32-bit mode"},
                {"hosted-binary-translation", "64-bit mode does not check limits"}};
    const Folder folder;
    for (const auto& row : rows) {
        CAPTURE(row.technique);
        const Ran ran = invoke(
            folder, {"run", "nanobenchmarks-64", "--technique", row.technique, "--report", "json"});
        const json report = json::parse(ran.out, nullptr, false);
        REQUIRE(!report.is_discarded());
        CHECK(report["outcome"] == "unsupported");
        CHECK(report["reason"].get<std::string>().find(row.why) != std::string::npos);
        CHECK(ran.status == 1);
        const Ran built =
            invoke(folder, {"build", "probes-64", "--technique", row.technique, "-o", "images"});
        CHECK(built.status == 2);
        CHECK(built.err.find(row.why) != std::string::npos);
    }
    CHECK(!fs::exists(folder.path() / "images"));
    CHECK(invoke(folder, {"build", "probes-64", "--technique", "vt-x", "-o", "images"}).status ==
          0);
    CHECK(fs::exists(folder.path() / "images/vt-x-64.elf"));
}
