// Loading: what good files give, and that every broken one is refused with its reason.
#include <doctest/doctest.h>

#include <functional>
#include <random>

#include "sim/image/image.hpp"
#include "tests/unit/image/elf_builder.hpp"

using namespace ringside;
using namespace ringside::image;
using test::ElfBuilder;

namespace elf = ringside::isa::elf32;
namespace multiboot = ringside::isa::multiboot;

namespace {
ElfBuilder sample() {
    ElfBuilder b;
    b.add_symbol("start", ElfBuilder::vaddr + 0x20, 0x10, elf::stt_func);
    b.add_symbol("_ZN3vmm5enterEi", ElfBuilder::vaddr + 0x30, 0, elf::stt_func);
    b.add_symbol("stack_size", 0x4000, 0, elf::stt_notype, elf::shn_abs);
    b.add_symbol("counter", ElfBuilder::vaddr + 0x100, 4, elf::stt_object);
    b.add_symbol("..@12.here", ElfBuilder::vaddr + 0x22, 0, elf::stt_notype);
    b.add_symbol("note", ElfBuilder::vaddr + 0x23, 0, elf::stt_notype, 4);
    b.add_symbol("missing", 0, 0, elf::stt_notype, elf::shn_undef);
    b.add_probe(ElfBuilder::vaddr + 0x24, "trap.emulate", "eip=%eax opcode=-8(%ebp)");
    b.add_probe(ElfBuilder::vaddr + 0x28, "vmm.ready", "");
    b.finish();
    return b;
}
std::string refused(std::span<const u8> bytes) {
    const auto image = parse(bytes, "guest.elf");
    return image ? "accepted" : image.error().text();
}
}  // namespace

TEST_CASE("a good ELF file gives segments, physical entry, symbols and probe points") {
    const auto bytes = sample().bytes();
    const auto image = parse(bytes, "guest.elf");
    REQUIRE_MESSAGE(image.ok(), refused(bytes));
    REQUIRE(image->segments.size() == 1);
    CHECK(image->segments[0].paddr == ElfBuilder::paddr);
    CHECK(image->segments[0].vaddr == ElfBuilder::vaddr);
    CHECK(image->segments[0].bytes.size() == 256);
    CHECK(image->segments[0].mem_size == 0x1000);
    CHECK(image->entry == ElfBuilder::paddr + 0x20);
    CHECK(image->end() == ElfBuilder::paddr + 0x1000);
    CHECK(image->physical(ElfBuilder::vaddr + 0xfff) == ElfBuilder::paddr + 0xfff);
    CHECK(!image->physical(ElfBuilder::vaddr + 0x1000));
    CHECK(image->linked(ElfBuilder::paddr + 4) == ElfBuilder::vaddr + 4);
    CHECK(!image->linked(0));
    REQUIRE(image->probes.size() == 2);
    CHECK(image->probes[0].name == "trap.emulate");
    CHECK(image->probes[0].address == ElfBuilder::vaddr + 0x24);
    REQUIRE(image->probes[0].arguments.size() == 2);
    CHECK(image->probes[0].arguments[1].name == "opcode");
    CHECK(image->probes[0].arguments[1].operand.kind == Operand::Kind::Memory);
    CHECK(image->probes[1].arguments.empty());
}

TEST_CASE("symbols are found by address and by name") {
    const auto image = parse(sample().bytes(), "guest.elf");
    REQUIRE(image.ok());
    const SymbolTable& symbols = image->symbols;
    struct Row {
        u32 offset;
        const char* text;
    };
    const Row rows[] = {{0x20, "start"},
                        {0x2f, "start+0xf"},
                        {0x30, "vmm::enter(int)"},
                        {0x35, "vmm::enter(int)+0x5"},
                        {0x100, "counter"},
                        {0x1f, ""},
                        {0x104, ""}};
    for (const Row& row : rows) {
        CAPTURE(row.offset);
        const auto at = symbols.at(ElfBuilder::vaddr + row.offset);
        CHECK((at ? at->text() : "") == row.text);
    }
    CHECK(!symbols.at(0x4000));  // a number is no place
    REQUIRE(symbols.find("stack_size"));
    CHECK(symbols.find("stack_size")->kind == SymbolKind::Absolute);
    for (const char* name : {"_ZN3vmm5enterEi", "vmm::enter(int)", "vmm::enter"}) {
        CAPTURE(name);
        REQUIRE(symbols.find(name));
        CHECK(symbols.find(name)->address == ElfBuilder::vaddr + 0x30);
    }
    for (const char* name : {"missing", "note", "..@12.here"}) CHECK(!symbols.find(name));
    CHECK(!symbols.find("star"));
}

TEST_CASE("a malformed file is refused with its reason") {
    struct Row {
        const char* reason;
        std::function<void(ElfBuilder&)> spoil;
    };
    using B = ElfBuilder;
    const Row rows[] = {
        {"no Multiboot header", [](B& b) { b.code[0] = 0; }},
        {"checksum", [](B& b) { b.code[8] ^= 1; }},
        {"requires what is not offered: flags 0x8",
         [](B& b) {
             b.code[4] = 8;
             b.code[8] -= 8;
         }},
        {"no video mode",
         [](B& b) {
             b.code[4] = 4;
             b.code[8] -= 4;
         }},
        {"neither an ELF file", [](B& b) { b.header.ident[0] = 0; }},
        {"not a 32-bit", [](B& b) { b.header.ident[elf::ident_class] = 2; }},
        {"not little-endian", [](B& b) { b.header.ident[elf::ident_data] = 2; }},
        {"another processor", [](B& b) { b.header.machine = 62; }},
        {"ET_EXEC", [](B& b) { b.header.type = u16(elf::Type::Shared); }},
        {"program headers of 31 bytes", [](B& b) { b.header.phentsize = 31; }},
        {"program header table lies outside", [](B& b) { b.header.phoff = 0xfffffff0; }},
        {"program header table lies outside", [](B& b) { b.header.phnum = 0xffff; }},
        {"no segment to load", [](B& b) { b.header.phnum = 0; }},
        {"no segment to load", [](B& b) { b.segments[0].type = 4; }},
        {"segment 0 lies outside the file", [](B& b) { b.segments[0].offset = 0xffffff00; }},
        {"segment 0 lies outside the file", [](B& b) { b.segments[0].filesz = 0xffffffff; }},
        {"more bytes in the file than in memory", [](B& b) { b.segments[0].memsz = 255; }},
        {"past the end of the address space", [](B& b) { b.segments[0].paddr = 0xfffff001; }},
        {"past the end of the address space", [](B& b) { b.segments[0].memsz = 0xffffffff; }},
        {"two segments both want the memory at 0x100800",
         [](B& b) {
             b.segments.push_back(b.segments[0]);
             b.segments[1].paddr += 0x800;
             b.segments[1].filesz = 0;
             b.header.phnum = 2;
         }},
        {"claim more bytes than the file has",
         [](B& b) {
             for (u32 i = 1; i < 4; ++i) {
                 b.segments.push_back(b.segments[0]);
                 b.segments[i].paddr += 0x1000 * i;
             }
             for (auto& s : b.segments) s.filesz = s.memsz = 400;
             b.header.phnum = 4;
         }},
        {"entry point 0x100 lies in no segment", [](B& b) { b.header.entry = 0x100; }},
        {"section headers of 39 bytes", [](B& b) { b.header.shentsize = 39; }},
        {"section table lies outside", [](B& b) { b.header.shoff += 1; }},
        {"section table lies outside", [](B& b) { b.header.shnum = 0xffff; }},
        {"section 1 lies outside", [](B& b) { b.sections[1].size = 0xffffffff; }},
        {"section 9 should hold the section names", [](B& b) { b.header.shstrndx = 9; }},
        {"section 1 should hold the section names", [](B& b) { b.header.shstrndx = 1; }},
        {"symbols of 15 bytes", [](B& b) { b.sections[1].entsize = 15; }},
        {"no string table", [](B& b) { b.sections[1].link = 77; }},
        {"no string table", [](B& b) { b.sections[1].link = 4; }},
        {"name of symbol 1 is broken", [](B& b) { b.symbols[1].name = 0x7fffffff; }},
        {"name of symbol 5 is broken", [](B& b) { b.sections[2].size -= 20; }},
        {"a record of 9 bytes", [](B& b) { b.probes[0] = 9; }},
        {"a record of 4 bytes", [](B& b) { b.probes[0] = 4; }},
        {"a record of 2147483696 bytes", [](B& b) { b.probes[3] = 0x80; }},
        {"ends inside a record", [](B& b) { b.sections[4].size = 6; }},
        {"without a name", [](B& b) { b.probes[8] = 0; }},
        {"not of the form name=operand", [](B& b) { b.probes[24] = 'x'; }},
        {"'%fax' is no operand", [](B& b) { b.probes[26] = 'f'; }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.reason);
        ElfBuilder b = sample();
        row.spoil(b);
        const std::string why = refused(b.bytes());
        CAPTURE(why);
        CHECK(why.find(row.reason) != std::string::npos);
        CHECK(why.starts_with("guest.elf"));
    }
}

TEST_CASE("every prefix of a good file is refused") {
    const auto bytes = sample().bytes();
    for (size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        CHECK(refused(std::span(bytes).first(size)) != "accepted");
    }
    CHECK(refused(bytes) == "accepted");
}

TEST_CASE("a header may lie anywhere in the first 8 KiB, but wholly") {
    for (u32 at : {0u, 4u, 4096u, 8160u, 8164u, 8188u}) {
        CAPTURE(at);
        std::vector<u8> file(16384, 0xf4);
        multiboot::Header h{multiboot::header_magic,
                            multiboot::header_flags::addresses,
                            0,
                            0x100000 + at,
                            0x100000,
                            0,
                            0x108000,
                            0x100010};
        h.checksum = 0 - h.magic - h.flags;
        std::memcpy(file.data() + at, &h, std::min(sizeof h, file.size() - at));
        const auto image = parse(file, "raw");
        CHECK(image.ok() == (at <= 8160));
        if (!image) continue;
        CHECK(image->entry == 0x100010);
        CHECK(image->segments[0].bytes == file);
        CHECK(image->segments[0].mem_size == 0x8000);
    }
}

TEST_CASE("the address fields of a header are checked against the file") {
    struct Row {
        const char* reason;
        u32 header_addr, load_addr, load_end, bss_end, entry;
    };
    const Row rows[] = {
        {"accepted", 0x100004, 0x100000, 0, 0, 0x100020},
        {"accepted", 0x100004, 0x100004, 0x100020, 0x200000, 0x1fffff},
        {"does not fit load_addr", 0x100000, 0x100004, 0, 0, 0x100020},
        {"does not fit load_addr", 0x100008, 0x100000, 0, 0, 0x100020},
        {"load_end_addr", 0x100004, 0x100000, 0x100101, 0, 0x100020},
        {"load_end_addr", 0x100004, 0x100000, 0xfffff, 0, 0x100020},
        {"bss_end_addr", 0x100004, 0x100000, 0x100080, 0x10007f, 0x100020},
        {"bss_end_addr", 0xffffff84, 0xffffff80, 0, 0, 0xffffff90},
        {"entry point", 0x100004, 0x100000, 0, 0, 0x100100},
    };
    for (const Row& row : rows) {
        CAPTURE(row.reason);
        CAPTURE(row.header_addr);
        std::vector<u8> file(256, 0x90);
        multiboot::Header h{multiboot::header_magic,
                            multiboot::header_flags::addresses,
                            0,
                            row.header_addr,
                            row.load_addr,
                            row.load_end,
                            row.bss_end,
                            row.entry};
        h.checksum = 0 - h.magic - h.flags;
        std::memcpy(file.data() + 4, &h, sizeof h);
        CHECK(refused(file).find(row.reason) != std::string::npos);
    }
}

TEST_CASE("a flat binary is placed as it is") {
    const std::vector<u8> code = {0xeb, 0xfe};
    const auto image = parse_flat(code, 0x7c00, "boot.bin");
    REQUIRE(image.ok());
    CHECK(image->entry == 0x7c00);
    CHECK(image->segments == std::vector<Segment>{{0x7c00, 0x7c00, code, 2}});
    CHECK(!parse_flat({}, 0x7c00, "empty"));
    CHECK(!parse_flat(code, 0xffffffff, "high"));
    CHECK(parse_flat(code, 0xfffffffe, "top").ok());
}

TEST_CASE("random damage to a good file never breaks the loader") {
    const auto good = sample().bytes();
    std::mt19937 random(7);
    unsigned accepted = 0;
    for (int round = 0; round < 8000; ++round) {
        auto bytes = good;
        for (unsigned hits = 1 + random() % 6; hits--;) {
            const size_t at = random() % bytes.size();
            const u32 special[] = {
                0, 1, 0x7fffffff, 0x80000000, 0xffffffff, u32(bytes.size()), u32(random())};
            if (random() % 2)
                bytes[at] = u8(random());
            else
                std::memcpy(&bytes[at], &special[random() % std::size(special)],
                            std::min<size_t>(4, bytes.size() - at));
        }
        if (random() % 8 == 0) bytes.resize(random() % bytes.size());
        const auto image = parse(bytes, "damaged");
        if (!image) {
            CHECK(!image.error().message.empty());
            continue;
        }
        ++accepted;
        // What is accepted can be used.
        size_t total = 0;
        for (const Segment& s : image->segments) total += s.bytes.size();
        CHECK(total <= bytes.size());
        image->symbols.at(u32(random()));
        image->lines.at(u32(random()));
    }
    CHECK(accepted > 100);
}
