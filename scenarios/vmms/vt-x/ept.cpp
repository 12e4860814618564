#include "scenarios/vmms/vt-x/ept.hpp"

#include "scenarios/vmms/common/layout.hpp"
#include "sim/isa/ept.hpp"

//   guest-physical 00000000 … 00FFFFFF:
//     EPTP -> PML4[0] -> PDPT[0] -> PD[0…7], each a 2-MByte page of host-physical 01000000 …

namespace ringside::vmm {
namespace {

namespace ept = isa::ept;

alignas(4096) u64 pml4[512], pdpt[512], directory[512];

constexpr u32 large_page = 0x200000;
constexpr u64 all_rights = ept::R | ept::W | ept::X;

}  // namespace

u64 build_ept() {
    for (u32 n = 0; n < guest_memory_size / large_page; ++n)
        directory[n] = (guest_memory_base + n * large_page) | all_rights | ept::large_page |
                       ept::write_back << ept::memory_type_shift;
    pdpt[0] = physical_address(directory) | all_rights;
    pml4[0] = physical_address(pdpt) | all_rights;
    return ept::pointer(physical_address(pml4));
}

}  // namespace ringside::vmm
