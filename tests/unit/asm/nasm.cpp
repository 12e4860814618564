// Running NASM and comparing decoded instructions.
#include "tests/unit/asm/nasm.hpp"

#include <Zydis/Zydis.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace ringside::testing {
namespace {

namespace fs = std::filesystem;

/// A folder of its own that goes away.
class Scratch {
  public:
    Scratch() {
        std::string pattern = (fs::temp_directory_path() / "ringside-nasm-XXXXXX").string();
        if (!mkdtemp(pattern.data())) throw std::runtime_error("no folder for temporary files");
        path_ = pattern;
    }
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    std::string file(const std::string& name) const { return (path_ / name).string(); }

  private:
    fs::path path_;
};

std::string quoted(const std::string& text) { return "'" + text + "'"; }

struct Decoded {
    size_t offset = 0;
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

std::vector<Decoded> decode(std::span<const u8> bytes, unsigned bits) {
    ZydisDecoder decoder;
    if (bits == 16) ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16);
    if (bits == 32) ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    if (bits == 64) ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    std::vector<Decoded> out;
    for (size_t at = 0; at < bytes.size();) {
        Decoded d;
        d.offset = at;
        if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, bytes.data() + at, bytes.size() - at,
                                               &d.insn, d.operands))) {
            // Data between the code: a byte that both must have.
            d.insn = {};
            d.insn.length = 1;
            d.insn.opcode = bytes[at];
        }
        at += d.insn.length;
        out.push_back(d);
    }
    return out;
}

bool relative(const ZydisDecodedOperand& o) {
    return o.type == ZYDIS_OPERAND_TYPE_IMMEDIATE && o.imm.is_relative;
}

std::string operand_difference(const ZydisDecodedOperand& a, const ZydisDecodedOperand& b) {
    if (a.type != b.type) return "kind of operand";
    if (a.size != b.size)
        return "operand size " + std::to_string(a.size) + ", NASM " + std::to_string(b.size);
    switch (a.type) {
        case ZYDIS_OPERAND_TYPE_REGISTER:
            if (a.reg.value != b.reg.value)
                return std::string("register ") + ZydisRegisterGetString(a.reg.value) + ", NASM " +
                       ZydisRegisterGetString(b.reg.value);
            break;
        case ZYDIS_OPERAND_TYPE_MEMORY:
            if (a.mem.base != b.mem.base || a.mem.index != b.mem.index ||
                a.mem.scale != b.mem.scale)
                return "registers of the address";
            if (a.mem.segment != b.mem.segment) return "segment";
            if (a.mem.disp.value != b.mem.disp.value && a.mem.base != ZYDIS_REGISTER_RIP)
                return "displacement " + std::to_string(a.mem.disp.value) + ", NASM " +
                       std::to_string(b.mem.disp.value);
            break;
        case ZYDIS_OPERAND_TYPE_IMMEDIATE:
            if (!relative(a) && a.imm.value.u != b.imm.value.u)
                return "immediate " + std::to_string(a.imm.value.s) + ", NASM " +
                       std::to_string(b.imm.value.s);
            break;
        case ZYDIS_OPERAND_TYPE_POINTER:
            if (a.ptr.segment != b.ptr.segment || a.ptr.offset != b.ptr.offset)
                return "far pointer";
            break;
        default: break;
    }
    return {};
}

std::string difference(const Decoded& a, const Decoded& b) {
    if (a.insn.mnemonic != b.insn.mnemonic)
        return std::string(ZydisMnemonicGetString(a.insn.mnemonic)) + ", NASM " +
               ZydisMnemonicGetString(b.insn.mnemonic);
    if (a.insn.mnemonic == ZYDIS_MNEMONIC_INVALID)
        return a.insn.opcode == b.insn.opcode ? "" : "a byte of data";
    if (a.insn.operand_width != b.insn.operand_width) return "operand width";
    if (a.insn.address_width != b.insn.address_width) return "address width";
    constexpr ZyanU64 prefixes = ZYDIS_ATTRIB_HAS_LOCK | ZYDIS_ATTRIB_HAS_REP |
                                 ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE |
                                 ZYDIS_ATTRIB_HAS_SEGMENT;
    if ((a.insn.attributes & prefixes) != (b.insn.attributes & prefixes)) return "prefixes";
    if (a.insn.operand_count != b.insn.operand_count) return "number of operands";
    for (unsigned i = 0; i < a.insn.operand_count; ++i)
        if (std::string d = operand_difference(a.operands[i], b.operands[i]); !d.empty()) return d;
    return {};
}

/// Offset that the relative operand leads to, or nothing.
std::optional<long> target(const Decoded& d) {
    for (unsigned i = 0; i < d.insn.operand_count_visible; ++i)
        if (relative(d.operands[i]))
            return static_cast<long>(d.offset + d.insn.length) +
                   static_cast<long>(d.operands[i].imm.value.s);
    return std::nullopt;
}

}  // namespace

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<u8> nasm(const std::string& path, const std::string& format,
                     const std::vector<std::string>& options) {
    if (std::system("nasm -v > /dev/null 2>&1") != 0)
        throw std::runtime_error("NASM is needed for this test: install the package 'nasm'");
    Scratch scratch;
    std::string command = "nasm -w-all -f " + format;
    for (const std::string& o : options) command += " " + quoted(o);
    command += " -o " + quoted(scratch.file("out")) + " " + quoted(path) + " 2> " +
               quoted(scratch.file("errors"));
    if (std::system(command.c_str()) != 0)
        throw std::runtime_error("NASM refuses " + path + ": " + read_file(scratch.file("errors")));
    const std::string bytes = read_file(scratch.file("out"));
    return {bytes.begin(), bytes.end()};
}

std::vector<u8> nasm_text(const std::string& text, const std::string& format) {
    Scratch scratch;
    std::ofstream(scratch.file("in.asm"), std::ios::binary) << text;
    return nasm(scratch.file("in.asm"), format);
}

std::optional<Difference> first_difference(std::span<const u8> ours, std::span<const u8> theirs,
                                           unsigned bits) {
    const std::vector<Decoded> a = decode(ours, bits), b = decode(theirs, bits);
    std::map<long, size_t> number_a, number_b;
    for (size_t i = 0; i < a.size(); ++i) number_a[static_cast<long>(a[i].offset)] = i;
    for (size_t i = 0; i < b.size(); ++i) number_b[static_cast<long>(b[i].offset)] = i;
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        std::string what = difference(a[i], b[i]);
        if (what.empty())
            if (const auto ta = target(a[i]), tb = target(b[i]); ta && tb) {
                const auto na = number_a.find(*ta), nb = number_b.find(*tb);
                // Into the middle of an instruction or out of the code: the distance itself.
                const bool inside = na != number_a.end() && nb != number_b.end();
                const bool same = inside ? na->second == nb->second
                                         : *ta - static_cast<long>(a[i].offset) ==
                                               *tb - static_cast<long>(b[i].offset);
                if (!same && (inside || ours.size() == theirs.size()))
                    what = "branch to " + std::to_string(*ta) + ", NASM " + std::to_string(*tb);
            }
        if (!what.empty()) return Difference{a[i].offset, what};
    }
    if (a.size() != b.size())
        return Difference{ours.size(), std::to_string(a.size()) + " instructions, NASM " +
                                           std::to_string(b.size())};
    return std::nullopt;
}

}  // namespace ringside::testing
