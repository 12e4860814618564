// Reading and writing whole files, and saying what was wrong.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "sim/cli/command.hpp"

namespace ringside::cli {

namespace fs = std::filesystem;

int report(const Diagnostic& diagnostic) {
    std::fprintf(stderr, "ringside: %s\n", diagnostic.text().c_str());
    return bad_input;
}

Result<std::string> read_file(const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(path, error))
        return Diagnostic{path.string(), 0, 0, "is a folder, not a file", ""};
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return Diagnostic{path.string(), 0, 0,
                          "cannot be read: " + std::string(std::strerror(errno)), ""};
    return std::string{std::istreambuf_iterator<char>(in), {}};
}

Status write_file(const fs::path& path, std::string_view bytes) {
    fs::path temporary = path;
    temporary += ".partial";
    errno = 0;
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    std::error_code error;
    if (!out) {
        const std::string cause = std::strerror(errno);
        fs::remove(temporary, error);
        return Diagnostic{path.string(), 0, 0, "cannot be written: " + cause, ""};
    }
    fs::rename(temporary, path, error);
    if (error) {
        const std::string cause = error.message();
        fs::remove(temporary, error);
        return Diagnostic{path.string(), 0, 0, "cannot be written: " + cause, ""};
    }
    return {};
}

}  // namespace ringside::cli
