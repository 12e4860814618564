// What the real compiler and linker make: lines, symbols and probe points of a C++ program.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "sim/image/image.hpp"

using namespace ringside;
using namespace ringside::image;

namespace {
// The line numbers below are those of this text.
constexpr const char* source = R"(__attribute__((section(".text.header"), used))
static const unsigned header[3] = {0x1badb002, 0, 0u - 0x1badb002};
unsigned counter;
namespace vmm {
__attribute__((noinline)) void step(unsigned value) {
    counter += value;
    asm volatile("1: nop\n"
                 ".pushsection .ringside.probes, \"\", @progbits\n"
                 "2: .long 3f - 2b\n.long 1b\n.asciz \"step\"\n.asciz \"value=%0 twice=%1\"\n.balign 4\n3:\n"
                 ".popsection" : : "r"(value), "m"(counter));
}
}
extern "C" void start() {
    vmm::step(3);
    for (;;) {}
}
)";
constexpr u32 line_of_add = 6;

struct Folder {
    std::filesystem::path path;
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "ringside-XXXXXX").string();
        path = mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
};

/// Runs the commands in a folder that holds `text` as `name`, and reads program.elf.
std::vector<u8> build(const char* name, const char* text,
                      const std::vector<std::string>& commands) {
    const Folder folder;
    std::ofstream(folder.path / name) << text;
    for (const std::string& command : commands)
        REQUIRE(std::system(("cd '" + folder.path.string() + "' && " + command).c_str()) == 0);
    std::ifstream file(folder.path / "program.elf", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

const std::string link =
    RINGSIDE_LLD " -m elf_i386 --image-base=0x100000 -e start program.o -o program.elf";

std::vector<u8> build_cpp() {
    return build("program.cpp", source,
                 {RINGSIDE_CLANG " --target=i386-none-elf -O1 -gdwarf-4 -ffreestanding -fno-pic "
                                 "-c program.cpp -o program.o",
                  link});
}
}  // namespace

TEST_CASE("a program made by the compiler tells its lines, names and probe points") {
    const auto bytes = build_cpp();
    const auto image = parse(bytes, "program.elf");
    REQUIRE_MESSAGE(image.ok(), image.error().text());

    const Symbol* start = image->symbols.find("start");
    const Symbol* step = image->symbols.find("vmm::step");
    REQUIRE(start);
    REQUIRE(step);
    CHECK(step->name == "vmm::step(unsigned int)");
    CHECK(step->kind == SymbolKind::Function);
    CHECK(image->physical(start->address) == image->entry);

    CHECK(image->lines.files() == std::vector<std::string>{"program.cpp"});
    const auto places = image->lines.addresses("program.cpp", line_of_add);
    REQUIRE(!places.empty());
    CHECK(image->symbols.at(places.front())->symbol == step);
    CHECK(image->lines.at(places.front())->line == line_of_add);
    CHECK(!image->lines.at(0));
    CHECK(!image->lines.at(0xffff0000));

    REQUIRE(image->probes.size() == 1);
    const ProbePoint& probe = image->probes[0];
    CHECK(probe.name == "step");
    CHECK(image->symbols.at(probe.address)->symbol == step);
    REQUIRE(probe.arguments.size() == 2);
    CHECK(probe.arguments[0].operand.kind == Operand::Kind::Register);
    CHECK(probe.arguments[1].operand ==
          Operand{.kind = Operand::Kind::Memory, .value = image->symbols.find("counter")->address});
}

TEST_CASE("random damage to a compiled program never breaks the reader of its debug information") {
    const auto good = build_cpp();
    std::mt19937 random(11);
    unsigned with_lines = 0;
    for (int round = 0; round < 3000; ++round) {
        auto bytes = good;
        for (unsigned hits = 1 + random() % 8; hits--;)
            bytes[random() % bytes.size()] = u8(random());
        const auto image = parse(bytes, "damaged");
        if (image && !image->lines.rows().empty()) ++with_lines;
    }
    CHECK(with_lines > 100);
}

TEST_CASE("a program made by NASM tells its lines with relative names") {
    const std::string nasm = RINGSIDE_NASM;
    if (nasm.ends_with("NOTFOUND")) {
        MESSAGE("skipped: there is no nasm");
        return;
    }
    constexpr const char* assembly = R"(section .text
dd 0x1badb002, 0, -0x1badb002
global start
start:
    mov eax, 1
    jmp start
)";
    const auto image = parse(build("program.asm", assembly,
                                   {nasm + " -f elf32 -g -F dwarf program.asm -o program.o", link}),
                             "program.elf");
    REQUIRE_MESSAGE(image.ok(), image.error().text());
    CHECK(image->lines.files() == std::vector<std::string>{"program.asm"});
    CHECK(image->lines.at(image->symbols.find("start")->address)->line == 5);
    CHECK(image->lines.at(image->symbols.find("start")->address + 5)->line == 6);
}
