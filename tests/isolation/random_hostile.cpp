#include "tests/isolation/random_hostile.hpp"

#include <array>
#include <initializer_list>
#include <string_view>

#include "tests/property/random.hpp"

namespace ringside::isolation {
namespace {

using property::Random;

constexpr unsigned attempts = 80;

/// What goes into registers and memory: addresses of the VMM and of its neighbours, selectors,
/// tables, nonsense.
constexpr std::array<std::string_view, 24> values = {
    "VMM",        "VMM_TEXT",   "VMM - 4",   "VMM_TEXT + 0x10000",
    "0xFFFFFFFC", "0xFFFFFFFF", "0",         "1",
    "page",       "directory",  "tables",    "VMM_CODE",
    "VMM_DATA",   "VMM_TSS",    "0x1000000", "0xFFFFF000",
    "0x80000011", "0x60000010", "0x100000",  "0x9000",
    "0x30",       "0x3B",       "big_gdt",   "idt",
};

constexpr std::array<std::string_view, 8> registers = {"eax", "ecx", "edx", "ebx",
                                                       "ebp", "esi", "edi", "esp"};

/// Opcodes of instructions that are privileged, sensitive or reach far; ModRM and the rest are left
/// to chance.
constexpr std::array<std::string_view, 62> opcodes = {
    "0x0F, 0x00", "0x0F, 0x00", "0x0F, 0x01", "0x0F, 0x01", "0x0F, 0x01", "0x0F, 0x20",
    "0x0F, 0x21", "0x0F, 0x22", "0x0F, 0x22", "0x0F, 0x23", "0x0F, 0x30", "0x0F, 0x32",
    "0x0F, 0x31", "0x0F, 0xA2", "0x0F, 0x02", "0x0F, 0x03", "0x0F, 0x06", "0x0F, 0x08",
    "0x0F, 0x09", "0x0F, 0x34", "0x0F, 0x35", "0x0F, 0x05", "0x0F, 0xB2", "0x0F, 0xB4",
    "0x0F, 0xB5", "0x0F, 0xA1", "0x0F, 0xA9", "0x0F, 0xC7", "0x8E",       "0x8E",
    "0x8C",       "0x07",       "0x17",       "0x1F",       "0xC4",       "0xC5",
    "0x9A",       "0xEA",       "0xFF",       "0xFF",       "0xCF",       "0xCB",
    "0xCA",       "0xCD",       "0xCD",       "0xFA",       "0xFB",       "0x9D",
    "0x9C",       "0x6C",       "0x6E",       "0xF3, 0x6D", "0xF3, 0x6F", "0xE6",
    "0xEE",       "0xEF",       "0xF3, 0xA5", "0xF3, 0xAA", "0x63",       "0xC8",
    "0xD7",       "0x62",
};
/// Segment and size prefixes, LOCK, REP.
constexpr std::array<std::string_view, 9> prefixes = {"0x26", "0x2E", "0x36", "0x64", "0x65",
                                                      "0x66", "0x67", "0xF0", "0xF3"};

std::string loaded_registers(Random& random, std::string_view sink = "") {
    std::string out{sink};
    for (const std::string_view reg : registers) {
        if (reg == "esp" && !random.chance(2))
            continue;  // most of what follows would be a triple fault
        out += " mov " + std::string(reg) + ", " + std::string(random.pick(values)) + "\n";
    }
    return out;
}

std::string some_bytes(Random& random, unsigned count) {
    std::string out;
    for (unsigned i = 0; i < count; ++i) out += ", " + std::to_string(random.below(256));
    return out;
}

std::string dangerous_code(Random& random) {
    std::string out = " db 0x90";
    for (unsigned i = random.below(3); i-- > 0;) {
        if (random.chance(25)) {
            out += some_bytes(random, 6);
            continue;
        }
        if (random.chance(25)) out += ", " + std::string(random.pick(prefixes));
        out += ", " + std::string(random.pick(opcodes)) + some_bytes(random, 1 + random.below(6));
    }
    if (random.chance(60)) {
        if (random.chance(25)) out += ", " + std::string(random.pick(prefixes));
        out += ", " + std::string(random.pick(opcodes)) + some_bytes(random, 1 + random.below(6));
    }
    return out + "\n";
}

/// A descriptor, a gate or a page-table entry becomes something else.
std::string changed_table(Random& random) {
    const std::string value = std::string(random.pick(values));
    const std::string word = std::to_string(random.word());
    switch (random.below(5)) {
        case 0:
            return " mov dword [big_gdt + " + std::to_string(4 * random.below(32)) + "], " + word +
                   "\n lgdt [big_gdt_pointer]\n";
        case 1:
            return " mov dword [big_gdt + 0x30], " + value + "\n mov dword [big_gdt + 0x34], " +
                   word + "\n lgdt [big_gdt_pointer]\n mov eax, 0x30\n mov es, eax\n";
        case 2:
            return " mov dword [idt + " + std::to_string(4 * random.below(512)) + "], " + value +
                   "\n";
        case 3:
            return " mov dword [tables + " + std::to_string(4 * random.below(4096)) + "], " + word +
                   "\n";
        default:
            return " mov dword [directory + " + std::to_string(4 * random.below(1024)) + "], " +
                   value + " | 0x87\n";
    }
}

/// The words that hypercalls take: pointers, counts, commands, domains.
constexpr std::array<std::string_view, 22> arguments = {
    "buffer",      "buffer",      "buffer + 256",
    "page",        "page_2",      "request",
    "traps",       "shared_info", "VMM_TEXT",
    "VMM - 8",     "DOMAIN_SELF", "0",
    "1",           "2",           "3",
    "4",           "7",           "32",
    "0xFFFFFFFF",  "0x101003",    "gdt",
    "KERNEL_CODE",
};
constexpr std::array<unsigned, 17> numbers = {1,  1,  1,  2,  3,  4,  5,  10, 13,
                                              14, 14, 15, 18, 26, 26, 29, 32};

std::string line(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const std::string_view part : parts) out += part;
    return out += '\n';
}

/// Words in the buffer that look like page-table updates, operations, calls, channels.
std::string filled_buffer(Random& random) {
    std::string out;
    for (unsigned i = 0; i < 24; ++i) {
        const std::string where = "buffer + " + std::to_string(4 * random.below(96));
        static constexpr std::array<std::string_view, 7> own = {
            "page", "page_2", "buffer", "gdt", "shared_info", "[first_directory]", "main"};
        const std::string what{random.pick(own)};
        switch (random.below(5)) {
            case 0:
                out += line({" PUT_MACHINE ", where, ", ", what, ", ",
                             std::to_string(4 * random.below(1024))});
                break;
            case 1:
                out += line(
                    {" PUT_MACHINE ", where, ", ", what, ", ", std::to_string(random.below(256))});
                break;
            case 2: out += line({" PUT_FRAME ", where, ", ", what}); break;
            case 3:
                out += " mov eax, [kernel_entry]\n and eax, 0xFFFFF000\n add eax, " +
                       std::to_string(random.below(4096)) + "\n mov [" + where + "], eax\n";
                break;
            default:
                out += " PUT " + where + ", " + std::string(random.pick(arguments)) + "\n";
                break;
        }
    }
    return out;
}

std::string hypercall(Random& random) {
    std::string out;
    for (const std::string_view reg : {"ebx", "ecx", "edx", "esi", "edi"}) {
        std::string_view value = random.pick(arguments);
        if (reg == "esi" && random.chance(80)) value = "DOMAIN_SELF";
        out += " mov " + std::string(reg) + ", " + std::string(value) + "\n";
    }
    const unsigned number = random.chance(90) ? random.pick(numbers) : random.below(60);
    out += " mov eax, " + std::to_string(number) + "\n";
    if (number == 29) out += " xor ebx, ebx\n";  // yield: the others end the guest, or may
    return out + " int 0x82\n";
}

}  // namespace

std::string random_attacks(u64 seed) {
    Random random(seed);
    std::string text = "%define SOUP\n%include \"frame.inc\"\n";
    if (random.chance(90)) text += " PAGING_ON\n";
    text += " TASK_READY\n jmp next_attempt\n";
    for (unsigned n = 0; n < attempts; ++n) {
        text += "attempt_" + std::to_string(n) + ":\n";
        if (random.chance(12)) text += changed_table(random);
        if (random.chance(15)) text += " TO_RING_3\n";
        text += loaded_registers(random) + dangerous_code(random) + " jmp next_attempt\n";
    }
    text += "section .data\nalign 4\nattempts:\n";
    for (unsigned n = 0; n < attempts; ++n) text += " dd attempt_" + std::to_string(n) + "\n";
    return text + " dd no_more\n";
}

std::string random_hypercalls(u64 seed) {
    Random random(seed);
    std::string text = "%define SOUP\n%include \"pv_frame.inc\"\n jmp next_attempt\n";
    for (unsigned n = 0; n < attempts; ++n) {
        text += "attempt_" + std::to_string(n) + ":\n";
        if (random.chance(60)) text += filled_buffer(random);
        if (random.chance(10)) text += " mov eax, page\n call make_page_read_only\n";
        for (unsigned i = 1 + random.below(3); i-- > 0;) text += hypercall(random);
        if (random.chance(30)) text += loaded_registers(random) + dangerous_code(random);
        text += " jmp next_attempt\n";
    }
    text += "section .data\nalign 4\nattempts:\n";
    for (unsigned n = 0; n < attempts; ++n) text += " dd attempt_" + std::to_string(n) + "\n";
    return text +
           " dd no_more\nsection .text\ndirectory equ page\ntables equ page_2\nbig_gdt equ "
           "gdt\nidt equ traps\n";
}

}  // namespace ringside::isolation
