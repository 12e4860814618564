// Reads the text files that the rules look at.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/lint/rules.hpp"

namespace ringside::lint {

namespace fs = std::filesystem;

namespace {
void add(const fs::path& path, std::vector<File>& out) {
    std::ifstream in(path, std::ios::binary);
    File file{path.lexically_normal().generic_string(), {std::istreambuf_iterator<char>(in), {}}};
    const bool text = file.text.find('\0') == std::string::npos;
    if (text) out.push_back(std::move(file));
}
}  // namespace

std::vector<File> repository() {
    std::vector<File> out;
    for (const char* folder : {"sim", "ui", "scenarios", "assets", "tests", ".ci"}) {
        if (!fs::is_directory(folder)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file()) add(entry.path(), out);
    }
    for (const auto& entry : fs::directory_iterator("."))
        if (entry.is_regular_file()) add(entry.path(), out);
    std::ranges::sort(out, {}, &File::path);
    return out;
}

}  // namespace ringside::lint
