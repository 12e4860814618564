// What the paging unit goes by.
#pragma once
#include "sim/isa/control_registers.hpp"

namespace ringside::vmm {

struct PagingRegisters {
    u32 cr0, cr3, cr4;
    bool paging() const { return cr0 & isa::cr0::PG; }
    bool write_protect() const { return cr0 & isa::cr0::WP; }
    bool pae() const { return cr4 & isa::cr4::PAE; }
    bool large_pages() const { return cr4 & isa::cr4::PSE; }
};

}  // namespace ringside::vmm
