// Probe points: places in a program at which an observer may look, and what to look at.
//
// They lie in the section .ringside.probes, which is not loaded; no instruction is emitted for one:
//   u32 record_size | u32 address | name, 0 | arguments, 0 | padding to 4
// The arguments are "name=operand" with spaces between; an operand is written as a compiler prints
// it
// (%eax  $12  -8(%ebp)  8(%eax,%ecx,4)  variable) or as an assembly programmer does (eax  12
// [ebp+8]).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/result.hpp"
#include "sim/image/bytes.hpp"
#include "sim/image/symbols.hpp"

namespace ringside::image {

inline constexpr std::string_view probe_section = ".ringside.probes";

/// What a probe reads. Registers have their encoded numbers: EAX 0 … EDI 7.
struct Operand {
    enum class Kind : u8 { Register, Immediate, Memory };
    static constexpr u8 none = 0xff;

    Kind kind = Kind::Immediate;
    u8 reg = none;      ///< Register
    u8 width = 4;       ///< bytes that are read
    bool high = false;  ///< AH, CH, DH, BH: bits 15..8 of `reg`
    u8 base = none;     ///< Memory
    u8 index = none;    ///< Memory
    u8 scale = 1;       ///< Memory
    u32 value = 0;      ///< Immediate, or the displacement of Memory
    bool operator==(const Operand&) const = default;

    /// What it stands for. `registers(n)` gives the 32 bits of register n, `memory(address, width)`
    /// those at a linear address in DS as an optional.
    template <class Registers, class Memory>
    std::optional<u32> evaluate(Registers&& registers, Memory&& memory) const {
        if (kind == Kind::Immediate) return value;
        if (kind == Kind::Register) {
            const u32 whole = registers(reg) >> (high ? 8 : 0);
            return width == 4 ? whole : whole & ((1u << width * 8) - 1);
        }
        u32 address = value;
        if (base != none) address += registers(base);
        if (index != none) address += registers(index) * scale;
        return memory(address, width);
    }
};

struct ProbeArgument {
    std::string name;
    Operand operand;
    bool operator==(const ProbeArgument&) const = default;
};

struct ProbePoint {
    std::string name;
    u32 address = 0;  ///< virtual, as linked, of the instruction before which it looks
    std::vector<ProbeArgument> arguments;
    bool operator==(const ProbePoint&) const = default;
};

/// One operand; names of variables are looked up in `symbols`.
Result<Operand> parse_operand(std::string_view text, const SymbolTable& symbols);

/// All records of the section's `bytes`; `file` is for diagnostics.
Result<std::vector<ProbePoint>> parse_probes(Bytes bytes, const SymbolTable& symbols,
                                             const std::string& file);

}  // namespace ringside::image
