// Source lines of an image, read by libdw.
#include "sim/image/lines.hpp"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

namespace ringside::image {

namespace {
struct CloseElf {
    void operator()(Elf* elf) const { elf_end(elf); }
};
struct CloseDwarf {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};

/// The path as the build saw it from its own directory, which libdw has put before it.
std::string relative(std::string_view source, std::optional<std::string_view> directory) {
    if (directory && source.starts_with(*directory)) {
        std::string_view rest = source.substr(directory->size());
        // libdw's separator; NASM's directories end in one already.
        const bool separated = rest.starts_with('/');
        rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
        if (separated && !rest.empty()) source = rest;
    }
    return std::filesystem::path(source).lexically_normal().generic_string();
}

/// Collects the rows of all units; file names are kept once.
class Collector {
  public:
    void unit(Dwarf_Die& die) {
        Dwarf_Lines* lines = nullptr;
        size_t count = 0;
        if (dwarf_getsrclines(&die, &lines, &count) != 0) return;
        Dwarf_Attribute attribute;
        const char* directory = dwarf_formstring(dwarf_attr(&die, DW_AT_comp_dir, &attribute));
        for (size_t i = 0; i < count; ++i)
            if (Dwarf_Line* line = dwarf_onesrcline(lines, i))
                row(line, directory ? std::optional<std::string_view>(directory) : std::nullopt);
    }
    LineTable table() && { return {std::move(files_), std::move(rows_)}; }

  private:
    void row(Dwarf_Line* line, std::optional<std::string_view> directory) {
        Dwarf_Addr address = 0;
        int number = 0, column = 0;
        bool statement = false, end = false;
        const char* source = dwarf_linesrc(line, nullptr, nullptr);
        if (!source || dwarf_lineaddr(line, &address) != 0 || address > UINT32_MAX) return;
        if (dwarf_lineno(line, &number) != 0 || number < 0) return;
        dwarf_linecol(line, &column);
        dwarf_linebeginstatement(line, &statement);
        dwarf_lineendsequence(line, &end);
        rows_.push_back({u32(address), file(source, directory), u32(number),
                         u32(std::max(column, 0)), statement, end});
    }
    u32 file(const char* source, std::optional<std::string_view> directory) {
        const auto [known, is_new] = by_source_.try_emplace(source, 0u);
        if (is_new) {
            const std::string name = relative(source, directory);
            const auto same = std::ranges::find(files_, name);
            known->second = u32(same - files_.begin());
            if (same == files_.end()) files_.push_back(name);
        }
        return known->second;
    }

    std::vector<std::string> files_;
    std::vector<LineRow> rows_;
    std::map<std::string, u32> by_source_;
};
}  // namespace

LineTable::LineTable(std::vector<std::string> files, std::vector<LineRow> rows)
    : files_(std::move(files)), rows_(std::move(rows)) {
    // Where one sequence ends and the next begins, the beginning counts.
    std::ranges::stable_sort(rows_, [](const LineRow& a, const LineRow& b) {
        return a.address != b.address ? a.address < b.address : a.end && !b.end;
    });
}

std::optional<SourceLine> LineTable::at(u32 address) const {
    const auto next = std::ranges::upper_bound(rows_, address, {}, &LineRow::address);
    if (next == rows_.begin()) return std::nullopt;
    auto at = std::prev(next);
    // Line 0 is the compiler's own code, for which it names no line: part of what comes before.
    while (at->line == 0 && !at->end && at != rows_.begin()) --at;
    const LineRow& row = *at;
    if (row.end || row.line == 0 || row.file >= files_.size()) return std::nullopt;
    return SourceLine{files_[row.file], row.line, row.column};
}

std::vector<u32> LineTable::addresses(std::string_view file, u32 line) const {
    std::vector<u32> found;
    for (const LineRow& row : rows_)
        if (!row.end && row.statement && row.line == line && row.file < files_.size() &&
            files_[row.file] == file)
            found.push_back(row.address);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

LineTable read_lines(std::span<const u8> bytes) {
    if (elf_version(EV_CURRENT) == EV_NONE) return {};
    // libelf wants memory that it may change.
    std::vector<char> copy(bytes.begin(), bytes.end());
    const std::unique_ptr<Elf, CloseElf> elf(elf_memory(copy.data(), copy.size()));
    if (!elf) return {};
    const std::unique_ptr<Dwarf, CloseDwarf> dwarf(
        dwarf_begin_elf(elf.get(), DWARF_C_READ, nullptr));
    if (!dwarf) return {};
    Collector collector;
    Dwarf_CU* unit = nullptr;
    Dwarf_Die die{};
    while (dwarf_get_units(dwarf.get(), unit, &unit, nullptr, nullptr, &die, nullptr) == 0)
        collector.unit(die);
    return std::move(collector).table();
}

}  // namespace ringside::image
