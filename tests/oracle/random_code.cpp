#include "tests/oracle/random_code.hpp"

#include "sim/decode/decoder.hpp"
#include "sim/isa/flags.hpp"
#include "tests/oracle/host_cpu.hpp"

namespace ringside::oracle {
namespace {

using decode::Form;
using decode::Insn;
using isa::Op;

bool user_row(Op op) {
    const bool plain = op >= Op::MOV && op <= Op::DAS;
    const bool string = op >= Op::MOVS && op <= Op::CMPS;
    const bool flags = op >= Op::CLC && op <= Op::SAHF;
    return plain || string || flags || op == Op::NOP;
}

bool writes_first_register(const Insn& i) {
    switch (i.op) {
        case Op::CMP:
        case Op::TEST:
        case Op::BT:
        case Op::PUSH:
        case Op::MUL:
        case Op::DIV:
        case Op::IDIV: return false;
        default: return true;
    }
}

bool touches_stack_pointer(const Insn& i) {
    const bool byte = i.width == 1;
    const auto is_sp = [&](u8 reg) { return !byte && reg == 4; };
    const bool first_is_register = i.form == Form::R || i.form == Form::RR || i.form == Form::RM ||
                                   i.form == Form::RI || i.form == Form::RRI || i.form == Form::RMI;
    if (first_is_register && is_sp(i.reg0) && writes_first_register(i)) return true;
    return (i.op == Op::XCHG || i.op == Op::XADD) && (is_sp(i.reg0) || is_sp(i.reg1));
}

}  // namespace

RandomInsn random_instruction(std::mt19937_64& random) {
    for (;;) {
        std::vector<u8> bytes;
        if (random() % 4 == 0) bytes.push_back(0x66);
        if (random() % 16 == 0) bytes.push_back(random() % 2 ? 0xf3 : 0xf2);
        if (random() % 3 == 0) bytes.push_back(0x0f);
        bytes.push_back(u8(random()));
        const u8 reg_field = u8(random() & 0x38);
        if (random() % 2) {
            bytes.push_back(u8(0xc0 | reg_field | (random() & 7)));
            for (int n = 0; n < 5; ++n) bytes.push_back(u8(random()));
        } else {  // [disp32] within the data page
            bytes.push_back(u8(reg_field | 5));
            const u32 at = host_data_at + 0x800 + u32(random() % 0x700);
            for (int n = 0; n < 4; ++n) bytes.push_back(u8(at >> (8 * n)));
            for (int n = 0; n < 4; ++n) bytes.push_back(u8(random()));
        }
        const decode::Decoded d = decode::decode(bytes, 32);
        if (d.status != decode::Decoded::Ok || d.insn.undefined || !user_row(d.insn.op)) continue;
        const Insn& i = d.insn;
        // Hint space (0F 0D, 0F 18 … 0F 1F) with register operands: AMD refuses some that Intel
        // runs.
        if (i.op == Op::NOP && i.form == Form::RR) continue;
        if (touches_stack_pointer(i) || i.op == Op::XLAT || i.op == Op::POPA || i.address_size != 4)
            continue;
        const bool absolute = i.base == decode::no_register && i.index == decode::no_register;
        if (i.has_memory() && i.op != Op::LEA) {
            const u32 at = u32(i.displacement);
            if (!absolute || at < host_data_at + 0x100 || at > host_data_at + 0x1000) continue;
            const bool bit_string = i.op >= Op::BT && i.op <= Op::BTC && i.form == Form::MR;
            if (bit_string) continue;  // may reach far outside the page
        }
        bytes.resize(i.length);
        return {bytes, i};
    }
}

u64 undefined_flags(const decode::Insn& i, u8 cl) {
    namespace fl = isa::flags;
    const unsigned count = (i.count_is_cl ? cl : u8(i.immediate)) & 31;
    const unsigned bits = 8u * i.width;
    switch (i.op) {
        case Op::AND:
        case Op::OR:
        case Op::XOR:
        case Op::TEST: return fl::AF;
        case Op::SHL:
        case Op::SHR:
        case Op::SAR:
            return count == 0 ? 0
                              : fl::AF | (count != 1 ? fl::OF : 0) | (count >= bits ? fl::CF : 0);
        case Op::ROL:
        case Op::ROR:
        case Op::RCL:
        case Op::RCR: return count > 1 ? fl::OF : 0;
        case Op::SHLD:
        case Op::SHRD:
            return count == 0 ? 0 : count > bits ? fl::status : fl::AF | (count != 1 ? fl::OF : 0);
        case Op::MUL:
        case Op::IMUL: return fl::SF | fl::ZF | fl::AF | fl::PF;
        case Op::DIV:
        case Op::IDIV: return fl::status;
        case Op::BSF:
        case Op::BSR: return fl::status & ~fl::ZF;
        case Op::BT:
        case Op::BTS:
        case Op::BTR:
        case Op::BTC: return fl::OF | fl::SF | fl::AF | fl::PF;
        case Op::AAA:
        case Op::AAS: return fl::OF | fl::SF | fl::ZF | fl::PF;
        case Op::AAM:
        case Op::AAD: return fl::OF | fl::AF | fl::CF;
        case Op::DAA:
        case Op::DAS: return fl::OF;
        default: return 0;
    }
}

}  // namespace ringside::oracle
