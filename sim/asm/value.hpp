// What an expression is worth: a number, plus how it hangs on section addresses and registers.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::assembler {

/// A part of a linear sum: a register, or the address of a section.
struct Term {
    enum Kind : u8 { reg, section } kind = reg;
    u32 id = 0;  ///< ZydisRegister, or index of the section
    i64 times = 1;
    bool operator==(const Term&) const = default;
};

struct Value {
    i64 number = 0;           ///< the value itself, section addresses included, registers not
    std::vector<Term> terms;  ///< no term has `times` 0
    bool known = true;        ///< false: a symbol in it has no value yet in this pass
    bool moves = false;       ///< computed from addresses in a way that is not a sum

    bool has_registers() const;
    /// The value depends on where the linker puts things: NASM then keeps the full-size encoding.
    bool is_address() const;
    bool is_number() const { return terms.empty() && !moves; }
    /// The register alone (`times` 1, nothing added), or 0.
    u32 lone_register() const;
};

Value operator+(const Value& a, const Value& b);
Value operator-(const Value& a, const Value& b);
Value scaled(const Value& a, i64 factor);

/// What names mean while an expression is evaluated.
class Scope {
  public:
    virtual ~Scope() = default;
    /// Sets `problem` when the name is wrong (and not merely not yet known).
    virtual Value symbol(std::string_view name, std::string& problem, std::string& hint) = 0;
    virtual Value here() = 0;           ///< `$`
    virtual Value section_start() = 0;  ///< `$$`
};

}  // namespace ringside::assembler
