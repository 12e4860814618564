// The VMMs' decoder against Zydis, and its classes against the list of sensitive instructions.
#include "scenarios/vmms/common/decode.hpp"

#include <Zydis/Zydis.h>
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace ringside;
using vmm::Class;
using vmm::Map;

namespace {

using Bytes = std::vector<u8>;

struct Oracle {
    Oracle() { ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32); }
    /// False if Zydis finds no instruction there.
    bool decode(const Bytes& bytes, ZydisDecodedInstruction& insn) const {
        return ZYAN_SUCCESS(
            ZydisDecoderDecodeInstruction(&decoder, nullptr, bytes.data(), bytes.size(), &insn));
    }
    ZydisDecoder decoder;
};

std::string hex(const Bytes& bytes) {
    std::string text;
    for (u8 byte : bytes) {
        constexpr char digits[] = "0123456789abcdef";
        text += {digits[byte >> 4], digits[byte & 15], ' '};
    }
    return text;
}

bool is_branch(const ZydisDecodedInstruction& insn) {
    switch (insn.meta.category) {
        case ZYDIS_CATEGORY_CALL:
        case ZYDIS_CATEGORY_COND_BR:
        case ZYDIS_CATEGORY_UNCOND_BR:
        case ZYDIS_CATEGORY_RET: return true;
        default: return false;
    }
}

/// Instructions that Zydis decodes and that are #UD outside VMX operation, in 32-bit mode of an
/// Intel CPU, or with extensions that the VMMs never turn on.
bool known_undefined(const ZydisDecodedInstruction& insn) {
    const std::string name = ZydisMnemonicGetString(insn.mnemonic);
    for (const char* known :
         {"ud0",        "ud1",        "ud2",         "rsm",        "getsec",    "syscall",
          "sysret",     "femms",      "extrq",       "insertq",    "clgi",      "stgi",
          "skinit",     "vmrun",      "vmload",      "vmsave",     "vmmcall",   "invlpga",
          "invlpgb",    "tlbsync",    "clzero",      "mcommit",    "monitorx",  "mwaitx",
          "rdpru",      "pvalidate",  "encls",       "enclu",      "enclv",     "pconfig",
          "ptwrite",    "rstorssp",   "saveprevssp", "setssbsy",   "serialize", "tdcall",
          "vmcall",     "vmclear",    "vmfunc",      "vmlaunch",   "vmptrld",   "vmptrst",
          "vmread",     "vmresume",   "vmwrite",     "vmxoff",     "vmxon",     "xabort",
          "xbegin",     "xend",       "xtest",       "xresldtrk",  "xsusldtrk", "xrstors",
          "xsavec",     "xsaves",     "montmul",     "xsha1",      "xsha256",   "xstore",
          "xcrypt_cbc", "xcrypt_cfb", "xcrypt_ctr",  "xcrypt_ecb", "xcrypt_ofb"})
        if (name == known) return true;
    return false;
}

/// Both must agree about length, parts, and what is a branch.
void compare(const Oracle& oracle, const Bytes& bytes) {
    ZydisDecodedInstruction expected;
    if (!oracle.decode(bytes, expected)) return;
    // VEX, EVEX and XOP instructions are #UD in the machines the VMMs run on, whatever their
    // length.
    if (expected.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX ||
        expected.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX ||
        expected.encoding == ZYDIS_INSTRUCTION_ENCODING_MVEX ||
        expected.encoding == ZYDIS_INSTRUCTION_ENCODING_XOP)
        return;
    // 3DNow! was AMD's alone.
    if (expected.encoding == ZYDIS_INSTRUCTION_ENCODING_3DNOW) return;
    const vmm::Insn insn = vmm::decode(bytes.data(), bytes.size());
    INFO("bytes ", hex(bytes), "zydis: ", ZydisMnemonicGetString(expected.mnemonic));
    if (insn.cls == Class::Undefined) {
        REQUIRE(known_undefined(expected));
        return;
    }
    REQUIRE(int(insn.length) == int(expected.length));
    if (insn.displacement_size != expected.raw.disp.size / 8) FAIL("displacement size");
    if (insn.displacement_size && insn.displacement_at != expected.raw.disp.offset)
        FAIL("displacement place");
    if (insn.immediate_size && insn.immediate_at != expected.raw.imm[0].offset)
        FAIL("immediate place");
    if (insn.immediate_size * 8 != expected.raw.imm[0].size + expected.raw.imm[1].size)
        FAIL("immediate size");
    const bool branch = insn.cls == Class::DirectJump || insn.cls == Class::DirectCall ||
                        insn.cls == Class::CondJump || insn.cls == Class::Loop ||
                        insn.cls == Class::IndirectJump || insn.cls == Class::IndirectCall ||
                        insn.cls == Class::Ret || insn.cls == Class::Iret ||
                        (insn.cls == Class::Far && insn.opcode != 0x34);
    if (branch != is_branch(expected)) FAIL("branch or not");
}

Class class_of(const Bytes& bytes) { return vmm::decode(bytes.data(), bytes.size()).cls; }

}  // namespace

TEST_CASE("Lengths and parts agree with Zydis for every opcode, ModRM byte and common prefix") {
    const Oracle oracle;
    const std::vector<Bytes> prefixes = {{},     {0x66}, {0x67}, {0x66, 0x67},
                                         {0x64}, {0xf3}, {0xf2}, {0xf0}};
    for (const Bytes& prefix : prefixes)
        for (const Bytes& map : {Bytes{}, Bytes{0x0f}, Bytes{0x0f, 0x38}, Bytes{0x0f, 0x3a}})
            for (int opcode = 0; opcode < 256; ++opcode)
                for (int modrm = 0; modrm < 256; ++modrm) {
                    Bytes bytes = prefix;
                    bytes.insert(bytes.end(), map.begin(), map.end());
                    bytes.push_back(u8(opcode));
                    bytes.push_back(u8(modrm));
                    for (u8 more : {0x25, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x11, 0x12})
                        bytes.push_back(more);
                    compare(oracle, bytes);
                }
}

TEST_CASE("Lengths and parts agree with Zydis for random bytes") {
    const Oracle oracle;
    std::mt19937 random(2006);
    for (int i = 0; i < 400000; ++i) {
        Bytes bytes(16);
        for (u8& byte : bytes) byte = u8(random());
        compare(oracle, bytes);
    }
}

TEST_CASE("What Zydis refuses without prefixes is undefined here too or raises #UD on its own") {
    // An undefined instruction may be copied as it stands, for it faults at ring 1 too; it must
    // only never be taken for something that the VMM emulates.
    const Oracle oracle;
    for (int escape = 0; escape < 2; ++escape)
        for (int opcode = 0; opcode < 256; ++opcode)
            for (int modrm = 0; modrm < 256; ++modrm) {
                Bytes bytes = escape ? Bytes{0x0f} : Bytes{};
                bytes.push_back(u8(opcode));
                bytes.push_back(u8(modrm));
                bytes.resize(16, 0x25);
                ZydisDecodedInstruction expected;
                if (oracle.decode(bytes, expected)) continue;
                const Class c = class_of(bytes);
                CAPTURE(hex(bytes));
                CHECK((c == Class::Undefined || c == Class::Innocuous));
            }
}

TEST_CASE("The class says how an instruction may run at ring 1") {
    struct Row {
        Bytes bytes;
        Class cls;
        const char* text;
    };
    const Row rows[] = {
        {{0x89, 0xd8}, Class::Innocuous, "mov eax, ebx"},
        {{0x0f, 0xa2}, Class::Innocuous, "cpuid"},
        {{0x64, 0x8b, 0x07}, Class::Innocuous, "mov eax, [fs:edi]"},
        {{0xf0, 0x0f, 0xb1, 0x0f}, Class::Innocuous, "lock cmpxchg [edi], ecx"},
        {{0xeb, 0xfe}, Class::DirectJump, "jmp $"},
        {{0xe8, 0, 0, 0, 0}, Class::DirectCall, "call"},
        {{0x0f, 0x84, 0, 0, 0, 0}, Class::CondJump, "jz near"},
        {{0xe2, 0xfe}, Class::Loop, "loop $"},
        {{0xe3, 0xfe}, Class::Loop, "jecxz $"},
        {{0xff, 0xe0}, Class::IndirectJump, "jmp eax"},
        {{0xff, 0x17}, Class::IndirectCall, "call [edi]"},
        {{0xc2, 4, 0}, Class::Ret, "ret 4"},
        {{0xcb}, Class::Far, "retf"},
        {{0xea, 0, 0, 0, 0, 8, 0}, Class::Far, "jmp 8:0"},
        {{0xff, 0x2f}, Class::Far, "jmp far [edi]"},
        {{0x0f, 0x34}, Class::Far, "sysenter"},
        {{0xcd, 0x80}, Class::Int, "int 0x80"},
        {{0xcc}, Class::Int, "int3"},
        {{0xcf}, Class::Iret, "iret"},
        {{0xfa}, Class::Privileged, "cli"},
        {{0xf4}, Class::Privileged, "hlt"},
        {{0xe6, 0xf4}, Class::Privileged, "out 0xf4, al"},
        {{0xf3, 0x6e}, Class::Privileged, "rep outsb"},
        {{0x0f, 0x22, 0xd8}, Class::Privileged, "mov cr3, eax"},
        {{0x0f, 0x01, 0x17}, Class::Privileged, "lgdt [edi]"},
        {{0x0f, 0x01, 0xf0}, Class::Privileged, "lmsw ax"},
        {{0x0f, 0x00, 0xd8}, Class::Privileged, "ltr ax"},
        {{0x9c}, Class::Sensitive, "pushf"},
        {{0x9d}, Class::Sensitive, "popf"},
        {{0x0f, 0x01, 0x07}, Class::Sensitive, "sgdt [edi]"},
        {{0x0f, 0x01, 0x0f}, Class::Sensitive, "sidt [edi]"},
        {{0x0f, 0x01, 0xe0}, Class::Sensitive, "smsw eax"},
        {{0x0f, 0x00, 0xc0}, Class::Sensitive, "sldt eax"},
        {{0x0f, 0x00, 0xc8}, Class::Sensitive, "str eax"},
        {{0x0f, 0x02, 0xc0}, Class::Sensitive, "lar eax, eax"},
        {{0x0f, 0x03, 0xc0}, Class::Sensitive, "lsl eax, eax"},
        {{0x0f, 0x00, 0xe0}, Class::Sensitive, "verr ax"},
        {{0x0e}, Class::Sensitive, "push cs"},
        {{0x1f}, Class::Sensitive, "pop ds"},
        {{0x0f, 0xa0}, Class::Sensitive, "push fs"},
        {{0x8e, 0xd8}, Class::Sensitive, "mov ds, eax"},
        {{0x8c, 0xc8}, Class::Sensitive, "mov eax, cs"},
        {{0xc5, 0x07}, Class::Sensitive, "lds eax, [edi]"},
        {{0x0f, 0xb2, 0x27}, Class::Sensitive, "lss esp, [edi]"},
        {{0x0f, 0x0b}, Class::Undefined, "ud2"},
        {{0x8e, 0xc8}, Class::Undefined, "mov cs, eax"},
        {{0xf0, 0xfa}, Class::Undefined, "lock cli"},
        {{0xc5, 0xf8, 0x77}, Class::Undefined, "vzeroupper"},
        {{0x0f, 0x22}, Class::Incomplete, "mov cr, cut short"},
        {{}, Class::Incomplete, "nothing"},
        {Bytes(16, 0x66), Class::TooLong, "sixteen prefixes"},
    };
    for (const Row& row : rows) SUBCASE(row.text) {
            CHECK(int(class_of(row.bytes)) == int(row.cls));
        }
}

TEST_CASE("A relative target counts from the next instruction and is cut to 16 bits under 66h") {
    const Bytes back = {0xeb, 0xfe}, near_jump = {0xe9, 0x00, 0x10, 0x00, 0x00},
                narrow = {0x66, 0xe9, 0x00, 0xff};
    CHECK(vmm::decode(back.data(), back.size()).target(0x100000) == 0x100000);
    CHECK(vmm::decode(near_jump.data(), near_jump.size()).target(0x100000) == 0x101005);
    CHECK(vmm::decode(narrow.data(), narrow.size()).target(0x1000) == 0x0f04);
}
