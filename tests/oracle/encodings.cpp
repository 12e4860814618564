#include "tests/oracle/encodings.hpp"

#include <map>

#include "sim/decode/decoder.hpp"
#include "sim/decode/text.hpp"

namespace ringside::oracle {
namespace {

using Bytes = std::vector<u8>;

/// A register that is neither AX, which has short forms, nor SP and BP.
constexpr u8 sample_rm = 1, register_mode = 3;

ZydisDecoder decoder_for(unsigned bits) {
    ZydisDecoder d;
    ZydisDecoderInit(&d,
                     bits == 64   ? ZYDIS_MACHINE_MODE_LONG_64
                     : bits == 32 ? ZYDIS_MACHINE_MODE_LEGACY_32
                                  : ZYDIS_MACHINE_MODE_LEGACY_16,
                     bits == 64   ? ZYDIS_STACK_WIDTH_64
                     : bits == 32 ? ZYDIS_STACK_WIDTH_32
                                  : ZYDIS_STACK_WIDTH_16);
    for (const ZydisDecoderMode absent : {ZYDIS_DECODER_MODE_MPX, ZYDIS_DECODER_MODE_CET,
                                          ZYDIS_DECODER_MODE_CLDEMOTE, ZYDIS_DECODER_MODE_WBNOINVD})
        ZydisDecoderEnableMode(&d, absent, ZYAN_FALSE);
    return d;
}

/// What distinguishes encodings that share prefixes and opcode (groups by the reg field).
struct Kind {
    ZydisMnemonic mnemonic;
    bool memory;
    int rm;
    FormKey key;
    auto operator<=>(const Kind&) const = default;
};

class Walk {
  public:
    explicit Walk(unsigned bits) : bits_(bits) {}

    void opcode(const Bytes& head, bool vex) {
        std::map<Kind, Encoding> found;
        Bytes bytes = head;
        bytes.insert(bytes.end(), 12, 0);
        Decoding plain;
        if (decode_both(bytes, bits_, plain) && !(plain.z.attributes & ZYDIS_ATTRIB_HAS_MODRM))
            add(found, plain, head, bytes, -1, 0, vex);
        const bool rm_matters =
            !vex && head.size() >= 2 && head[head.size() - 2] == 0x0f && head.back() == 0x01;
        for (unsigned modrm = 0; modrm < 256; ++modrm) {
            const u8 mode = u8(modrm >> 6), rm = modrm & 7;
            const bool memory_sample = mode == 2 && rm == sample_rm;
            const bool register_sample = mode == register_mode && (rm == sample_rm || rm_matters);
            if (!memory_sample && !register_sample) continue;
            bytes[head.size()] = u8(modrm);
            Decoding d;
            if (!decode_both(bytes, bits_, d) || !(d.z.attributes & ZYDIS_ATTRIB_HAS_MODRM))
                continue;
            const bool fixed_rm = rm_matters && register_sample && d.z.operand_count_visible == 0;
            if (rm_matters && register_sample && !fixed_rm && rm != sample_rm) continue;
            add(found, d, head, bytes, fixed_rm ? rm : -1, u8(modrm >> 3 & 7), vex);
        }
        for (auto& [kind, encoding] : found) out.push_back(std::move(encoding));
    }

    std::vector<Encoding> out;

  private:
    void add(std::map<Kind, Encoding>& found, const Decoding& d, const Bytes& head,
             const Bytes& bytes, int rm, u8 reg, bool vex) {
        const bool has_modrm = d.z.attributes & ZYDIS_ATTRIB_HAS_MODRM;
        const bool memory = has_modrm && d.z.raw.modrm.mod != register_mode;
        Encoding& e = found[{d.z.mnemonic, memory, rm, key_of(d.insn)}];
        e.regs.push_back(reg);
        if (!e.head.empty()) return;
        e.sample = d.insn;
        e.mnemonic = d.z.mnemonic;
        e.isa_set = d.z.meta.isa_set;
        e.isa_ext = d.z.meta.isa_ext;
        e.head = head;
        e.modrm = has_modrm;
        e.memory = memory;
        e.vex = vex;
        e.rm = rm;
        e.sample_bytes.assign(bytes.begin(), bytes.begin() + d.z.length);
        e.bits = bits_;
    }
    unsigned bits_;
};

bool is_prefix(u8 byte, unsigned bits) {
    switch (byte) {
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
        case 0x66:
        case 0x67:
        case 0xf0:
        case 0xf2:
        case 0xf3: return true;
        default: return bits == 64 && (byte & 0xf0) == 0x40;
    }
}

void walk_legacy(Walk& walk, unsigned bits) {
    const std::vector<Bytes> prefixes = [&] {
        std::vector<Bytes> all = {{},           {0x66},       {0x67},       {0xf3},
                                  {0xf2},       {0x66, 0xf3}, {0x66, 0xf2}, {0xf0},
                                  {0x66, 0xf0}, {0x67, 0xf3}, {0x67, 0xf2}, {0x67, 0x66}};
        if (bits == 64)
            for (Bytes more : std::vector<Bytes>{{0x48},
                                                 {0x66, 0x48},
                                                 {0xf3, 0x48},
                                                 {0xf2, 0x48},
                                                 {0xf0, 0x48},
                                                 {0x67, 0x48},
                                                 {0x67, 0xf3, 0x48}})
                all.push_back(more);
        return all;
    }();
    const std::vector<Bytes> maps = {{}, {0x0f}, {0x0f, 0x38}, {0x0f, 0x3a}};
    for (const Bytes& prefix : prefixes) {
        for (const Bytes& map : maps) {
            for (unsigned opcode = 0; opcode < 256; ++opcode) {
                if (map.empty() && (is_prefix(u8(opcode), bits) || opcode == 0x0f)) continue;
                if (map.size() == 1 && (opcode == 0x38 || opcode == 0x3a)) continue;
                Bytes head = prefix;
                head.insert(head.end(), map.begin(), map.end());
                head.push_back(u8(opcode));
                walk.opcode(head, false);
            }
        }
    }
}

/// Three-byte VEX with all registers of the low eight; vvvv names register 2.
void walk_vex(Walk& walk) {
    constexpr u8 three_byte_vex = 0xc4, inverted_rxb = 0xe0, inverted_vvvv_2 = 0x68, no_vvvv = 0x78;
    for (const u8 map : {2, 3})
        for (unsigned w = 0; w < 2; ++w)
            for (unsigned pp = 0; pp < 4; ++pp)
                for (unsigned opcode = 0; opcode < 256; ++opcode) {
                    const size_t before = walk.out.size();
                    for (const u8 vvvv : {inverted_vvvv_2, no_vvvv})
                        if (walk.out.size() == before)
                            walk.opcode({three_byte_vex, u8(inverted_rxb | map),
                                         u8(w << 7 | vvvv | pp), u8(opcode)},
                                        true);
                }
}

}  // namespace

bool decode_both(std::span<const u8> bytes, unsigned bits, Decoding& out) {
    static const std::array<ZydisDecoder, 3> decoders = {decoder_for(16), decoder_for(32),
                                                         decoder_for(64)};
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoders[bits / 32], bytes.data(), bytes.size(),
                                             &out.z, out.operands.data())))
        return false;
    const decode::Decoded d = decode::decode(bytes, bits);
    if (d.status != decode::Decoded::Ok || d.insn.undefined) return false;
    out.insn = d.insn;
    return true;
}

std::string Encoding::text() const {
    const auto t = decode::disassemble(sample_bytes, 0x20000100, bits);
    return t ? t->text : ZydisMnemonicGetString(mnemonic);
}

std::vector<Encoding> all_encodings(unsigned bits) {
    Walk walk(bits);
    walk_legacy(walk, bits);
    walk_vex(walk);
    return std::move(walk.out);
}

FormKey key_of(const decode::Insn& i) {
    return {i.op,           i.form, i.condition, i.width, i.source_width, i.operand_size,
            i.address_size, i.rep,  i.repne,     i.lock,  i.count_is_cl};
}

}  // namespace ringside::oracle
