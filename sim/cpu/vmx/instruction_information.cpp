#include "sim/cpu/vmx/instruction_information.hpp"

namespace ringside::cpu::vmx {
namespace {

using isa::Op;

//   | 31:28 reg2, or 29:28 which of four | 27 no base | 26:23 base | 22 no index | 21:18 index |
//   | 17:15 segment | 11 operand size | 10 register operand | 9:7 address size | 6:3 reg1 |
//   | 1:0 scaling |
constexpr unsigned reg1_at = 3, address_size_at = 7, operand_size_at = 11, segment_at = 15,
                   index_at = 18, base_at = 23, which_at = 28, reg2_at = 28;
constexpr u32 register_operand = 1u << 10, operand_32 = 1u << 11, no_index = 1u << 22,
              no_base = 1u << 27;

/// 16, 32, 64 bits: 0, 1, 2.
u32 address_size(const decode::Insn& i) {
    return u32(i.address_size == 8 ? 2 : i.address_size == 4 ? 1 : 0) << address_size_at;
}

/// 16, 32, 64 bits: 0, 1, 2.
u32 operand_size(const decode::Insn& i) {
    return u32(i.width == 8 ? 2 : i.width == 4 ? 1 : 0) << operand_size_at;
}

u32 memory_operand(const decode::Insn& i) {
    const u32 scaling = i.scale == 8 ? 3 : i.scale == 4 ? 2 : i.scale == 2 ? 1 : 0;
    u32 info = scaling | address_size(i) | u32(i.segment) << segment_at;
    info |= i.index < decode::no_register ? u32(i.index) << index_at : no_index;
    info |= i.base < decode::no_register ? u32(i.base) << base_at : no_base;
    return info;
}

/// Memory, or a register in 6:3.
u32 register_or_memory(const decode::Insn& i, u8 reg) {
    return i.has_memory() ? memory_operand(i) : register_operand | u32(reg) << reg1_at;
}

}  // namespace

u32 instruction_information(const decode::Insn& i) {
    switch (i.op) {
        case Op::INS: return address_size(i);
        case Op::OUTS: return address_size(i) | u32(i.segment) << segment_at;
        case Op::SGDT:
        case Op::SIDT:
        case Op::LGDT:
        case Op::LIDT: {
            const u32 which = i.op == Op::SGDT   ? 0
                              : i.op == Op::SIDT ? 1
                              : i.op == Op::LGDT ? 2
                                                 : 3;
            return memory_operand(i) | (i.operand_size == 4 ? operand_32 : 0) | which << which_at;
        }
        case Op::SLDT:
        case Op::STR:
        case Op::LLDT:
        case Op::LTR: {
            const u32 which = i.op == Op::SLDT ? 0 : i.op == Op::STR ? 1 : i.op == Op::LLDT ? 2 : 3;
            return register_or_memory(i, i.reg0) | which << which_at;
        }
        case Op::RDRAND:
        case Op::RDSEED: return u32(i.reg0) << reg1_at | operand_size(i);
        case Op::VMREAD: {
            const u8 encoding = i.form == decode::Form::MR ? i.reg0 : i.reg1;
            return register_or_memory(i, i.reg0) | u32(encoding) << reg2_at;
        }
        case Op::VMWRITE: return register_or_memory(i, i.reg1) | u32(i.reg0) << reg2_at;
        case Op::INVEPT:
        case Op::INVPCID:
        case Op::INVVPID: return memory_operand(i) | u32(i.reg0) << reg2_at;
        case Op::VMXON:
        case Op::VMCLEAR:
        case Op::VMPTRLD:
        case Op::VMPTRST: return memory_operand(i);
        default: return 0;
    }
}

bool displacement_qualifies(const decode::Insn& i) {
    switch (i.op) {
        case Op::SGDT:
        case Op::SIDT:
        case Op::LGDT:
        case Op::LIDT:
        case Op::SLDT:
        case Op::STR:
        case Op::LLDT:
        case Op::LTR:
        case Op::VMREAD:
        case Op::VMWRITE:
        case Op::INVEPT:
        case Op::INVPCID:
        case Op::INVVPID:
        case Op::VMXON:
        case Op::VMCLEAR:
        case Op::VMPTRLD:
        case Op::VMPTRST: return i.has_memory();
        default: return false;
    }
}

}  // namespace ringside::cpu::vmx
