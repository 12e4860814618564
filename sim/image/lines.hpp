// Source lines of an image: from an address to file and line, and back.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::image {

struct SourceLine {
    std::string_view file;
    u32 line = 0;    ///< from 1
    u32 column = 0;  ///< from 1; 0 unknown
    bool operator==(const SourceLine&) const = default;
};

struct LineRow {
    u32 address = 0;
    u32 file = 0;  ///< index into LineTable::files
    u32 line = 0;
    u32 column = 0;
    bool statement = true;  ///< a recommended place for a breakpoint
    bool end = false;       ///< one past the last byte of a sequence: no line
    bool operator==(const LineRow&) const = default;
};

class LineTable {
  public:
    LineTable() = default;
    /// Rows in any order of sequences.
    LineTable(std::vector<std::string> files, std::vector<LineRow> rows);

    /// The line whose code `address` belongs to.
    std::optional<SourceLine> at(u32 address) const;
    /// The first address of every statement on a line of a file, ascending.
    std::vector<u32> addresses(std::string_view file, u32 line) const;
    /// Relative to where the program was built from, wherever the compiler allowed that.
    const std::vector<std::string>& files() const { return files_; }
    /// In order of address.
    const std::vector<LineRow>& rows() const { return rows_; }
    bool operator==(const LineTable&) const = default;

  private:
    std::vector<std::string> files_;
    std::vector<LineRow> rows_;
};

/// Reads the DWARF line tables of an ELF file; broken ones are left out: a program without line
/// numbers still runs.
LineTable read_lines(std::span<const u8> elf);

}  // namespace ringside::image
