#include "sim/session/guest_image.hpp"

#include <fstream>
#include <iterator>

namespace ringside::session {

namespace fs = std::filesystem;

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

Result<assembler::Assembly> build_guest(const GuestBuild& build, const fs::path& tree) {
    std::ifstream in(build.source, std::ios::binary);
    if (!in) return Diagnostic{build.source.string(), 0, 0, "cannot read the guest's source", ""};
    // Reports name files as they lie in the tree: the same on every machine.
    const std::string name = build.source.lexically_relative(tree).string();
    assembler::Options options;
    options.include = assembler::files_below(include_folders(build.source, tree));
    for (const std::string& one : build.defines) options.defines.push_back(definition(one));
    assembler::Outcome outcome =
        assembler::assemble({name, {std::istreambuf_iterator<char>(in), {}}}, options);
    if (!outcome.ok()) {
        RINGSIDE_CHECK(!outcome.diagnostics.empty());
        return outcome.diagnostics.front();
    }
    return std::move(*outcome.assembly);
}

}  // namespace ringside::session
