// A VMM with hostile guests, run to its end, and what must hold whatever they did.
#pragma once
#include <string>
#include <vector>

#include "sim/session/run_image.hpp"

namespace ringside::isolation {

struct Run {
    session::Ending ending;
    std::string first, second;     ///< what was heard on COM1 and COM2
    bool vmm_intact = false;       ///< its code and constants are in memory as they are in its file
    u64 guest_code_in_ring_0 = 0;  ///< events that guest memory caused at CPL 0 of root operation
};

/// An ELF image from NASM text. `define` may be empty.
std::vector<u8> assemble(const std::string& text, const std::string& define = "");
/// The same from a file.
std::vector<u8> assemble_file(const std::string& path, const std::string& define = "");

/// Boots `technique`'s VMM with one guest or two, up to `instructions`, or to some while after
/// `ringlet` was done.
Run run(const std::string& technique, const std::vector<std::vector<u8>>& guests,
        const std::string& vmm_options = "", u64 instructions = 100'000'000);

/// The same with a VMM from memory.
Run run_vmm(const std::vector<u8>& vmm, const std::vector<std::vector<u8>>& guests,
            const std::string& vmm_options = "", u64 instructions = 100'000'000);

/// The words "vmm: ..." in what was heard on a line; empty if the VMM had nothing to say.
std::string report_in(const std::string& serial);

}  // namespace ringside::isolation
