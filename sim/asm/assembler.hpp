// The assembler: NASM syntax in; machine code, symbols, source lines and diagnostics out.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/diagnostic.hpp"
#include "sim/base/types.hpp"

namespace ringside::assembler {

struct Source {
    std::string name;  ///< how diagnostics and line tables call the file
    std::string text;
};

/// Gives the file at `path` (already normalised, relative, never above the root), or nothing.
using IncludeReader = std::function<std::optional<Source>(const std::string& path)>;

enum class Format { flat, elf };

struct Options {
    Format format = Format::elf;
    unsigned bits = 32;         ///< 16, 32 or 64, until a `bits` directive says otherwise
    u64 origin = 0;             ///< flat: address of the first byte, until `org` says otherwise
    u64 image_base = 0x100000;  ///< elf: address of the first section
    IncludeReader include;      ///< empty: `%include` is a diagnostic
    std::vector<std::pair<std::string, std::string>>
        defines;  ///< as `%define NAME TEXT` before line 1
    size_t max_diagnostics = 20;
};

/// A label (or `equ`) and where it lies. Local labels are called `parent.local`.
struct Symbol {
    std::string name;
    u64 value = 0;
    std::string section;  ///< empty for constants
    bool global = false;
    bool operator==(const Symbol&) const = default;
};

/// The code bytes [address, address + length) come from this source line.
/// Lines inside macros are the line that uses the macro.
struct LineEntry {
    u64 address = 0;
    u32 length = 0;
    u32 file = 0;  ///< index into Assembly::files
    int line = 0;
    bool operator==(const LineEntry&) const = default;
};

struct Section {
    std::string name;
    u64 address = 0;
    u64 size = 0;
    std::vector<u8> bytes;  ///< empty for nobits sections
    u64 alignment = 1;
    bool alloc = true;
    bool write = false;
    bool exec = false;
    bool nobits = false;
};

struct Assembly {
    std::vector<u8> bytes;  ///< the whole image: flat binary or ELF file
    u64 entry = 0;
    std::vector<Section> sections;
    std::vector<Symbol> symbols;
    std::vector<std::string> files;
    std::vector<LineEntry> lines;
};

struct Outcome {
    std::optional<Assembly> assembly;     ///< nothing when there are errors
    std::vector<Diagnostic> diagnostics;  ///< in source order, at most Options::max_diagnostics
    bool ok() const { return assembly.has_value(); }
};

Outcome assemble(const Source& source, const Options& options);

/// An IncludeReader for files on disk: a path is looked up below each of `roots` in turn, and
/// symbolic links that leave their root are refused.
IncludeReader files_below(std::vector<std::string> roots);

/// `name` of an included file normalised, or nothing when it is absolute or leaves its folder.
std::optional<std::string> path_below(const std::string& name);

/// For tests of the CPU: the bytes of `text` at `origin`. The text must be right: any diagnostic is
/// our own mistake and ends the program with its text.
std::vector<u8> assemble_flat(std::string_view text, u32 origin = 0, unsigned bits = 32);

}  // namespace ringside::assembler
