// Writing whole files, and saying what was wrong.
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "sim/cli/command.hpp"

namespace ringside::cli {

namespace fs = std::filesystem;

CLI::Validator whole_number() {
    return {[](const std::string& text) -> std::string {
                const bool hex = text.starts_with("0x");
                const std::string_view digits = std::string_view(text).substr(hex ? 2 : 0);
                u64 number = 0;
                const auto [end, error] = std::from_chars(
                    digits.data(), digits.data() + digits.size(), number, hex ? 16 : 10);
                if (error == std::errc() && end == digits.data() + digits.size()) return {};
                return "\"" + text + "\" is not a whole number of at most 64 bits";
            },
            "", "whole number"};
}

int report(const Diagnostic& diagnostic) {
    std::fprintf(stderr, "ringside: %s\n", diagnostic.text().c_str());
    return bad_input;
}

Status write_file(const fs::path& path, std::string_view bytes) {
    const std::string name = path.empty() ? "\"\"" : path.string();
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
        return Diagnostic{name, 0, 0, "cannot be written: " + cause, ""};
    }
    fs::rename(temporary, path, error);
    if (error) {
        const std::string cause = error.message();
        fs::remove(temporary, error);
        return Diagnostic{name, 0, 0, "cannot be written: " + cause, ""};
    }
    return {};
}

}  // namespace ringside::cli
