// Trap-and-emulate in the simulator, which, unlike QEMU, checks segment limits: a hostile
// guest, and guests that end badly. Whatever they do, the VMM answers in a sentence.
#include <doctest/doctest.h>

#include "tests/cli/program.hpp"

namespace {

using namespace ringside::test;

const fs::path guests = fs::absolute("scenarios/guests");
constexpr int success = 0 << 1 | 1, vmm_gave_up = 0x7f << 1 | 1;

std::string vmm() {
    const fs::path build = program().parent_path().parent_path();
    return (build / "share/ringside/vmms/trap-and-emulate.elf").string();
}

std::string assemble(const Folder& folder, const fs::path& source) {
    const std::string image = (folder.path() / "guest.elf").string();
    const Ran assembled = invoke(
        folder, {"asm", source.string(), "-I", guests.string(), "-D", "JUMP_FAULTS", "-o", image});
    REQUIRE_MESSAGE(assembled.status == 0, assembled.err);
    return image;
}

Ran boot_under_vmm(const Folder& folder, const std::string& image) {
    return invoke(folder, {"boot", "--max-instructions", "100000000", vmm(), "--module", image});
}

/// A kernel whose `main` is `body`.
std::string kernel(const std::string& body) {
    return "bits 32\n%include \"common/guest.inc\"\nsection .text\nmain:\n" + body +
           "\n    ret\nsection .data\nobservations:\n.end:\n";
}

}  // namespace

TEST_CASE("a hostile guest reaches nothing of trap-and-emulate's") {
    const Folder folder;
    const Ran ran = boot_under_vmm(
        folder, assemble(folder, fs::absolute("tests/peers/guests/hostile_native.asm")));
    CAPTURE(ran.out);
    CHECK(ran.out.find("WRONG") == std::string::npos);
    CHECK(ran.out.find("a write to the VMM: faulted\n") != std::string::npos);
    CHECK(ran.out.ends_with("a call from ring 3: faulted\na jump to the VMM: faulted\n"));
    CHECK(ran.status == success);
}

TEST_CASE("of a guest that it cannot go on with, trap-and-emulate says why, and ends the run") {
    struct Row {
        const char* name;
        const char* body;
        const char* message;
    };
    const Row rows[] = {
        {"a triple fault",
         "lidt [no_table]\n ud2\nsection .data\nno_table: dw 0\n dd 0\n"
         "section .text",
         "the guest's CPU shut down: a triple fault at 001"},
        {"a stack that is not there", "mov esp, 0xFD000000\n push eax", "a triple fault at 001"},
        {"a halt for good", "cli\n hlt", "the guest halted with interrupts off at 001"},
        {"a halt that no device ends", "mov al, 0xFF\n out 0x21, al\n out 0xA1, al\n sti\n hlt",
         "the guest halted and no interrupt can wake it at 001"},
        {"a reset", "mov al, 0xFE\n out 0x64, al", "the guest resets the machine"},
        {"memory that it has not", "mov dword [0x2000000], 0",
         "the guest uses physical address 02000000, where it has no memory"},
        {"real mode", "mov eax, cr0\n and eax, ~1\n mov cr0, eax",
         "not modelled: the guest leaves protected mode"},
        {"virtual-8086 mode", "push dword 0x20002\n push dword 8\n push dword main\n iret",
         "not modelled: virtual-8086 mode"},
        {"a task gate", "mov dword [idt + 0x40 * 8 + 4], 0x8500\n int 0x40",
         "not modelled: a task gate or 16-bit gate in the guest's IDT, vector 64"},
        {"a segment that grows down",
         "mov dword [gdt + 0x20], 0xFFFF\n mov dword [gdt + 0x24], 0x00CF9600\n lgdt "
         "[gdt_pointer]\n"
         "mov eax, 0x20\n mov es, eax",
         "not modelled: a segment that cannot be kept below the VMM"},
        {"an unknown register", "mov ecx, 0x1234\n rdmsr", "not modelled: RDMSR of 00001234"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.name) {
            const Folder folder;
            const Ran ran = boot_under_vmm(
                folder, assemble(folder, folder.write("guest.asm", kernel(row.body))));
            CAPTURE(ran.out);
            CAPTURE(ran.err);
            CHECK(ran.out.starts_with("vmm: "));
            CHECK(ran.out.find(row.message) != std::string::npos);
            CHECK(ran.status == vmm_gave_up);
        }
    }
}

TEST_CASE("a descriptor that is changed and loaded at once, with no trap between, is the new one") {
    // The table lies among data that is written often, and the timer ticks all the while. Every way
    // of writing: a store, a locked one, a string instruction, across the table's end.
    const std::string body = R"(
    call tick_init
    mov esi, gdt
    mov edi, table
    mov ecx, TABLE_SIZE / 4
    cld
    rep movsd
    lgdt [table_pointer]
    mov eax, KERNEL_DATA
    mov ss, eax
    sti
    mov ebp, 200
.next:
    inc dword [counter]
    mov eax, ebp
    and eax, 1
    shl eax, 4
    add eax, words
    mov [table + USER_DATA - 3 + 2], ax     ; base 15:0
    shr eax, 16
    lock xchg [table + USER_DATA - 3 + 4], al
    mov eax, USER_DATA
    mov fs, eax
    mov eax, [fs:0]
    mov edx, ebp
    and edx, 1
    cmp eax, edx
    jne .wrong
    dec ebp
    jnz .next

    mov esi, fourth                         ; by a string instruction, beyond the table's end
    mov edi, table + TABLE_SIZE - 8
    mov ecx, 4
    rep movsd
    mov eax, TABLE_SIZE - 8
    mov gs, eax
    mov eax, [gs:0]
    cmp eax, [0]
    jne .wrong
    cli
    REPORT "rounds", [counter]
    ret
.wrong:
    cli
    SAY "an old descriptor", 10
    ret
section .data
align 8
    dd 0
counter: dd 0
table: times TABLE_SIZE db 0
behind: dd 0, 0
table_pointer: dw TABLE_SIZE - 1
    dd table
align 16
words: dd 0, 0, 0, 0
       dd 1
fourth: dd 0x0000FFFF, 0x00CF9200, 0, 0
TABLE_SIZE equ 7 * 8
)";
    const std::string source =
        "bits 32\n%include \"common/guest.inc\"\n"
        "%include \"common/tick.inc\"\nsection .text\nmain:\n" +
        body + "section .data\nobservations:\n.end:\n";
    const Folder folder;
    const std::string image = assemble(folder, folder.write("guest.asm", source));
    const Ran native = invoke(folder, {"boot", image}), ran = boot_under_vmm(folder, image);
    CHECK(native.out == "rounds = C8\n");
    CHECK(ran.out == native.out);
    CHECK(ran.status == success);
}

TEST_CASE("an application calls the guest's kernel through a call gate, with parameters") {
    const std::string source = R"(
bits 32
%define SPARE_DESCRIPTORS 1
%include "common/guest.inc"
GATE equ 0x30
section .text
main:
    mov eax, kernel_stack_top
    call task_state_init
    mov eax, TASK_STATE
    ltr ax
    mov eax, entered
    mov [gdt + GATE], ax
    mov word [gdt + GATE + 2], KERNEL_CODE
    mov word [gdt + GATE + 4], 0xEC02   ; present, DPL 3, two parameters
    shr eax, 16
    mov [gdt + GATE + 6], ax
    SET_GATE 0x80, done, GATE_USER
    mov [saved], esp
    push dword USER_DATA
    push dword user_stack_top
    push dword 2
    push dword USER_CODE
    push dword user
    iret
user:
    push dword 11
    push dword 31
    call GATE | 3:0
    mov ebx, esp
    int 0x80
entered:
    mov ecx, [esp + 4]
    mov eax, [esp + 8]
    add eax, [esp + 12]
    retf 8
done:
    mov edx, KERNEL_DATA
    mov ds, edx
    mov es, edx
    mov esp, [saved]
    sub ebx, user_stack_top
    mov [stack_moved], ebx
    mov [caller], ecx
    mov [sum], eax
    REPORT "sum", [sum]
    REPORT "caller", [caller]
    REPORT "stack moved", [stack_moved]
    ret
section .bss
alignb 16
    resb 256
kernel_stack_top:
    resb 256
user_stack_top:
saved: resd 1
sum: resd 1
caller: resd 1
stack_moved: resd 1
section .data
observations:
.end:
)";
    const Folder folder;
    const std::string image = assemble(folder, folder.write("guest.asm", source));
    const Ran native = invoke(folder, {"boot", image}), ran = boot_under_vmm(folder, image);
    CHECK(native.out == "sum = 2A\ncaller = 1B\nstack moved = 0\n");
    CHECK(ran.out == native.out);
    CHECK(ran.status == success);
}

TEST_CASE("trap-and-emulate refuses what is no guest") {
    const Folder folder;
    const Ran none = invoke(folder, {"boot", vmm()});
    CHECK(none.out == "vmm: no guest: give it as the first boot module\n");
    CHECK(none.status == vmm_gave_up);

    const std::string text = folder.write("text.txt", std::string(9000, 'x')).string();
    const Ran strange = boot_under_vmm(folder, text);
    CHECK(strange.out ==
          "vmm: the guest is not a Multiboot program: no header in its first 8 KiB\n");
    CHECK(strange.status == vmm_gave_up);
}
