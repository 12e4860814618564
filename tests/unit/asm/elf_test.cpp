// The ELF image: where sections go, what the symbols and lines say, and that other readers agree.
#include <doctest/doctest.h>
#include <elf.h>

#include <algorithm>
#include <cstring>

#include "sim/asm/assembler.hpp"
#include "sim/image/image.hpp"

using namespace ringside;

namespace {

const char* const program = R"(bits 32
global start
%macro twice 1
 %1
 %1
%endmacro
section .bss
 resb 100
stack:
section .data
word: dd start, .inner
.inner: dd 5
section .ringside.probes progbits noalloc noexec nowrite align=4
 dd 20, start.again
 db "guest.tick", 0, "", 0
 align 4, db 0
section .rodata
text: db "hello", 0
section .text
start: mov esp, stack
.again:
 twice inc eax
 call helper
 hlt
helper: ret
section .multiboot
 dd 0x1BADB002, 0, -0x1BADB002
constant equ 0x77
)";

assembler::Assembly build(const char* text = program) {
    auto outcome = assembler::assemble({"guest.asm", text}, {});
    for (const Diagnostic& d : outcome.diagnostics) FAIL_CHECK(d.text());
    REQUIRE(outcome.ok());
    return std::move(*outcome.assembly);
}

u64 value_of(const assembler::Assembly& a, const std::string& name) {
    const auto found = std::find_if(a.symbols.begin(), a.symbols.end(),
                                    [&](const assembler::Symbol& s) { return s.name == name; });
    REQUIRE(found != a.symbols.end());
    return found->value;
}

}  // namespace

TEST_CASE("sections lie from 1 MiB in the order that a Multiboot loader wants") {
    const auto a = build();
    std::vector<const assembler::Section*> loaded;
    for (const auto& s : a.sections)
        if (s.alloc) loaded.push_back(&s);
    std::sort(loaded.begin(), loaded.end(),
              [](auto* x, auto* y) { return x->address < y->address; });
    std::vector<std::string> names;
    for (const auto* s : loaded) names.push_back(s->name);
    CHECK(names == std::vector<std::string>{".multiboot", ".text", ".rodata", ".data", ".bss"});
    CHECK(loaded[0]->address == 0x100000);
    // The Multiboot header lies in the first 8 KiB of the file.
    const u32 magic = 0x1BADB002;
    const auto* bytes = reinterpret_cast<const u8*>(&magic);
    const auto found = std::search(a.bytes.begin(), a.bytes.end(), bytes, bytes + 4);
    CHECK(found - a.bytes.begin() < 8192);
    CHECK((found - a.bytes.begin()) % 4 == 0);
    CHECK(a.entry == value_of(a, "start"));
}

TEST_CASE("our own loader reads the image back: segments, symbols, lines, probes") {
    const auto a = build();
    const auto parsed = image::parse(a.bytes, "guest.elf");
    if (!parsed.ok()) FAIL(parsed.error().text());
    const image::Image& image = *parsed;
    CHECK(image.entry == a.entry);
    u64 end = 0;
    for (const auto& segment : image.segments) {
        CHECK(segment.paddr == segment.vaddr);
        CHECK(segment.paddr >= 0x100000);
        end = std::max<u64>(end, u64{segment.paddr} + segment.mem_size);
    }
    CHECK(end == value_of(a, "stack"));
    // Each section's bytes are found at its address.
    for (const auto& section : a.sections) {
        if (!section.alloc || section.nobits || section.bytes.empty()) continue;
        bool found = false;
        for (const auto& segment : image.segments)
            if (section.address >= segment.vaddr &&
                section.address + section.bytes.size() <= segment.vaddr + segment.bytes.size())
                found = std::equal(section.bytes.begin(), section.bytes.end(),
                                   segment.bytes.begin() + (section.address - segment.vaddr));
        CHECK_MESSAGE(found, section.name);
    }
    const auto line_at = [&](u64 address) {
        const auto line = image.lines.at(static_cast<u32>(address));
        return line ? static_cast<int>(line->line) : 0;
    };
    const u64 start = value_of(a, "start");
    CHECK(line_at(start) == 20);      // mov esp, stack
    CHECK(line_at(start + 5) == 22);  // the first inc of `twice inc eax`
    CHECK(line_at(start + 6) == 22);  // the second
    CHECK(line_at(start + 7) == 23);  // call helper
    CHECK(line_at(value_of(a, "helper")) == 25);
    REQUIRE(image.lines.files().size() == 1);
    CHECK(image.lines.files()[0] == "guest.asm");
    REQUIRE(image.probes.size() == 1);
    CHECK(image.probes[0].address == value_of(a, "start.again"));
    CHECK(image.probes[0].name == "guest.tick");
}

TEST_CASE("symbols carry the names that NASM gives them") {
    const auto a = build();
    const u64 data = value_of(a, "word");
    CHECK(value_of(a, "word.inner") == data + 8);
    CHECK(value_of(a, "constant") == 0x77);
    for (const auto& s : a.symbols) CHECK(s.global == (s.name == "start"));
    // A pointer in the data holds the address of its label.
    const auto section = std::find_if(a.sections.begin(), a.sections.end(),
                                      [](const auto& s) { return s.name == ".data"; });
    u32 pointer = 0;
    std::memcpy(&pointer, section->bytes.data(), 4);
    CHECK(pointer == value_of(a, "start"));
}

TEST_CASE("the line table covers every byte of code once") {
    const auto a = build();
    const auto text = std::find_if(a.sections.begin(), a.sections.end(),
                                   [](const auto& s) { return s.name == ".text"; });
    u64 next = text->address;
    for (const auto& line : a.lines) {
        CHECK(line.address == next);
        next = line.address + line.length;
    }
    CHECK(next == text->address + text->size);
}

TEST_CASE("the entry is _start or the beginning of the code when there is no start") {
    CHECK(build("nop\n_start: nop\n").entry == 0x100001);
    CHECK(build("nop\nmain: nop\n").entry == 0x100000);
    CHECK(build("section .data\n dd 1\n").bytes.size() > sizeof(Elf32_Ehdr));
    CHECK(build("").bytes.size() > sizeof(Elf32_Ehdr));
}
