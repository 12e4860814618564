// Which of the encoder's forms to try.
#include "sim/asm/request.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "sim/base/bits.hpp"

namespace ringside::assembler {
namespace {

/// Memory sizes in the order of trying; the odd ones belong to one instruction each (LGDT 6, FXSAVE
/// 512…).
constexpr std::array<u16, 16> memory_sizes = {1,  2,   4,  8,  6,  10,  16,  32,
                                              64, 512, 28, 14, 94, 108, 576, 384};

bool one_of(u16 id, std::initializer_list<ZydisMnemonic> list) {
    return std::find(list.begin(), list.end(), static_cast<ZydisMnemonic>(id)) != list.end();
}

/// The second operand does not tell the size of the first in these.
bool sizes_are_independent(u16 id) {
    return one_of(id,
                  {ZYDIS_MNEMONIC_SHL, ZYDIS_MNEMONIC_SHR, ZYDIS_MNEMONIC_SAR, ZYDIS_MNEMONIC_ROL,
                   ZYDIS_MNEMONIC_ROR, ZYDIS_MNEMONIC_RCL, ZYDIS_MNEMONIC_RCR, ZYDIS_MNEMONIC_MOVZX,
                   ZYDIS_MNEMONIC_MOVSX, ZYDIS_MNEMONIC_CRC32});
}

ZydisOperandSizeHint operand_hint(unsigned bytes) {
    switch (bytes) {
        case 2: return ZYDIS_OPERAND_SIZE_HINT_16;
        case 4: return ZYDIS_OPERAND_SIZE_HINT_32;
        case 8: return ZYDIS_OPERAND_SIZE_HINT_64;
        default: return ZYDIS_OPERAND_SIZE_HINT_NONE;
    }
}

i64 placeholder(unsigned bytes) {
    switch (bytes) {
        case 1: return 0x12;
        case 2: return 0x1234;
        case 8: return 0x123456789abcdef0;
        default: return 0x12345678;
    }
}

class Former {
  public:
    Former(const Mnemonic& mnemonic, const Instruction& instruction, std::vector<Operand> operands,
           const Plan& plan)
        : mnemonic_(mnemonic), in_(instruction), operands_(std::move(operands)), plan_(plan) {}

    Encoded run(Problem& problem) {
        width_ = value_width();
        const bool branch = one_of(mnemonic_.id, {ZYDIS_MNEMONIC_CALL, ZYDIS_MNEMONIC_JMP});
        if (Operand* memory = unsized_memory()) {
            if (branch) {
                memory->size = branch_size(*memory);
            } else if (const u8 size = size_from_others()) {
                if (try_memory(size)) return result_;
            }
            if (!branch) return try_all_sizes(problem);
            memory_size_ = memory->size;
        } else if (branch && !operands_.empty() && operands_[0].kind == Operand::memory) {
            memory_size_ = branch_size(operands_[0]);
        }
        if (!try_immediates()) none(problem);
        return result_;
    }

  private:
    bool is_far() const {
        return mnemonic_.far || (!operands_.empty() && (operands_[0].distance == Distance::far_ ||
                                                        operands_[0].kind == Operand::far_pointer));
    }

    /// A far pointer in memory is two bytes longer than its offset. SDM 2A "JMP—Jump".
    u8 branch_size(const Operand& memory) const {
        const u8 offset = memory.size
                              ? memory.size
                              : static_cast<u8>(in_.bits == 64 && is_far() ? 4 : in_.bits / 8);
        return static_cast<u8>(is_far() ? offset + 2 : offset);
    }

    Operand* unsized_memory() {
        for (Operand& o : operands_)
            if (o.kind == Operand::memory && !o.size) return &o;
        return nullptr;
    }

    u8 size_from_others() const {
        for (const Operand& o : operands_) {
            if (o.kind == Operand::reg && !sizes_are_independent(mnemonic_.id))
                return register_bytes(o.reg_id);
            if (o.kind == Operand::number && o.size) return o.size;
        }
        return 0;
    }

    /// The size that immediates are cut to.
    u8 value_width() const {
        for (const Operand& o : operands_) {
            if (o.kind == Operand::reg) return register_bytes(o.reg_id);
            if (o.kind == Operand::memory && o.size) return o.size;
        }
        if (mnemonic_.id == ZYDIS_MNEMONIC_PUSH && !operands_.empty())
            return operands_[0].size > 1 ? operands_[0].size : static_cast<u8>(in_.bits / 8);
        return operands_.size() > 1 ? operands_[1].size : u8{0};
    }

    bool try_memory(u16 size) {
        memory_size_ = size;
        if (operands_[0].kind == Operand::memory && size <= 8) width_ = static_cast<u8>(size);
        return try_immediates();
    }

    Encoded try_all_sizes(Problem& problem) {
        bool several = false;
        Encoded found;
        for (const u16 size : memory_sizes) {
            if (!try_memory(size)) continue;
            // Two sizes with the same bytes are one form.
            several |= !found.bytes.empty() && found.bytes != result_.bytes;
            found = result_;
        }
        if (found.bytes.empty()) none(problem);
        if (several)
            problem = {unsized_memory()->column, "the size of the memory operand is open",
                       "write byte, word or dword before it"};
        return found;
    }

    /// The forms of the immediate: signed (sign-extended forms are shorter), unsigned, as it is.
    bool try_immediates() {
        const bool has = std::any_of(operands_.begin(), operands_.end(),
                                     [](const Operand& o) { return o.kind == Operand::number; });
        if (!has) return attempt(0);
        if (plan_.wide_immediate) {
            for (const unsigned bytes : {unsigned{width_ ? width_ : u8{4}}, 4u, 2u, 1u}) {
                if (width_ && bytes > width_) continue;
                placeholder_ = placeholder(bytes);
                if (attempt(0)) return true;
            }
            return false;
        }
        for (int form = 1; form <= 3; ++form)
            if (attempt(form)) return true;
        return false;
    }

    i64 immediate(const Operand& o, int form) const {
        if (plan_.wide_immediate) return placeholder_;
        const auto raw = static_cast<u64>(o.value.number);
        if (!width_ || width_ >= 8 || form == 3) return o.value.number;
        // Too wide to be cut: `out 300, al` must not become port 44.
        const i64 limit = i64{1} << (8 * width_);
        if (o.value.number < -limit || o.value.number >= limit) return o.value.number;
        const u64 cut = raw & width_mask(width_);
        return static_cast<i64>(form == 1 ? sign_extend(cut, width_) : cut);
    }

    bool attempt(int form) {
        ZydisEncoderRequest request;
        std::memset(&request, 0, sizeof request);
        request.machine_mode = machine_mode(in_.bits);
        request.mnemonic = static_cast<ZydisMnemonic>(mnemonic_.id);
        request.allowed_encodings = static_cast<ZydisEncodableEncoding>(
            ZYDIS_ENCODABLE_ENCODING_LEGACY | ZYDIS_ENCODABLE_ENCODING_VEX);
        if (operands_.size() > ZYDIS_ENCODER_MAX_OPERANDS) return false;
        set_sizes(request);
        bool rewrite_absolute = false;
        for (const Operand& o : operands_) {
            ZydisEncoderOperand& out = request.operands[request.operand_count++];
            switch (o.kind) {
                case Operand::reg:
                    out.type = ZYDIS_OPERAND_TYPE_REGISTER;
                    out.reg.value = static_cast<ZydisRegister>(o.reg_id);
                    break;
                case Operand::number:
                    out.type = ZYDIS_OPERAND_TYPE_IMMEDIATE;
                    out.imm.s = immediate(o, form);
                    break;
                case Operand::memory: fill_memory(o, out, rewrite_absolute); break;
                case Operand::far_pointer:
                    out.type = ZYDIS_OPERAND_TYPE_POINTER;
                    out.ptr.segment = 0x1234;
                    out.ptr.offset = far_offset_bytes(o) == 2 ? 0x1234 : 0x12345678;
                    break;
            }
        }
        u8 buffer[ZYDIS_MAX_INSTRUCTION_LENGTH];
        ZyanUSize length = sizeof buffer;
        if (ZYAN_FAILED(ZydisEncoderEncodeInstruction(&request, buffer, &length))) return false;
        result_.bytes.assign(buffer, buffer + length);
        const bool memory = std::any_of(operands_.begin(), operands_.end(),
                                        [](const Operand& o) { return o.kind == Operand::memory; });
        return finish_encoding(result_, {mnemonic_.id, in_.bits, memory, rewrite_absolute});
    }

    u8 far_offset_bytes(const Operand& o) const {
        return o.size ? o.size : static_cast<u8>(in_.bits == 16 ? 2 : 4);
    }

    void set_sizes(ZydisEncoderRequest& request) const {
        if (one_of(mnemonic_.id, {ZYDIS_MNEMONIC_CALL, ZYDIS_MNEMONIC_JMP, ZYDIS_MNEMONIC_RET}))
            request.branch_type = is_far() ? ZYDIS_BRANCH_TYPE_FAR : ZYDIS_BRANCH_TYPE_NEAR;
        if (!operands_.empty() && operands_[0].kind == Operand::far_pointer)
            request.branch_width =
                far_offset_bytes(operands_[0]) == 2 ? ZYDIS_BRANCH_WIDTH_16 : ZYDIS_BRANCH_WIDTH_32;
        if (mnemonic_.id == ZYDIS_MNEMONIC_PUSH && !operands_.empty() &&
            operands_[0].kind == Operand::number && operands_[0].size > 1)
            request.operand_size_hint = operand_hint(operands_[0].size);
    }

    /// Bytes of an address: of its registers, of a keyword, or of the mode.
    u8 address_bytes(const Operand& o) const {
        if (o.base) return register_bytes(o.base);
        if (o.index) return register_bytes(o.index);
        if (o.address) return o.address;
        return in_.bits == 16 ? 2 : 4;
    }

    void fill_memory(const Operand& o, ZydisEncoderOperand& out, bool& rewrite_absolute) const {
        out.type = ZYDIS_OPERAND_TYPE_MEMORY;
        out.mem.size = o.size && !memory_size_ ? o.size : memory_size_;
        out.mem.base = static_cast<ZydisRegister>(o.base);
        out.mem.index = static_cast<ZydisRegister>(o.index);
        out.mem.scale = o.scale;
        const u8 address = address_bytes(o);
        const bool registers = o.base || o.index;
        if (o.relative) out.mem.base = ZYDIS_REGISTER_RIP;
        if (!registers || plan_.wide_displacement || o.displacement > 1)
            out.mem.displacement = placeholder(address == 2 ? 2 : 4);
        else if (o.displacement == 1)
            out.mem.displacement = placeholder(1);
        else
            out.mem.displacement = static_cast<i64>(
                sign_extend(static_cast<u64>(o.value.number) & width_mask(address), address));
        // The encoder cannot be asked for the size of an absolute address: encode [ebp+disp32],
        // whose ModR/M differs in one field; in 64-bit code [rsp+disp32]. SDM 2A "32-Bit Addressing
        // Forms with the ModR/M Byte".
        if (!registers && !o.relative && in_.bits == 64) {
            out.mem.base = ZYDIS_REGISTER_RSP;
            rewrite_absolute = true;
        }
        const bool lea = mnemonic_.id == ZYDIS_MNEMONIC_LEA;
        if (!registers && in_.bits == 16 && (address == 4 || lea)) {
            out.mem.base = address == 4 ? ZYDIS_REGISTER_EBP : ZYDIS_REGISTER_BP;
            rewrite_absolute = true;
        }
    }

    void none(Problem& problem) const { problem = no_form(in_, operands_); }

    const Mnemonic& mnemonic_;
    const Instruction& in_;
    std::vector<Operand> operands_;
    const Plan& plan_;
    u8 width_ = 0;
    u16 memory_size_ = 0;
    i64 placeholder_ = 0;
    Encoded result_;
};

}  // namespace

Encoded encode_form(const Mnemonic& mnemonic, const Instruction& instruction,
                    std::vector<Operand> operands, const Plan& plan, Problem& problem) {
    return Former(mnemonic, instruction, std::move(operands), plan).run(problem);
}

}  // namespace ringside::assembler
