// Bochs as an oracle for VMX: it boots a VMM and its guest from a GRUB disk.
#pragma once
#include <filesystem>
#include <string>

namespace ringside::peers {

/// Boots `vmm`, with `guest` as its module if that is not empty, and gives what came out of COM1. Bochs has no debug exit:
/// the run ends a second after the output is `expected`, or after `seconds`.
std::string run_bochs(const std::filesystem::path& vmm, const std::filesystem::path& guest,
                      const std::string& expected, int seconds);

}  // namespace ringside::peers
