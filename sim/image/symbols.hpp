// The symbols of an image: from an address to a name, and back.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::image {

enum class SymbolKind : u8 {
    Label,   ///< of no declared type, as assembly leaves them
    Object,  ///< data
    Function,
    Absolute,  ///< a number, no place
};

struct Symbol {
    std::string name;  ///< for a reader: C++ names are demangled
    std::string raw;   ///< as the file spells it
    u32 address = 0;   ///< virtual, as linked
    u32 size = 0;      ///< 0: not declared, it reaches to the next symbol
    SymbolKind kind = SymbolKind::Label;
    bool global = false;
    bool operator==(const Symbol&) const = default;
};

struct SymbolAt {
    const Symbol* symbol;
    u32 offset;
    /// "name" or "name+0x1c".
    std::string text() const;
};

class SymbolTable {
  public:
    SymbolTable() = default;
    explicit SymbolTable(std::vector<Symbol> symbols);

    /// The symbol that `address` belongs to: the nearest at or below it, unless that one declares
    /// a size and ends before. At one address a function goes before an object, before a label.
    std::optional<SymbolAt> at(u32 address) const;
    /// By the file's spelling, else by the demangled name with or without its parameters.
    const Symbol* find(std::string_view name) const;
    /// In order of address.
    const std::vector<Symbol>& all() const { return symbols_; }
    bool operator==(const SymbolTable&) const = default;

  private:
    std::vector<Symbol> symbols_;
    std::vector<u32> by_raw_;  // indices into symbols_
};

/// The C++ name behind a mangled one; any other name comes back as it is.
std::string demangled(const std::string& raw);

}  // namespace ringside::image
