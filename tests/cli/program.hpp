// Running the real `ringside` program in a folder of its own.
#pragma once
#include <sys/wait.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace ringside::test {

namespace fs = std::filesystem;

struct Ran {
    int status = -1;  ///< exit status; 128 + n after signal n
    std::string out;
    std::string err;
};

inline std::string slurp(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// An empty folder that goes away with the test.
class Folder {
  public:
    Folder()
        : path_(fs::temp_directory_path() /
                ("ringside-cli-" + std::to_string(::getpid()) + "-" + std::to_string(++made_))) {
        fs::create_directories(path_);
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const fs::path& path() const { return path_; }
    fs::path write(const std::string& name, const std::string& text) const {
        fs::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << text;
        return path_ / name;
    }
    /// Names of what is in it, for "nothing half-written".
    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (const auto& entry : fs::directory_iterator(path_))
            out.push_back(entry.path().filename().string());
        return out;
    }

  private:
    fs::path path_;
    static inline int made_ = 0;
};

inline std::string quoted(const std::string& text) {
    std::string out = "'";
    for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

inline fs::path program() { return fs::read_symlink("/proc/self/exe").parent_path() / "ringside"; }

/// Runs `ringside arguments…` in `folder`. A run of more than three minutes ends with status 124.
inline Ran invoke(const Folder& folder, const std::vector<std::string>& arguments) {
    const Folder streams;
    std::string line =
        "cd " + quoted(folder.path().string()) + " && timeout 180 " + quoted(program().string());
    for (const std::string& one : arguments) line += " " + quoted(one);
    line += " > " + quoted((streams.path() / "out").string()) + " 2> " +
            quoted((streams.path() / "err").string()) + " < /dev/null";
    const int status = std::system(line.c_str());
    Ran out;
    out.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    out.out = slurp(streams.path() / "out");
    out.err = slurp(streams.path() / "err");
    return out;
}

}  // namespace ringside::test
