// Reads included files, and nothing outside the folders given.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/asm/assembler.hpp"

namespace ringside::assembler {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t max_file = std::uintmax_t{16} << 20;

/// `path` with links resolved lies below `root` with links resolved.
bool lies_below(const fs::path& path, const fs::path& root) {
    const auto relative = path.lexically_relative(root);
    return !relative.empty() && *relative.begin() != "..";
}

std::optional<Source> read_below(const fs::path& root, const std::string& path) {
    std::error_code error;
    const fs::path real_root = fs::canonical(root, error);
    if (error) return std::nullopt;
    const fs::path real = fs::canonical(root / path, error);
    if (error || !lies_below(real, real_root) || !fs::is_regular_file(real, error))
        return std::nullopt;
    if (fs::file_size(real, error) > max_file || error) return std::nullopt;
    std::ifstream in(real, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in) return std::nullopt;
    return Source{(root / path).lexically_normal().generic_string(), text.str()};
}

}  // namespace

std::optional<std::string> path_below(const std::string& name) {
    const std::string path = fs::path(name).lexically_normal().generic_string();
    const bool leaves = path.empty() || path.starts_with("..") || path[0] == '/' ||
                        name.find('\\') != name.npos || name.find('\0') != name.npos ||
                        (path.size() > 1 && path[1] == ':');
    return leaves ? std::nullopt : std::optional(path);
}

IncludeReader files_below(std::vector<std::string> roots) {
    return [roots = std::move(roots)](const std::string& path) -> std::optional<Source> {
        if (path.empty() || fs::path(path).is_absolute()) return std::nullopt;
        for (const std::string& root : roots)
            if (auto source = read_below(root, path)) return source;
        return std::nullopt;
    };
}

}  // namespace ringside::assembler
