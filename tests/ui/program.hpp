// Running the real ringside-ui: in one go, or as a window that keys are sent to.
#pragma once
#include <signal.h>

#include <chrono>
#include <thread>

#include "tests/cli/program.hpp"

namespace ringside::test {

inline fs::path ui_program() {
    return fs::read_symlink("/proc/self/exe").parent_path() / "ringside-ui";
}

/// A shell's line; what it prints. The status is that of the line.
inline Ran shell(const std::string& line) {
    const Folder streams;
    const std::string whole = "( " + line + " ) > " + quoted((streams.path() / "out").string()) +
                              " 2> " + quoted((streams.path() / "err").string()) + " < /dev/null";
    const int status = std::system(whole.c_str());
    Ran ran;
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ran.out = slurp(streams.path() / "out");
    ran.err = slurp(streams.path() / "err");
    return ran;
}

inline Ran ringside_ui(const std::string& arguments, const std::string& before = "") {
    return shell(before + " timeout 60 " + quoted(ui_program().string()) + " " + arguments);
}

/// The window, open as long as this lives.
class Window {
  public:
    explicit Window(const std::string& arguments) {
        // A layout that someone has kept must not change what is tested.
        const Ran started =
            shell("XDG_CONFIG_HOME=" + quoted(folder_.path().string()) + " " +
                  quoted(ui_program().string()) + " " + arguments + " > /dev/null 2>&1 & echo $!");
        process_ = std::atoi(started.out.c_str());
        for (int i = 0; i < 150 && id_.empty(); ++i) {
            const Ran found = shell("xdotool search --all --onlyvisible --pid " +
                                    std::to_string(process_) + " --name 'Ringside: '");
            id_ = found.out.substr(0, found.out.find('\n'));
            if (id_.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        shell("xdotool mousemove 1599 999 windowfocus " + id_);
    }
    ~Window() {
        if (process_ <= 0) return;
        ::kill(process_, SIGTERM);
        for (int i = 0; i < 100 && ::kill(process_, 0) == 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    bool open() const { return !id_.empty(); }
    const std::string& id() const { return id_; }
    std::string title() const {
        std::string name = shell("xdotool getwindowname " + id_).out;
        return name.substr(0, name.find('\n'));
    }
    /// The title once it holds `part`, or whatever it is after ten seconds.
    std::string title_with(const std::string& part) const {
        std::string now;
        for (int i = 0; i < 100; ++i) {
            now = title();
            if (now.find(part) != std::string::npos) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        return now;
    }
    /// The title once it is another than `before`, or `before` after ten seconds.
    std::string title_after(const std::string& before) const {
        std::string now = before;
        for (int i = 0; i < 100 && now == before; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            now = title();
        }
        return now;
    }
    void key(const std::string& keys) const { shell("xdotool key " + keys); }
    void click(int x, int y) const {
        shell("xdotool mousemove --window " + id_ + " " + std::to_string(x) + " " +
              std::to_string(y) + " click 1");
    }

  private:
    Folder folder_;
    int process_ = 0;
    std::string id_;
};

}  // namespace ringside::test
