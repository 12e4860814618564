// What a Multiboot loader does: programs into memory, the CPU as the specification hands it over.
#pragma once
#include <span>
#include <string>

#include "sim/base/result.hpp"
#include "sim/cpu/state.hpp"
#include "sim/image/image.hpp"
#include "sim/mem/ram.hpp"

namespace ringside::session {

/// A module: its bytes go to memory as they are.
struct ModuleFile {
    std::string name;
    std::span<const u8> bytes;
};

/// Puts the kernel's segments, the modules (after it, on page boundaries) and the boot information
/// into memory, and sets the CPU. Multiboot Specification 0.6.96, "Machine state".
Status boot(cpu::State& cpu, mem::Ram& ram, const image::Image& kernel,
            std::span<const ModuleFile> modules);

/// Raw code: real mode for a boot sector at 0x7C00, else flat 32-bit protected mode.
Status boot_flat(cpu::State& cpu, mem::Ram& ram, const image::Image& code);

}  // namespace ringside::session
