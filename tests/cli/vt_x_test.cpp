// VT-x in the simulator: guests that are hostile or end badly. The hardware keeps them in; the VMM
// answers in a sentence.
#include <doctest/doctest.h>

#include "tests/cli/kernels.hpp"
#include "tests/cli/program.hpp"

namespace {

using namespace ringside::test;

/// Paging on, with 4-MByte pages: linear 0 at 0, linear 400000 at `second`.
std::string paging(const std::string& second) {
    return "mov dword [0x200000], 0x83\n mov dword [0x200004], " + second +
           " | 0x83\n"
           "mov eax, cr4\n or eax, 0x10\n mov cr4, eax\n mov eax, 0x200000\n mov cr3, eax\n"
           "mov eax, cr0\n or eax, 0x80000000\n mov cr0, eax\n";
}

}  // namespace

TEST_CASE("of a guest that it cannot go on with, the VT-x VMM says why, and ends the run") {
    struct Row {
        const char* name;
        std::string body;
        const char* message;
    };
    const std::string beyond = "the guest reaches for physical address ";
    const Row rows[] = {
        {"a read beyond its memory", "mov eax, [0x1000000]", "address 01000000, beyond its memory"},
        {"a write beyond its memory", "mov dword [0x2000004], 0", "address 02000004, beyond"},
        {"a jump beyond its memory", "mov eax, 0x1000010\n jmp eax", "address 01000010, beyond"},
        {"a stack beyond its memory", "mov esp, 0x3000000\n push eax", "address 02fffffc, beyond"},
        {"a page mapped beyond its memory", paging("0x1000000") + "mov eax, [0x400008]",
         "address 01000008, beyond its memory"},
        {"page tables beyond its memory",
         "mov eax, 0x3000000\n mov cr3, eax\n mov eax, cr0\n or eax, 0x80000000\n mov cr0, eax",
         "address 03000000, beyond its memory"},
        {"a triple fault",
         "lidt [no_table]\n ud2\nsection .data\nno_table: dw 0\n dd 0\nsection .text",
         "the guest shut down: a triple fault at 001"},
        {"a fault on a stack that faults",
         paging("0x400000") + "mov dword [0x200004], 0\n mov eax, cr3\n mov cr3, eax\n"
                              "mov esp, 0x400100\n ud2",
         "the guest shut down: a triple fault at 001"},
        {"a halt for good", "cli\n hlt", "the guest halted with interrupts off at 001"},
        {"a halt that no device ends", "mov al, 0xFF\n out 0x21, al\n out 0xA1, al\n sti\n hlt",
         "the guest halted and no interrupt can wake it at 001"},
        {"a reset", "mov al, 0xFE\n out 0x64, al", "the guest resets the machine"},
    };
    for (const Row& row : rows)
        for (const char* technique : {"vt-x", "hosted-vt-x"}) {
            CAPTURE(row.name);
            CAPTURE(technique);
            const Ran ran = boot_kernel(technique, row.body);
            CAPTURE(ran.out);
            CAPTURE(ran.err);
            CHECK(ran.out.starts_with("vmm: "));
            CHECK(ran.out.find(row.message) != std::string::npos);
            CHECK(ran.status == vmm_gave_up);
        }
}

TEST_CASE("a guest of VT-x finds no VMX in its processor") {
    // Each line must fault, with this vector; the handler goes on at the next.
    struct {
        const char* text;
        int vector;
    } const lines[] = {
        {"vmxon [0x300000]", 6},
        {"vmxoff", 6},
        {"vmclear [0x300000]", 6},
        {"vmptrld [0x300000]", 6},
        {"vmptrst [0x300000]", 6},
        {"vmread eax, ebx", 6},
        {"vmwrite ebx, eax", 6},
        {"vmlaunch", 6},
        {"vmresume", 6},
        {"vmcall", 6},
        {"invept eax, [0x300000]", 6},
        {"mov eax, cr4\n or eax, 0x2000\n mov cr4, eax", 13},
        {"mov ecx, 0x480\n rdmsr", 13},
        {"mov ecx, 0x3A\n rdmsr", 13},
        {"mov ecx, 0x3A\n wrmsr", 13},
    };
    std::string body =
        "SET_GATE 6, invalid, GATE_KERNEL\n SET_GATE 13, protection, GATE_KERNEL\n"
        "mov [frame], esp\n";
    std::string expected;
    int n = 0;
    for (const auto& line : lines) {
        const std::string next = "next_" + std::to_string(n++);
        body += "mov dword [resume], " + next + "\n " + line.text + "\nSAY \"WRONG\", 10\n" + next +
                ":\n";
        expected += line.vector == 6 ? "UD\n" : "GP\n";
    }
    body +=
        "mov eax, 1\n cpuid\n test ecx, 0x20\n jz no_vmx\n SAY \"WRONG\", 10\n no_vmx:\n ret\n"
        "invalid: SAY \"UD\", 10\n mov esp, [frame]\n jmp [resume]\n"
        "protection: SAY \"GP\", 10\n mov esp, [frame]\n jmp [resume]\n"
        "section .data\nalign 4\nresume: dd 0\nframe: dd 0\nsection .text\n";
    const Ran ran = boot_kernel("vt-x", body);
    CAPTURE(ran.err);
    CHECK(ran.out == expected);
    CHECK(ran.status == success);
}

TEST_CASE("the guest that goes for a VMM in its address space finds none under VT-x") {
    const Folder folder;
    const Ran ran =
        boot_under(folder, "vt-x", "",
                   assemble(folder, fs::absolute("tests/peers/guests/hostile_native.asm")));
    CHECK(
        ran.out.starts_with("a read of the VMMvmm: the guest reaches for physical address "
                            "fc100000, beyond its memory, at 001"));
    CHECK(ran.status == vmm_gave_up);
}

TEST_CASE("an endless guest with interrupts off keeps the VMM out, and ends with the run's limit") {
    const Ran ran = boot_kernel("vt-x", "cli\nagain: jmp again");
    CHECK(ran.out.empty());
    CHECK(ran.err.find("50000000") != std::string::npos);
}
