#include "tests/peers/qemu.hpp"

#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ringside::peers {
namespace {

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

int run(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::string missing_program(const std::vector<std::string>& programs) {
    for (const std::string& name : programs)
        if (run("command -v " + name + " > /dev/null 2>&1") != 0) return name;
    return "";
}

WorkFolder::WorkFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ringside-peers-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder can be made: " + name);
    path_ = name;
}

WorkFolder::~WorkFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

bool build_guest(const std::filesystem::path& source, const std::vector<std::string>& defines,
                 const std::filesystem::path& image, std::string& messages) {
    const std::filesystem::path root = "scenarios/guests";
    const std::string object = image.string() + ".o";
    const std::string log = image.string() + ".log";
    std::string options;
    for (const std::string& one : defines) options += " -D" + one;
    const bool built = run("nasm -f elf32 -Werror -I " + quoted(root) + "/ -I " +
                           quoted(source.parent_path()) + "/" + options + " -o '" + object + "' " +
                           quoted(source) + " > '" + log + "' 2>&1") == 0 &&
                       run("ld.lld -m elf_i386 --image-base=0x100000 -e start -o " + quoted(image) +
                           " '" + object + "' >> '" + log + "' 2>&1") == 0;
    messages = read_file(log);
    return built;
}

namespace {

/// `image`: what is booted, by `options`.
QemuRun run_with(const std::string& emulator, const std::filesystem::path& image,
                 const std::string& options) {
    const std::string serial = image.string() + ".serial";
    const std::string command = "timeout 60 " + emulator +
                                " -accel tcg -icount shift=3,sleep=off"
                                " -m 64 -display none -monitor none -no-reboot"
                                " -device isa-debug-exit,iobase=0xf4,iosize=0x04"
                                " -serial 'file:" +
                                serial + "'" + options;
    QemuRun result;
    result.status = run(command + " < /dev/null > /dev/null 2>&1");
    result.serial = read_file(serial);
    return result;
}

}  // namespace

QemuRun run_qemu(const std::filesystem::path& image, const std::filesystem::path& module,
                 const std::string& words) {
    std::string options = " -kernel " + quoted(image);
    if (!module.empty())
        options += " -initrd " + quoted(std::filesystem::path(module.string() + " " + words));
    else if (!words.empty())
        options += " -append " + quoted(std::filesystem::path(words));
    return run_with("qemu-system-i386", image, options);
}
QemuRun run_qemu_with_guests(const std::filesystem::path& image,
                             const std::vector<std::filesystem::path>& modules,
                             const std::string& command_line) {
    const std::string second = image.string() + ".serial2";
    std::string initrd;
    for (const std::filesystem::path& one : modules)
        initrd += (initrd.empty() ? "" : ",") + one.string();
    QemuRun result = run_with("qemu-system-i386", image,
                              " -serial 'file:" + second + "' -kernel " + quoted(image) +
                                  " -initrd '" + initrd + "' -append '" + command_line + "'");
    result.serial2 = read_file(second);
    return result;
}
QemuRun run_qemu64(const std::filesystem::path& image) {
    return run_with("qemu-system-x86_64 -cpu max", image, " -kernel " + quoted(image));
}

QemuRun run_qemu_disk(const std::filesystem::path& disk, const std::string& options) {
    return run_with("qemu-system-i386", disk, options + " -drive format=raw,file=" + quoted(disk));
}

namespace {

bool is_64_bit(const std::string& guest) { return guest.ends_with("-64"); }

std::vector<std::string> guests_with(bool long_mode) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("scenarios/guests")) {
        const std::string name = entry.path().filename().string();
        const bool has_devices = name == "disk" || name == "packets";
        if (!has_devices && is_64_bit(name) == long_mode &&
            std::filesystem::exists(entry.path() / (name + ".asm")))
            names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

std::vector<std::string> guest_names() { return guests_with(false); }
std::vector<std::string> guest_names_64() { return guests_with(true); }

std::string as_qemu_says(std::string golden, unsigned cpl) {
    const auto replace = [&golden](std::string_view manual, std::string_view qemu) {
        if (const size_t at = golden.find(manual); at != std::string::npos)
            golden.replace(at, manual.size(), qemu);
    };
    replace("INT1 = E0010000", "INT1 = E0060000");
    if (cpl == 0) replace("RDPMC = E00D0000", "RDPMC = E0060000");
    return golden;
}

std::string read_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

}  // namespace ringside::peers
