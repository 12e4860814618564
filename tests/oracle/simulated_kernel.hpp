// The little kernels around the trials on our machine: descriptor tables laid out as x86-64 Linux
// has them, page tables, and handlers that halt.
#pragma once
#include "sim/machine/machine.hpp"
#include "tests/oracle/job.hpp"

namespace ringside::oracle {

/// Legacy protected mode with PAE paging, or IA-32e mode as on the host; both with NXE.
enum class Kernel : u8 { Legacy, Long };

// Physical memory that both share.
inline constexpr u32 code_page = 0x10000, data_pages = 0x20000, read_only_page = 0x23000,
                     leave_page = 0x24000, handlers_page = 0x6000;
/// Handlers lie this far apart, by vector, and are a HLT each.
inline constexpr u32 handler_bytes = 16;

/// The kernel's memory as it sees it, out of the way of what user code may address.
constexpr u64 kernel_at(Kernel kernel) {
    return kernel == Kernel::Legacy ? 0xc0000000 : 0xffffffff80000000;
}

inline constexpr u32 kernel_bytes = 0x10000;

machine::Machine machine_with(Kernel kernel);
/// Descriptors of the segments that user code begins with.
isa::Descriptor user_code(unsigned bits);
isa::Descriptor flat_data();
isa::Descriptor window_data();

}  // namespace ringside::oracle
