#include "sim/session/guest_image.hpp"

#include "sim/asm/assembler.hpp"
#include "sim/base/files.hpp"

namespace ringside::session {

namespace fs = std::filesystem;

namespace {

/// Reports and images name files as they lie in the tree: the same on every machine.
std::string relative_name(const fs::path& file, const fs::path& tree) {
    const fs::path relative = file.lexically_relative(tree);
    return relative.empty() || *relative.begin() == ".." ? file.string() : relative.string();
}

/// The assembler's account of its lines as the table that compilers' DWARF is read into.
image::LineTable line_table(const assembler::Assembly& assembly) {
    std::vector<image::LineRow> rows;
    for (const assembler::LineEntry& entry : assembly.lines) {
        const auto line = static_cast<u32>(entry.line);
        rows.push_back({static_cast<u32>(entry.address), entry.file, line, 0, true, false});
        rows.push_back(
            {static_cast<u32>(entry.address + entry.length), entry.file, line, 0, false, true});
    }
    return {assembly.files, std::move(rows)};
}

}  // namespace

std::pair<std::string, std::string> definition(const std::string& text) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) return {text, "1"};
    return {text.substr(0, equals), text.substr(equals + 1)};
}

std::vector<std::string> include_folders(const fs::path& source, const fs::path& tree) {
    std::vector<std::string> out;
    for (fs::path folder = source.parent_path();; folder = folder.parent_path()) {
        const fs::path relative = folder.lexically_relative(tree);
        if (relative.empty() || *relative.begin() == "..") break;
        out.push_back(folder.string());
        if (relative == ".") break;
    }
    return out;
}

Result<Program> build_guest(const GuestBuild& build, const fs::path& tree) {
    Result<std::string> text = read_file(build.source, most_text);
    if (!text) return text.error();
    const std::string name = relative_name(build.source, tree);
    assembler::Options options;
    options.include = [read = assembler::files_below(include_folders(build.source, tree)),
                       &tree](const std::string& path) {
        std::optional<assembler::Source> source = read(path);
        if (source) source->name = relative_name(source->name, tree);
        return source;
    };
    for (const std::string& one : build.defines) options.defines.push_back(definition(one));
    assembler::Outcome outcome = assembler::assemble({name, std::move(*text)}, options);
    if (!outcome.ok()) {
        RINGSIDE_CHECK(!outcome.diagnostics.empty());
        Diagnostic first = outcome.diagnostics.front();
        if (!first.file.empty()) first.file = (tree / first.file).string();  // a path to open
        return first;
    }
    assembler::Assembly& assembly = *outcome.assembly;
    Result<image::Image> parsed = image::parse(assembly.bytes, name);
    if (!parsed) return parsed.error();
    parsed->lines = line_table(assembly);
    return Program{"", "", std::move(assembly.bytes), std::move(*parsed)};
}

}  // namespace ringside::session
