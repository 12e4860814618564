#include "tests/peers/bochs.hpp"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "tests/peers/qemu.hpp"

namespace ringside::peers {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// A CD-ROM image with GRUB, the VMM and the guests.
void make_disk(const fs::path& folder, const BochsBoot& boot) {
    const fs::path to = folder / "disk" / "boot";
    fs::create_directories(to / "grub");
    fs::copy_file(boot.vmm, to / "vmm.elf");
    std::string modules;
    for (size_t n = 0; n < boot.guests.size(); ++n) {
        const std::string name = "guest" + std::to_string(n) + ".elf";
        fs::copy_file(boot.guests[n], to / name);
        modules += "  module /boot/" + name + "\n";
    }
    std::ofstream(to / "grub" / "grub.cfg") << "set timeout=0\n"
                                               "menuentry vmm {\n"
                                               "  multiboot /boot/vmm.elf "
                                            << boot.options << "\n"
                                            << modules << "}\n";
    const std::string command = "grub-mkrescue -o '" + (folder / "disk.iso").string() + "' '" +
                                (folder / "disk").string() + "' > /dev/null 2>&1";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("grub-mkrescue failed");
}

/// The lines of the configuration for a blank disk, which this makes.
std::string blank_disk(const fs::path& folder, unsigned tracks) {
    if (tracks == 0) return "";
    constexpr unsigned sectors_a_track = 8, sector = 512;
    const std::string file = (folder / "disk.img").string();
    std::ofstream(file, std::ios::binary) << std::string(tracks * sectors_a_track * sector, '\0');
    return "ata0-master: type=disk, path=\"" + file +
           "\", mode=flat, cylinders=" + std::to_string(tracks) +
           ", heads=1, spt=" + std::to_string(sectors_a_track) + "\n";
}

void write_configuration(const fs::path& folder, const BochsBoot& boot) {
    const auto in_folder = [&](const char* name) { return (folder / name).string(); };
    std::ofstream(folder / "bochsrc")
        << "megs: 64\n"
           "romimage: file=/usr/share/bochs/BIOS-bochs-latest\n"
           "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest\n"
           "display_library: term\n"
           "boot: cdrom\n"
           "ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n"
           "ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15\n"
        << blank_disk(folder, boot.disk_tracks) << "ata1-master: type=cdrom, path=\""
        << in_folder("disk.iso")
        << "\", status=inserted\n"
           "com1: enabled=1, mode=file, dev="
        << in_folder("com1")
        << "\n"
           "com2: enabled=1, mode=file, dev="
        << in_folder("com2")
        << "\n"
           "cpu: model="
        << boot.cpu
        << ", count=1, ips=50000000, reset_on_triple_fault=0, "
           "ignore_bad_msrs=0\n"
           // Without a dummy driver it wants a sound card.
           "sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy\n"
           "speaker: enabled=0\n"
           "log: "
        << in_folder("log")
        << "\n"
           "panic: action=fatal\n"
           "error: action=ignore\n"
           "info: action=ignore\n"
           "mouse: enabled=0\n";
    std::ofstream(folder / "debugger") << "c\n";  // it starts in its debugger
}

/// The child's end, however it comes.
struct Child {
    pid_t pid = -1;
    int terminal = -1;
    ~Child() {
        if (pid > 0) kill(pid, SIGKILL), waitpid(pid, nullptr, 0);
        if (terminal >= 0) close(terminal);
    }
    /// Reads away what it draws, for a moment. False when it has ended.
    bool drain() const {
        pollfd wait{terminal, POLLIN, 0};
        if (poll(&wait, 1, 200) <= 0) return true;
        char screen[65536];
        return read(terminal, screen, sizeof screen) > 0;
    }
};

}  // namespace

BochsSerial run_bochs(const BochsBoot& boot, const BochsSerial& expected, int seconds) {
    const WorkFolder folder;
    make_disk(folder.path(), boot);
    write_configuration(folder.path(), boot);
    const std::string configuration = (folder.path() / "bochsrc").string();
    const std::string debugger = (folder.path() / "debugger").string();
    const auto serial = [&folder] {
        return BochsSerial{read_file(folder.path() / "com1"), read_file(folder.path() / "com2")};
    };

    Child child;
    child.pid = forkpty(&child.terminal, nullptr, nullptr, nullptr);
    if (child.pid < 0) throw std::runtime_error("no terminal for Bochs");
    if (child.pid == 0) {
        setenv("TERM", "xterm", 1);
        execlp("bochs", "bochs", "-q", "-f", configuration.c_str(), "-rc", debugger.c_str(),
               nullptr);
        _exit(127);
    }
    auto end = Clock::now() + std::chrono::seconds(seconds);
    bool complete = false;
    while (Clock::now() < end && child.drain()) {
        if (complete || serial() != expected) continue;
        complete = true;
        end = Clock::now() + std::chrono::seconds(1);
    }
    return serial();
}

std::string run_bochs(const fs::path& vmm, const fs::path& guest, const std::string& expected,
                      int seconds) {
    BochsBoot boot;
    boot.vmm = vmm;
    if (!guest.empty()) boot.guests.push_back(guest);
    return run_bochs(boot, BochsSerial{expected, ""}, seconds).com1;
}

}  // namespace ringside::peers
