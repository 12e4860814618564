// The tables of names.
#include "sim/asm/names.hpp"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "sim/asm/token.hpp"

namespace ringside::assembler {
namespace {

template <class Count>
using NameTable = std::unordered_map<std::string, Count>;

/// NASM's other spellings of the encoder's mnemonics. SDM 2A "CMOVcc", "Jcc", "SETcc" list them.
constexpr std::array<std::array<const char*, 2>, 16> conditions = {{{"e", "z"},
                                                                    {"ne", "nz"},
                                                                    {"ae", "nb"},
                                                                    {"nc", "nb"},
                                                                    {"c", "b"},
                                                                    {"nae", "b"},
                                                                    {"a", "nbe"},
                                                                    {"na", "be"},
                                                                    {"g", "nle"},
                                                                    {"ge", "nl"},
                                                                    {"ng", "le"},
                                                                    {"nge", "l"},
                                                                    {"pe", "p"},
                                                                    {"po", "np"},
                                                                    {"nz", "nz"},
                                                                    {"z", "z"}}};
constexpr std::array<std::array<const char*, 2>, 17> synonyms = {{{"sal", "shl"},
                                                                  {"loopz", "loope"},
                                                                  {"loopnz", "loopne"},
                                                                  {"retn", "ret"},
                                                                  {"retf", "ret"},
                                                                  {"xlatb", "xlat"},
                                                                  {"wait", "fwait"},
                                                                  {"icebp", "int1"},
                                                                  {"int01", "int1"},
                                                                  {"int03", "int3"},
                                                                  {"ud2a", "ud2"},
                                                                  {"iretw", "iret"},
                                                                  {"pushfw", "pushf"},
                                                                  {"popfw", "popf"},
                                                                  {"pushaw", "pusha"},
                                                                  {"popaw", "popa"},
                                                                  {"setalc", "salc"}}};

const NameTable<u16>& mnemonics() {
    static const NameTable<u16> table = [] {
        NameTable<u16> t;
        for (int id = 1; id <= ZYDIS_MNEMONIC_MAX_VALUE; ++id)
            t[ZydisMnemonicGetString(static_cast<ZydisMnemonic>(id))] = static_cast<u16>(id);
        for (const auto& [name, encoder] : conditions)
            for (const char* stem : {"j", "set", "cmov"})
                t.emplace(std::string(stem) + name, t.at(std::string(stem) + encoder));
        for (const auto& [name, encoder] : synonyms)
            if (const auto found = t.find(encoder); found != t.end())
                t.emplace(name, found->second);
        return t;
    }();
    return table;
}

const NameTable<u32>& registers() {
    static const NameTable<u32> table = [] {
        NameTable<u32> t;
        for (int id = 1; id <= ZYDIS_REGISTER_MAX_VALUE; ++id) {
            const auto reg = static_cast<ZydisRegister>(id);
            const auto kind = ZydisRegisterGetClass(reg);
            // Flags and instruction pointers are not names in an assembly text.
            if (kind == ZYDIS_REGCLASS_FLAGS || kind == ZYDIS_REGCLASS_IP ||
                kind == ZYDIS_REGCLASS_INVALID || kind == ZYDIS_REGCLASS_TABLE)
                continue;
            t[ZydisRegisterGetString(reg)] = static_cast<u32>(id);
        }
        for (const char* not_ours : {"mxcsr", "pkru", "xcr0", "uif", "bndcfg", "bndstatus"})
            t.erase(not_ours);
        return t;
    }();
    return table;
}

constexpr std::array prefixes = {"rep", "repe", "repz", "repne", "repnz", "lock",     "o16",
                                 "o32", "o64",  "a16",  "a32",   "a64",   "cs",       "ds",
                                 "es",  "fs",   "gs",   "ss",    "bnd",   "xacquire", "xrelease"};
constexpr std::array data_directives = {"db",   "dw",     "dd",    "dq",   "dt",
                                        "do",   "resb",   "resw",  "resd", "resq",
                                        "rest", "incbin", "times", "equ",  "at"};
constexpr std::array directives = {
    "section", "segment", "bits",    "use16",    "use32",     "align",    "alignb", "org",
    "global",  "extern",  "default", "absolute", "struc",     "endstruc", "istruc", "iend",
    "cpu",     "static",  "common",  "required", "sectalign", "use64"};

template <class Array>
bool contains(const Array& array, std::string_view name) {
    return std::any_of(array.begin(), array.end(), [&](const char* n) { return name == n; });
}

/// NASM's plain name takes the size of the mode; the encoder's plain name is the 16-bit form.
struct Sized {
    const char* plain;
    const char* wide;
    const char* in64;
};
constexpr std::array<Sized, 5> sized = {{{"pushf", "pushfd", "pushfq"},
                                         {"popf", "popfd", "popfq"},
                                         {"pusha", "pushad", "pushad"},
                                         {"popa", "popad", "popad"},
                                         {"iret", "iretd", "iretd"}}};

}  // namespace

bool is_mnemonic(std::string_view name) { return mnemonics().contains(lower(name)); }
bool is_prefix(std::string_view name) { return contains(prefixes, lower(name)); }
bool is_data_directive(std::string_view name) { return contains(data_directives, lower(name)); }
bool is_directive(std::string_view name) { return contains(directives, lower(name)); }

u32 register_named(std::string_view name) {
    const auto found = registers().find(lower(name));
    return found == registers().end() ? 0 : found->second;
}

Mnemonic mnemonic_named(std::string_view given, unsigned bits) {
    std::string name = lower(given);
    Mnemonic out;
    out.far = name == "retf";
    for (const Sized& s : sized)
        if (name == s.plain && bits != 16) name = bits == 64 ? s.in64 : s.wide;
    const auto found = mnemonics().find(name);
    if (found != mnemonics().end()) out.id = found->second;
    return out;
}

const std::vector<std::string>& statement_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& [name, id] : mnemonics())
            // The many vector instructions would be the nearest name to every slip of the pen.
            if (name[0] != 'v' || name.starts_with("vm") || name.starts_with("verr") ||
                name.starts_with("verw"))
                all.push_back(name);
        for (const char* n : prefixes) all.emplace_back(n);
        for (const char* n : data_directives) all.emplace_back(n);
        for (const char* n : directives) all.emplace_back(n);
        std::sort(all.begin(), all.end());
        return all;
    }();
    return names;
}

const std::vector<std::string>& register_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& [name, id] : registers()) all.push_back(name);
        std::sort(all.begin(), all.end());
        return all;
    }();
    return names;
}

}  // namespace ringside::assembler
