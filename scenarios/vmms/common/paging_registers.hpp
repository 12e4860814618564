// What the paging unit goes by.
#pragma once
#include "scenarios/vmms/common/natural.hpp"
#include "sim/isa/control_registers.hpp"

namespace ringside::vmm {

struct PagingRegisters {
    Natural cr0, cr3, cr4;
    bool ia32e = false;  ///< IA-32e mode is active: four levels
    bool paging() const { return cr0 & isa::cr0::PG; }
    bool write_protect() const { return cr0 & isa::cr0::WP; }
    bool pae() const { return cr4 & isa::cr4::PAE; }
    bool large_pages() const { return cr4 & isa::cr4::PSE; }
};

}  // namespace ringside::vmm
