// `ringside boot --disk` and `--bios`: the firmware and its services, and what is wrong with a
// file.
#include <doctest/doctest.h>

#include "tests/cli/program.hpp"

using namespace ringside::test;

namespace {

std::string absolute(const std::string& path) { return (fs::current_path() / path).string(); }

/// Assembles a flat image.
void flat(const Folder& folder, const std::string& source, const std::string& image) {
    const Ran ran = invoke(folder, {"asm", source, "-f", "bin", "-o", image});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
}
/// A boot sector of these lines; it ends with value 0 of the debug exit.
std::string boot_sector(const std::string& body) {
    return "bits 16\norg 0x7c00\nxor ax, ax\nmov ds, ax\nmov es, ax\n" + body +
           "xor al, al\nout 0xf4, al\nhang: hlt\njmp hang\n"
           "tell: push ax\npush dx\nmov dx, 0x3f8\nout dx, al\npop dx\npop ax\nret\n"
           "digit: push ax\nand al, 15\nadd al, '0'\ncmp al, '9'\njbe .as_is\nadd al, 7\n"
           ".as_is: call tell\npop ax\nret\n"
           "word_: mov cx, 4\n.next: rol bx, 4\nmov al, bl\ncall digit\nloop .next\n"
           "mov al, 10\ncall tell\nret\n"
           "times 510 - ($ - $$) db 0\ndw 0xaa55\n";
}
Ran run_sector(const std::string& body, std::vector<std::string> options = {}) {
    const Folder folder;
    folder.write("boot.asm", boot_sector(body));
    flat(folder, "boot.asm", "boot.img");
    std::vector<std::string> arguments{"boot", "--disk", "boot.img"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return invoke(folder, arguments);
}

}  // namespace

TEST_CASE("a disk boots, loads its rest by INT 13h and drives the disk itself") {
    const Folder folder;
    flat(folder, absolute("tests/peers/guests/boot_disk.asm"), "disk.img");
    const std::string before = slurp(folder.path() / "disk.img");
    const Ran ran = invoke(folder, {"boot", "--disk", "disk.img"});
    CHECK_MESSAGE(ran.status == 1, ran.err);
    CHECK(ran.out == slurp("tests/golden/boot_disk.txt"));
    CHECK(slurp(folder.path() / "disk.img") == before);  // never written back
}

TEST_CASE("the firmware as a ROM of its own boots the disk as well") {
    const Folder folder;
    flat(folder, absolute("assets/firmware/bios.asm"), "bios.bin");
    flat(folder, absolute("tests/peers/guests/boot_disk.asm"), "disk.img");
    const Ran ran = invoke(folder, {"boot", "--bios", "bios.bin", "--disk", "disk.img"});
    CHECK_MESSAGE(ran.status == 1, ran.err);
    CHECK(ran.out == slurp("tests/golden/boot_disk.txt"));
}

TEST_CASE("the services of the firmware answer as a BIOS does") {
    struct Row {
        const char* name;
        const char* body;
        const char* out;
    };
    const Row rows[] = {
        {"INT 11h equipment", "int 0x11\nmov bx, ax\ncall word_\n", "0420\n"},
        {"INT 12h memory", "int 0x12\nmov bx, ax\ncall word_\n", "027F\n"},
        {"INT 13h parameters",
         "mov ah, 8\nmov dl, 0x80\nint 0x13\nmov bx, dx\npush cx\ncall word_\n"
         "pop bx\ncall word_\n",
         "0F01\n003F\n"},
        {"INT 13h no such drive",
         "mov ax, 0x0201\nmov cx, 1\nmov dx, 0x81\nint 0x13\nsbb bx, bx\n"
         "mov bl, ah\ncall word_\n",
         "FF01\n"},
        {"INT 13h type",
         "mov ah, 0x15\nmov dl, 0x80\nint 0x13\nmov bx, ax\nmov si, dx\nsbb bl, 0\n"
         "call word_\nmov bx, si\ncall word_\n",
         "0300\n0001\n"},
        {"INT 13h extensions",
         "mov ah, 0x41\nmov bx, 0x55aa\nmov dl, 0x80\nint 0x13\nsbb ax, ax\n"
         "push ax\ncall word_\npop bx\ncall word_\n",
         "AA55\n0000\n"},
        {"INT 15h extended memory", "mov ah, 0x88\nint 0x15\nmov bx, ax\ncall word_\n", "FC00\n"},
        {"INT 15h E801",
         "mov ax, 0xe801\nint 0x15\npush bx\nmov bx, ax\ncall word_\npop bx\n"
         "call word_\n",
         "3C00\n0300\n"},
        {"INT 15h E820, the second entry",
         "mov eax, 0xe820\nmov edx, 0x534d4150\nmov ecx, 20\nmov ebx, 1\nmov di, 0x600\nint 0x15\n"
         "push bx\nmov bx, [0x600]\ncall word_\nmov bx, [0x610]\ncall word_\npop bx\ncall word_\n",
         "FC00\n0002\n0002\n"},
        {"INT 15h A20", "mov ax, 0x2402\nint 0x15\nmov bx, ax\ncall word_\n", "0001\n"},
        {"INT 15h unknown", "mov ah, 0xc0\nint 0x15\nsbb bx, bx\nmov bl, ah\ncall word_\n",
         "FF86\n"},
        {"INT 1Ah time",
         "mov ah, 2\nint 0x1a\nmov bx, cx\ncall word_\nmov ah, 4\nint 0x1a\n"
         "mov bx, cx\npush dx\ncall word_\npop bx\ncall word_\n",
         "2359\n1999\n1231\n"},
        {"INT 1Ah ticks", "mov ah, 0\nint 0x1a\nmov bx, cx\ncall word_\n", "0017\n"},
        {"INT 16h no key", "mov ah, 1\nint 0x16\nmov bx, 0\njnz .key\ninc bx\n.key: call word_\n",
         "0001\n"},
        {"INT 10h the cursor",
         "mov ax, 0x0e41\nint 0x10\nint 0x10\nmov ah, 3\nint 0x10\nmov bx, dx\n"
         "call word_\n",
         "0002\n"},
        {"INT 10h what is under it",
         "mov ah, 2\nmov dx, 0x0510\nmov bh, 0\nint 0x10\nmov ax, 0x0923\nmov bx, 0x1e\nmov cx, 3\n"
         "int 0x10\nmov ah, 8\nint 0x10\nmov bx, ax\ncall word_\n",
         "1E23\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const Ran ran = run_sector(row.body, {"--date", "1999-12-31T23:59:30"});
        CHECK_MESSAGE(ran.status == 1, ran.err);
        CHECK(ran.out == row.out);
    }
}

TEST_CASE("INT 10h writes to the screen and not to the serial port; --screen shows it") {
    const std::string lines =
        "mov si, text\nnext: lodsb\ntest al, al\njz done\nmov ah, 0x0e\nint 0x10\njmp next\n"
        "text: db 'first', 13, 10, 'second', 0\ndone:\n";
    CHECK(run_sector(lines).out.empty());
    CHECK(run_sector(lines, {"--screen"}).out == "first\nsecond\n");
    // Scrolled: thirty lines, of which the last 25 are left.
    const std::string scrolling =
        "mov cl, 30\nagain: mov al, cl\nadd al, 64\nmov ah, 0x0e\nint 0x10\nmov al, 13\nint 0x10\n"
        "mov al, 10\nint 0x10\ndec cl\njnz again\n";
    const Ran ran = run_sector(scrolling, {"--screen"});
    CHECK(ran.out.starts_with("X\nW\n"));
    CHECK(ran.out.ends_with("B\nA\n"));
}

TEST_CASE("what is wrong with a disk or a ROM is said, with the way out") {
    struct Row {
        const char* name;
        std::vector<std::string> arguments;
        const char* says;
    };
    const Row rows[] = {
        {"nothing", {}, "IMAGE, --disk or --bios"},
        {"no such disk", {"--disk", "none.img"}, "none.img"},
        {"an empty disk", {"--disk", "empty"}, "one sector at least"},
        {"a short disk", {"--disk", "short"}, "512 bytes"},
        {"no boot sector", {"--disk", "zeros"}, "ends in 00 00"},
        {"a cut ROM", {"--bios", "short"}, "no multiple of 4 KiB"},
        {"an empty ROM", {"--bios", "empty"}, "is empty"},
        {"three disks", {"--disk", "zeros", "--disk", "zeros", "--disk", "zeros"}, "two disks"},
        {"image and ROM", {"zeros", "--bios", "zeros"}, "one of the two"},
        {"a module for a disk", {"--disk", "zeros", "--module", "zeros"}, "--module"},
        {"no date", {"--disk", "zeros", "--date", "1999-02-29"}, "2000-01-31"},
    };
    const Folder folder;
    folder.write("empty", "");
    folder.write("short", std::string(100, 'x'));
    folder.write("zeros", std::string(8192, '\0'));
    for (const Row& row : rows) {
        CAPTURE(row.name);
        std::vector<std::string> arguments{"boot"};
        arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
        const Ran ran = invoke(folder, arguments);
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK_MESSAGE(ran.err.find(row.says) != std::string::npos, ran.err);
    }
}

TEST_CASE("a Multiboot image finds the MP table and the disk that it is given") {
    const Folder folder;
    folder.write(
        "guest.asm",
        "bits 32\nsection .multiboot\nalign 4\ndd 0x1BADB002, 0, -0x1BADB002\n"
        "section .text\nglobal start\nstart:\nmov dx, 0x3f8\n"
        "mov esi, 0x9fc10\nmov ecx, 4\nrep outsb\n"
        "mov esi, [0x9fc14]\nmov ecx, 4\nrep outsb\n"
        "xor eax, eax\nmov esi, 0x9fc10\nmov ecx, 16\nsum: add al, [esi]\ninc esi\nloop sum\n"
        "mov esi, [0x9fc14]\nmovzx ecx, word [esi + 4]\nsum2: add al, [esi]\ninc esi\n"
        "loop sum2\nadd al, '0'\nout dx, al\n"
        "mov dx, 0x1f7\nin al, dx\nout 0xf4, al\nhang: hlt\njmp hang\n");
    const Ran made = invoke(folder, {"asm", "guest.asm", "-o", "guest.elf"});
    REQUIRE_MESSAGE(made.status == 0, made.err);
    folder.write("disk", std::string(512, '\0'));
    const Ran ran = invoke(folder, {"boot", "guest.elf", "--disk", "disk"});
    CHECK(ran.out == "_MP_PCMP0");
    CHECK(ran.status == (0x50 << 1 | 1));
}
