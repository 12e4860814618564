#include "tests/oracle/undefined.hpp"

#include "sim/isa/flags.hpp"

namespace ringside::oracle {
namespace {

using isa::Op;
using enum When;
using namespace isa::flags;

constexpr u64 all = status, none = 0;
constexpr const char* logic = "SDM 2 \"AND\", \"OR\", \"XOR\", \"TEST\"";
constexpr const char* shifts = "SDM 2B \"SAL/SAR/SHL/SHR\"";
constexpr const char* rotates = "SDM 2B \"RCL/RCR/ROL/ROR\"";
constexpr const char* doubles = "SDM 2B \"SHLD\", \"SHRD\"";
constexpr const char* products = "SDM 2 \"MUL\", \"IMUL\"";
constexpr const char* divisions = "SDM 2A \"DIV\", \"IDIV\"";
constexpr const char* scans = "SDM 2A \"BSF\", \"BSR\"";
constexpr const char* counts = "SDM 2 \"LZCNT\", \"TZCNT\"";
constexpr const char* tests = "SDM 2A \"BT\", \"BTS\", \"BTR\", \"BTC\"";
constexpr const char* decimal = "SDM 2A \"AAA\", \"AAS\", \"AAM\", \"AAD\", \"DAA\", \"DAS\"";
constexpr const char* bmi = "SDM 2 \"ANDN\", \"BLSI\", \"BLSMSK\", \"BLSR\", \"BZHI\"";
constexpr const char* bextr = "SDM 2A \"BEXTR\"";
constexpr const char* swap = "SDM 2A \"BSWAP\"";

// Where Intel's column is empty, Intel's processors were seen to do one thing in all forms, and the
// core does it too (sim/cpu/alu.hpp). Rotates of a register by an immediate leave OF as it was.
// clang-format off
constexpr Undefined table[] = {
    //  op       when              SDM: flags, result             left out with: Intel  AMD  QEMU; result with Intel AMD QEMU
    {Op::AND,    Always,            AF,                 false,  none, none, AF,                  false, false, false, logic},
    {Op::OR,     Always,            AF,                 false,  none, none, AF,                  false, false, false, logic},
    {Op::XOR,    Always,            AF,                 false,  none, none, AF,                  false, false, false, logic},
    {Op::TEST,   Always,            AF,                 false,  none, none, AF,                  false, false, false, logic},
    {Op::SHL,    CountNotZero,      AF,                 false,  none, AF,   AF,                  false, false, false, shifts},
    {Op::SHL,    CountAboveOne,     OF,                 false,  none, OF,   OF,                  false, false, false, shifts},
    {Op::SHL,    CountAtLeastWidth, CF,                 false,  none, CF|OF, CF|OF,              false, false, false, shifts},
    {Op::SHR,    CountNotZero,      AF,                 false,  none, AF,   AF,                  false, false, false, shifts},
    {Op::SHR,    CountAboveOne,     OF,                 false,  none, OF,   OF,                  false, false, false, shifts},
    {Op::SHR,    CountAtLeastWidth, CF,                 false,  none, CF|OF, CF|OF,              false, false, false, shifts},
    {Op::SAR,    CountNotZero,      AF,                 false,  none, AF,   AF,                  false, false, false, shifts},
    {Op::SAR,    CountAboveOne,     OF,                 false,  none, OF,   OF,                  false, false, false, shifts},
    {Op::ROL,    CountAboveOne,     OF,                 false,  OF,   OF,   OF,                  false, false, false, rotates},
    {Op::ROR,    CountAboveOne,     OF,                 false,  OF,   OF,   OF,                  false, false, false, rotates},
    {Op::RCL,    CountAboveOne,     OF,                 false,  none, OF,   OF,                  false, false, false, rotates},
    {Op::RCR,    CountAboveOne,     OF,                 false,  none, OF,   OF,                  false, false, false, rotates},
    {Op::SHLD,   CountNotZero,      AF,                 false,  none, AF,   AF,                  false, false, false, doubles},
    {Op::SHLD,   CountAboveOne,     OF,                 false,  none, OF,   OF,                  false, false, false, doubles},
    {Op::SHLD,   CountAboveWidth,   all,                true,   none, all,  all,                 false, true,  true,  doubles},
    {Op::SHRD,   CountNotZero,      AF,                 false,  none, AF,   AF,                  false, false, false, doubles},
    {Op::SHRD,   CountAboveOne,     OF,                 false,  none, OF,   OF,                  false, false, false, doubles},
    {Op::SHRD,   CountAboveWidth,   all,                true,   none, all,  all,                 false, true,  true,  doubles},
    {Op::MUL,    Always,            SF|ZF|AF|PF,        false,  none, SF|ZF|AF|PF, SF|ZF|AF|PF,  false, false, false, products},
    {Op::IMUL,   Always,            SF|ZF|AF|PF,        false,  none, SF|ZF|AF|PF, SF|ZF|AF|PF,  false, false, false, products},
    {Op::DIV,    Always,            all,                false,  none, all,  all,                 false, false, false, divisions},
    {Op::IDIV,   Always,            all,                false,  none, all,  all,                 false, false, false, divisions},
    {Op::BSF,    Always,            all & ~ZF,          true,   none, all & ~ZF, all & ~ZF,      false, false, false, scans},
    {Op::BSR,    Always,            all & ~ZF,          true,   none, all & ~ZF, all & ~ZF,      false, false, false, scans},
    {Op::LZCNT,  Always,            OF|SF|AF|PF,        false,  none, OF|SF|AF|PF, OF|SF|AF|PF,  false, false, false, counts},
    {Op::TZCNT,  Always,            OF|SF|AF|PF,        false,  none, OF|SF|AF|PF, OF|SF|AF|PF,  false, false, false, counts},
    {Op::BT,     Always,            OF|SF|AF|PF,        false,  none, OF|SF|AF|PF, OF|SF|ZF|AF|PF, false, false, false, tests},
    {Op::BTS,    Always,            OF|SF|AF|PF,        false,  none, OF|SF|AF|PF, OF|SF|ZF|AF|PF, false, false, false, tests},
    {Op::BTR,    Always,            OF|SF|AF|PF,        false,  none, OF|SF|AF|PF, OF|SF|ZF|AF|PF, false, false, false, tests},
    {Op::BTC,    Always,            OF|SF|AF|PF,        false,  none, OF|SF|AF|PF, OF|SF|ZF|AF|PF, false, false, false, tests},
    {Op::AAA,    Always,            OF|SF|ZF|PF,        false,  none, OF|SF|ZF|PF, OF|SF|ZF|PF,  false, false, false, decimal},
    {Op::AAS,    Always,            OF|SF|ZF|PF,        false,  none, OF|SF|ZF|PF, OF|SF|ZF|PF,  false, false, false, decimal},
    {Op::AAM,    Always,            OF|AF|CF,           false,  none, OF|AF|CF, OF|AF|CF,        false, false, false, decimal},
    {Op::AAD,    Always,            OF|AF|CF,           false,  none, OF|AF|CF, OF|AF|CF,        false, false, false, decimal},
    {Op::DAA,    Always,            OF,                 false,  none, OF,   OF,                  false, false, false, decimal},
    {Op::DAS,    Always,            OF,                 false,  none, OF,   OF,                  false, false, false, decimal},
    {Op::ANDN,   Always,            AF|PF,              false,  none, AF|PF, AF|PF,              false, false, false, bmi},
    {Op::BLSI,   Always,            AF|PF,              false,  none, AF|PF, AF|PF|CF,             false, false, false, bmi},
    {Op::BLSMSK, Always,            AF|PF,              false,  none, AF|PF, AF|PF,              false, false, false, bmi},
    {Op::BLSR,   Always,            AF|PF,              false,  none, AF|PF, AF|PF,              false, false, false, bmi},
    {Op::BZHI,   Always,            AF|PF,              false,  none, AF|PF, AF|PF,              false, false, false, bmi},
    {Op::BEXTR,  Always,            SF|AF|PF,           false,  none, SF|AF|PF, SF|AF|PF,        false, false, false, bextr},
    {Op::BSWAP,  Width16,           none,               true,   none, none, none,                false, true,  true,  swap},
};
// clang-format on

bool applies(When when, const decode::Insn& i, Count c) {
    const unsigned width = 8u * i.width;
    const unsigned count = c.value & (i.width == 8 ? 63u : 31u);
    switch (when) {
        case Always: return true;
        case CountNotZero: return !c.known || count != 0;
        case CountAboveOne: return !c.known || count > 1;
        case CountAtLeastWidth: return !c.known || count >= width;
        case CountAboveWidth: return i.width == 2 && (!c.known || count > width);
        case Width16: return i.width == 2;
    }
    return true;
}

}  // namespace

std::span<const Undefined> undefined_table() { return table; }

Mask mask_of(const decode::Insn& i, Count count, Vendor vendor) {
    Mask mask;
    for (const Undefined& u : table) {
        if (u.op != i.op || !applies(u.when, i, count)) continue;
        switch (vendor) {
            case Vendor::Intel: mask.flags |= u.intel, mask.result |= u.intel_result; break;
            case Vendor::Amd: mask.flags |= u.amd, mask.result |= u.amd_result; break;
            case Vendor::Qemu: mask.flags |= u.qemu, mask.result |= u.qemu_result; break;
        }
    }
    return mask;
}

}  // namespace ringside::oracle
