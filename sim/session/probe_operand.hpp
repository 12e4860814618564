// The arguments of a probe point: where a value is when the processor reaches it.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::session {

/// `$12`, `%eax`, `-8(%ebp)`, `4(%eax,%ecx,2)` as the compiler prints them; `12`, `eax`,
/// `[ebp+8]`, `dword [label+4]` as people write them. A label's value is looked up by `symbol`.
struct ProbeOperand {
    enum class Kind : u8 { Constant, Register, Memory } kind = Kind::Constant;
    static constexpr u8 none = 16;  ///< no base, no index
    u8 reg = none;                  ///< number of a general register
    u8 size = 4;                    ///< bytes: 1, 2, 4
    bool high = false;              ///< bits 15..8 of `reg`
    u8 base = none;
    u8 index = none;
    u8 scale = 1;
    u32 constant = 0;  ///< the value, or the displacement
    bool operator==(const ProbeOperand&) const = default;
};

struct ProbeArgument {
    std::string name;
    ProbeOperand operand;
    bool operator==(const ProbeArgument&) const = default;
};

using SymbolValue = std::function<std::optional<u64>(std::string_view)>;

/// Nothing when the text is none of the forms above.
std::optional<ProbeOperand> parse_probe_operand(std::string_view text, const SymbolValue& symbol);
/// "name=operand name=operand"; the words that cannot be read go to `bad`, if it is given.
std::vector<ProbeArgument> parse_probe_arguments(std::string_view text, const SymbolValue& symbol,
                                                 std::vector<std::string>* bad = nullptr);

/// How the values of registers and memory are read: without disturbing the machine.
struct ProbeReader {
    std::function<u32(u8)> reg;
    std::function<std::optional<u32>(u32 address)> memory;  ///< 4 bytes at a linear address
};

/// The value now; nothing when it lies in memory that is not mapped.
std::optional<u32> evaluate(const ProbeOperand& operand, const ProbeReader& from);

}  // namespace ringside::session
