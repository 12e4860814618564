// $XDG_CONFIG_HOME/ringside/layout, or ~/.config/ringside/layout.
#include "ui/app/arrangement.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace ringside::ui {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> file() {
    if (const char* config = std::getenv("XDG_CONFIG_HOME"); config && *config)
        return fs::path(config) / "ringside" / "layout";
    if (const char* home = std::getenv("HOME"); home && *home)
        return fs::path(home) / ".config" / "ringside" / "layout";
    return {};
}

}  // namespace

std::optional<Layout> load_arrangement() {
    const auto path = file();
    if (!path) return {};
    std::ifstream in(*path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return Layout::parse(text);
}

void save_arrangement(const Layout& layout) {
    const auto path = file();
    if (!path) return;
    std::error_code error;
    fs::create_directories(path->parent_path(), error);
    std::ofstream(*path, std::ios::binary) << layout.text();
}

}  // namespace ringside::ui
