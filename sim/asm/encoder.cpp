// An instruction into bytes: branches by their distance, all else by the encoder's forms.
#include "sim/asm/encoder.hpp"

#include <algorithm>

#include "sim/asm/operand_forms.hpp"
#include "sim/asm/prefixes.hpp"
#include "sim/asm/request.hpp"
#include "sim/base/bits.hpp"
#include "sim/base/check.hpp"
#include "sim/base/nearest.hpp"

namespace ringside::assembler {
namespace {

bool is(const Mnemonic& m, ZydisMnemonic id) { return m.id == id; }

/// Branches whose only form is an 8-bit distance. SDM 2A "LOOP/LOOPcc", "Jcc".
bool only_short(const Mnemonic& m) {
    return is(m, ZYDIS_MNEMONIC_LOOP) || is(m, ZYDIS_MNEMONIC_LOOPE) ||
           is(m, ZYDIS_MNEMONIC_LOOPNE) || is(m, ZYDIS_MNEMONIC_JCXZ) ||
           is(m, ZYDIS_MNEMONIC_JECXZ) || is(m, ZYDIS_MNEMONIC_JRCXZ);
}
bool is_relative_branch(const Mnemonic& m) {
    if (only_short(m) || is(m, ZYDIS_MNEMONIC_JMP) || is(m, ZYDIS_MNEMONIC_CALL)) return true;
    return ZydisMnemonicGetString(static_cast<ZydisMnemonic>(m.id))[0] == 'j';
}

bool fits(i64 value, unsigned bytes) {
    if (bytes >= 8) return true;
    const i64 limit = i64{1} << (8 * bytes);
    return value >= -limit && value < limit;
}
bool fits_signed(i64 value, unsigned bytes) {
    const i64 half = i64{1} << (8 * bytes - 1);
    return bytes >= 8 || (value >= -half && value < half);
}

void put(std::vector<u8>& bytes, size_t offset, size_t size, i64 value) {
    for (size_t i = 0; i < size; ++i)
        bytes[offset + i] = static_cast<u8>(static_cast<u64>(value) >> (8 * i));
}

class Assembler {
  public:
    Assembler(const Instruction& in, Growth& growth, Problem& problem)
        : in_(in),
          growth_(growth),
          problem_(problem),
          mnemonic_(mnemonic_named(in.mnemonic, in.bits)) {}

    std::vector<u8> run() {
        if (!mnemonic_.id) {
            fail(in_.column, "unknown instruction '" + in_.mnemonic + "'",
                 nearest_hint(in_.mnemonic, statement_names()));
            return {};
        }
        if (in_.operands.size() > 5) {
            fail(in_.column, "too many operands");
            return {};
        }
        const bool to_number = !in_.operands.empty() && in_.operands[0].kind == Operand::number;
        if (to_number && is_relative_branch(mnemonic_)) return branch();
        return plain();
    }

  private:
    void fail(int column, std::string message, std::string hint = {}) {
        if (!problem_.any()) problem_ = {column, std::move(message), std::move(hint)};
    }
    static std::string nearest_hint(const std::string& name, const std::vector<std::string>& all) {
        const std::string near = nearest(name, all);
        return near.empty() ? near : "did you mean '" + near + "'?";
    }

    void add_prefixes(std::vector<u8>& bytes) const {
        for (const Operand& o : in_.operands)
            if (o.segment) add_prefix(bytes, segment_prefix(o.segment));
        // Written order is kept: the last one written is nearest to the opcode.
        for (auto p = in_.prefixes.rbegin(); p != in_.prefixes.rend(); ++p)
            add_named_prefix(bytes, *p, in_.bits);
    }

    // Branches ------------------------------------------------------------------------------------

    std::vector<u8> branch() {
        const Operand& to = in_.operands[0];
        if (in_.operands.size() > 2 || (in_.operands.size() == 2 && !only_short(mnemonic_))) {
            fail(in_.operands[1].column, "a branch has one target");
            return {};
        }
        if (to.distance == Distance::far_) {
            fail(to.column, "a far branch needs a selector", "write selector:offset");
            return {};
        }
        const bool is_call = is(mnemonic_, ZYDIS_MNEMONIC_CALL);
        if (!only_short(mnemonic_) && (is_call || to.distance == Distance::near_))
            growth_.branch = true;
        const bool may_grow = !only_short(mnemonic_) && to.distance != Distance::short_;
        while (true) {
            std::vector<u8> bytes = branch_bytes(growth_.branch && may_grow);
            if (bytes.empty()) return {};
            const unsigned size = distance_bytes_;
            const u64 next = in_.address + bytes.size();
            // Two's complement: a target may be any 64-bit number.
            i64 distance = static_cast<i64>(static_cast<u64>(to.value.number) - next);
            if (size == 4) distance = static_cast<i32>(distance);
            if (size == 2) distance = static_cast<i16>(distance);
            if (size == 1 && to.value.known && !fits_signed(distance, 1)) {
                if (may_grow) {
                    growth_.branch = true;
                    continue;
                }
                fail(to.column, "the target is " + std::to_string(distance) +
                                    " bytes away: this branch reaches from -128 to 127");
            }
            put(bytes, bytes.size() - size, size, distance);
            return bytes;
        }
    }

    std::vector<u8> branch_bytes(bool wide) {
        ZydisEncoderRequest request{};
        request.machine_mode = machine_mode(in_.bits);
        request.mnemonic = static_cast<ZydisMnemonic>(mnemonic_.id);
        request.operand_count = 1;
        request.operands[0].type = ZYDIS_OPERAND_TYPE_IMMEDIATE;
        unsigned bytes = in_.bits == 16 ? 2 : 4;
        if (const u8 size = in_.operands[0].size; (size == 2 || size == 4) && in_.bits != 64)
            bytes = size;
        distance_bytes_ = wide ? bytes : 1;
        request.branch_width = !wide        ? ZYDIS_BRANCH_WIDTH_8
                               : bytes == 2 ? ZYDIS_BRANCH_WIDTH_16
                                            : ZYDIS_BRANCH_WIDTH_32;
        u8 buffer[ZYDIS_MAX_INSTRUCTION_LENGTH];
        ZyanUSize length = sizeof buffer;
        if (ZYAN_FAILED(ZydisEncoderEncodeInstruction(&request, buffer, &length))) {
            fail(in_.column, "'" + in_.mnemonic + "' has no such form in " +
                                 std::to_string(in_.bits) + "-bit code");
            return {};
        }
        std::vector<u8> out(buffer, buffer + length);
        // `loop target, cx`: the counter's size is the address size.
        if (in_.operands.size() == 2)
            add_size_prefix(out, 0x67, unsigned{register_bytes(in_.operands[1].reg_id)} * 8,
                            in_.bits);
        add_prefixes(out);
        return out;
    }

    // Everything else -----------------------------------------------------------------------------

    std::vector<u8> plain() {
        std::vector<Operand> operands = in_.operands;
        adapt_operands(mnemonic_, in_.bits, operands);
        Plan plan;
        for (const Operand& o : operands) {
            if (o.kind == Operand::number)
                plan.wide_immediate |= o.value.is_address() || growth_.immediate || o.strict;
            if (o.kind == Operand::memory)
                plan.wide_displacement |= o.value.is_address() || growth_.displacement;
            check_range(o, operands);
        }
        if (problem_.any()) return {};
        Encoded encoded = encode_form(mnemonic_, in_, operands, plan, problem_);
        if (problem_.any()) return {};
        const size_t core = encoded.bytes.size();
        add_prefixes(encoded.bytes);
        const size_t shift = encoded.bytes.size() - core;
        patch(encoded, operands, plan, shift);
        return std::move(encoded.bytes);
    }

    void check_range(const Operand& o, const std::vector<Operand>& operands) {
        if (o.kind == Operand::far_pointer && o.size != 0 && o.size != 2 && o.size != 4)
            return fail(o.column, "the offset of a far pointer is a word or a dword");
        if (!o.value.known || o.kind == Operand::reg) return;
        unsigned bytes = o.kind == Operand::memory ? (in_.bits == 64 ? 8 : 4) : 8;
        if (o.kind == Operand::number) {
            const Operand& first = operands[0];
            if (first.kind == Operand::reg && register_bytes(first.reg_id))
                bytes = register_bytes(first.reg_id);
            if (first.kind == Operand::memory && first.size) bytes = first.size;
            if (o.size) bytes = o.size;
        }
        if (!fits(o.value.number, bytes))
            fail(o.column, "the value " + std::to_string(o.value.number) + " does not fit in " +
                               std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes"));
    }

    void patch(Encoded& encoded, const std::vector<Operand>& operands, const Plan& plan,
               size_t shift) {
        int which = 0;
        for (const Operand& o : operands) {
            if (o.kind == Operand::memory) {
                patch_displacement(encoded, o, plan, shift);
            } else if (o.kind == Operand::number) {
                const Encoded::Hole hole = encoded.immediate[which++];
                if (plan.wide_immediate && hole.size)
                    write(encoded, hole, o.value, shift, o.column);
            } else if (o.kind == Operand::far_pointer) {
                // The offset lies before the selector. SDM 2A "JMP—Jump".
                const size_t end = encoded.bytes.size() - 2;
                const unsigned size = o.size ? o.size : (in_.bits == 16 ? 2 : 4);
                write(encoded, {static_cast<u8>(end - size), static_cast<u8>(size)}, o.value, 0,
                      o.column);
                write(encoded, {static_cast<u8>(end), 2}, o.selector, 0, o.column);
            }
        }
    }

    void patch_displacement(Encoded& encoded, const Operand& o, const Plan& plan, size_t shift) {
        const bool whole = plan.wide_displacement || o.displacement || (!o.base && !o.index);
        if (!whole || !encoded.displacement.size) return;
        Value value = o.value;
        if (o.relative)
            value.number = static_cast<i64>(static_cast<u64>(value.number) - in_.address -
                                            encoded.bytes.size());
        write(encoded, encoded.displacement, value, shift, o.column);
    }

    void write(Encoded& encoded, Encoded::Hole hole, const Value& value, size_t shift, int column) {
        if (value.known && !fits(value.number, hole.size))
            fail(column, "the value " + std::to_string(value.number) + " does not fit in " +
                             std::to_string(hole.size) + (hole.size == 1 ? " byte" : " bytes"));
        RINGSIDE_CHECK(hole.offset + shift + hole.size <= encoded.bytes.size());
        put(encoded.bytes, hole.offset + shift, hole.size, value.number);
    }

    const Instruction& in_;
    Growth& growth_;
    Problem& problem_;
    Mnemonic mnemonic_;
    unsigned distance_bytes_ = 1;
};

}  // namespace

void encode(const Instruction& instruction, Growth& growth, std::vector<u8>& out,
            Problem& problem) {
    const std::vector<u8> bytes = Assembler(instruction, growth, problem).run();
    out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace ringside::assembler
