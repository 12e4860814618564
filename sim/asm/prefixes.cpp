// Prefix bytes and their names.
#include "sim/asm/prefixes.hpp"

#include <Zydis/Zydis.h>

#include <cstdlib>

#include "sim/asm/names.hpp"

namespace ringside::assembler {
namespace {

/// SDM 2A "Instruction Prefixes".
enum Prefix : u8 {
    lock = 0xf0,
    repne = 0xf2,
    rep = 0xf3,
    cs = 0x2e,
    ss = 0x36,
    ds = 0x3e,
    es = 0x26,
    fs = 0x64,
    gs = 0x65,
    operand_size = 0x66,
    address_size = 0x67,
    rex_w = 0x48,
};

bool is_prefix_byte(u8 b) {
    switch (b) {
        case lock:
        case repne:
        case rep:
        case cs:
        case ss:
        case ds:
        case es:
        case fs:
        case gs:
        case operand_size:
        case address_size: return true;
        default: return false;
    }
}

}  // namespace

void add_prefix(std::vector<u8>& bytes, u8 prefix) {
    for (const u8 b : bytes) {
        if (b == prefix) return;
        if (!is_prefix_byte(b)) break;
    }
    bytes.insert(bytes.begin(), prefix);
}

u8 segment_prefix(u32 segment) {
    switch (segment) {
        case ZYDIS_REGISTER_CS: return cs;
        case ZYDIS_REGISTER_SS: return ss;
        case ZYDIS_REGISTER_DS: return ds;
        case ZYDIS_REGISTER_ES: return es;
        case ZYDIS_REGISTER_FS: return fs;
        default: return gs;
    }
}

void add_size_prefix(std::vector<u8>& bytes, u8 prefix, unsigned wants, unsigned mode_bits) {
    const bool operand = prefix == operand_size;
    const unsigned own = operand && mode_bits == 64 ? 32 : mode_bits;
    if (operand && wants == 64 && mode_bits == 64)
        bytes.insert(bytes.begin(), rex_w);
    else if (wants != own)
        add_prefix(bytes, prefix);
}

void add_named_prefix(std::vector<u8>& bytes, const std::string& name, unsigned mode_bits) {
    const bool size = name.size() == 3 && (name[0] == 'o' || name[0] == 'a');
    if (size)
        add_size_prefix(bytes, name[0] == 'o' ? operand_size : address_size,
                        static_cast<unsigned>(std::atoi(name.c_str() + 1)), mode_bits);
    else if (name == "lock")
        add_prefix(bytes, lock);
    else if (name == "repne" || name == "repnz" || name == "bnd" || name == "xacquire")
        add_prefix(bytes, repne);
    else if (name.starts_with("rep") || name == "xrelease")
        add_prefix(bytes, rep);
    else
        add_prefix(bytes, segment_prefix(register_named(name)));
}

}  // namespace ringside::assembler
