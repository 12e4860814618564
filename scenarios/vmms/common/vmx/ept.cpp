#include "scenarios/vmms/common/vmx/ept.hpp"

#include "sim/isa/ept.hpp"

namespace ringside::vmm {

namespace ept = isa::ept;

u64 build_ept(EptTables& tables, const GuestMemory& memory) {
    constexpr u32 large_page = 0x200000;
    constexpr u64 all_rights = ept::R | ept::W | ept::X;
    for (u32 n = 0; n < memory.size() / large_page; ++n)
        tables.directory[n] = memory.host_physical(n * large_page) | all_rights | ept::large_page |
                              ept::write_back << ept::memory_type_shift;
    tables.pdpt[0] = physical_address(tables.directory) | all_rights;
    tables.pml4[0] = physical_address(tables.pdpt) | all_rights;
    return ept::pointer(physical_address(tables.pml4));
}

}  // namespace ringside::vmm
