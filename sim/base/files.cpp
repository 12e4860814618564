#include "sim/base/files.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace ringside {
namespace {

namespace fs = std::filesystem;

constexpr u64 piece = u64{1} << 20;

}  // namespace

Result<std::string> read_file(const fs::path& path, u64 most) {
    // An empty name would leave a message without its place.
    const std::string name = path.empty() ? "\"\"" : path.string();
    const auto refused = [&](const std::string& why) { return Diagnostic{name, 0, 0, why, ""}; };
    const std::string too_large = "is larger than " + std::to_string(most >> 20) + " MiB";
    std::error_code error;
    if (fs::is_directory(path, error)) return refused("is a folder, not a file");
    // Asked first, since a large file would otherwise be read up to the limit for nothing.
    if (const auto size = fs::file_size(path, error); !error && size > most)
        return refused(too_large);
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in) return refused("cannot be read: " + std::string(std::strerror(errno)));
    std::string out;
    while (in) {
        const size_t before = out.size();
        out.resize(before + piece);
        in.read(out.data() + before, static_cast<std::streamsize>(piece));
        out.resize(before + static_cast<size_t>(in.gcount()));
        if (out.size() > most) return refused(too_large);
    }
    if (in.bad()) return refused("cannot be read: " + std::string(std::strerror(errno)));
    return out;
}

}  // namespace ringside
