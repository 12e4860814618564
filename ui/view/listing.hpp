// A program as a list of instructions with labels and source lines: made once, shown in parts.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/image/image.hpp"
#include "sim/isa/instructions.hpp"
#include "ui/view/code_view.hpp"

namespace ringside::ui {

class Listing {
  public:
    struct Row {
        CodeRowKind kind = CodeRowKind::Instruction;
        u32 address = 0;
        u8 length = 0;
        isa::Op op = isa::Op::Unknown;
        std::string text;
        std::string bytes;
    };
    /// The lines of a source file, or none when it is not at hand.
    using Source = std::function<std::vector<std::string>(std::string_view file)>;

    Listing() = default;
    /// `bits` of its code, once it has started: what it does before, to come to 64-bit mode, is
    /// shown as if it had.
    Listing(const image::Image& image, const Source& source, unsigned bits = 32);

    const std::vector<Row>& rows() const { return rows_; }
    /// The row of the instruction that starts at, or covers, a linked address.
    std::optional<size_t> row_at(u32 address) const;
    /// "popf.asm:31", or the nearest label, or nothing.
    std::string place(u32 address) const;
    /// Label and distance: "main+0x1b".
    std::string symbol(u32 address) const;

  private:
    void add_headings(u32 address, const Source& source);

    image::SymbolTable symbols_;
    image::LineTable lines_;
    std::vector<Row> rows_;
    std::string last_source_;
};

/// Bytes as "0f 01 e0".
std::string byte_text(const u8* bytes, size_t count);
/// "popf.asm" of "scenarios/guests/popf/popf.asm".
std::string_view file_leaf(std::string_view path);

}  // namespace ringside::ui
