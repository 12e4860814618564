// Machine code for fuzz inputs: a few whole instructions, in 32- or 64-bit code.
#pragma once
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::fuzz {

class Emitter {
  public:
    Emitter(u32 address, bool wide) : address_(address), wide_(wide) {}

    const std::vector<u8>& bytes() const { return bytes_; }
    u32 here() const { return address_ + u32(bytes_.size()); }
    bool wide() const { return wide_; }

    Emitter& raw(std::initializer_list<u8> bytes) {
        bytes_.insert(bytes_.end(), bytes);
        return *this;
    }
    Emitter& number(u64 value, unsigned bytes) {
        for (unsigned n = 0; n < bytes; ++n) bytes_.push_back(u8(value >> (8 * n)));
        return *this;
    }
    /// MOV EAX/RAX, imm.
    Emitter& load(u64 value) {
        if (wide_) return raw({0x48, 0xb8}).number(value, 8);
        return raw({0xb8}).number(value, 4);
    }
    /// PUSH of a number of the stack's width.
    Emitter& push(u64 value) {
        return wide_ ? load(value).raw({0x50}) : raw({0x68}).number(value, 4);
    }
    /// MOV Sreg, AX.
    Emitter& load_segment(unsigned sreg, u16 selector) {
        return load(selector).raw({0x8e, u8(0xc0 | sreg << 3)});
    }
    /// PUSH selector; PUSH offset; RETF with the operand size of the code.
    Emitter& far_return(u16 selector, u64 offset) {
        push(selector).push(offset);
        return wide_ ? raw({0x48, 0xcb}) : raw({0xcb});
    }
    /// IRET to selector:offset, with a stack of its own if `stack` is not 0.
    Emitter& interrupt_return(u16 selector, u64 offset, u32 flags, u16 ss, u64 stack) {
        if (wide_ || ss) push(ss).push(stack);
        push(flags).push(selector).push(offset);
        return wide_ ? raw({0x48, 0xcf}) : raw({0xcf});
    }
    /// JMP or CALL far, through a pointer that is made on the stack.
    Emitter& far_branch(bool call, u16 selector, u32 offset) {
        push(selector);
        if (wide_) {
            load(offset).raw({0x89, 0x44, 0x24, 0xfc});  // mov [rsp - 4], eax
            return raw({0xff, u8(call ? 0x5c : 0x6c), 0x24, 0xfc});
        }
        push(offset);
        return raw({0xff, u8(call ? 0x1c : 0x2c), 0x24});  // m16:32 at [esp]
    }

  private:
    u32 address_;
    bool wide_;
    std::vector<u8> bytes_;
};

}  // namespace ringside::fuzz
