// Bochs as an oracle for VMX: it boots a VMM and its guest from a GRUB disk.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace ringside::peers {

/// What Bochs boots: a VMM with words on its command line, and its modules.
struct BochsBoot {
    std::filesystem::path vmm;
    std::string options;
    std::vector<std::filesystem::path> guests;
    std::string cpu = "corei7_haswell_4770";
    unsigned disk_tracks = 0;  ///< a blank IDE disk of so many tracks of 4 KiB; 0: none
    bool operator==(const BochsBoot&) const = default;
};
/// What came out of the serial ports, COM1's text first.
struct BochsSerial {
    std::string com1, com2;
    bool operator==(const BochsSerial&) const = default;
};
/// Bochs has no debug exit: the run ends a second after the output is `expected`, or after
/// `seconds`.
BochsSerial run_bochs(const BochsBoot& boot, const BochsSerial& expected, int seconds);

/// Boots `vmm`, with `guest` as its module if that is not empty, and gives what came out of COM1.
std::string run_bochs(const std::filesystem::path& vmm, const std::filesystem::path& guest,
                      const std::string& expected, int seconds);

}  // namespace ringside::peers
