#include "scenarios/vmms/common/guest_linear.hpp"

#include "scenarios/vmms/common/guest.hpp"

namespace ringside::vmm {

Translation translate(Guest& guest, u32 linear, Access access) {
    return translate(guest.memory, guest.cpu.paging_registers(), linear, access);
}

Fault read_linear(Guest& guest, u32 linear, void* to, u32 bytes, Access access) {
    return read_linear(guest.memory, guest.cpu.paging_registers(), linear, to, bytes, access);
}

Fault write_linear(Guest& guest, u32 linear, const void* from, u32 bytes, Access access) {
    return write_linear(guest.memory, guest.cpu.paging_registers(), linear, from, bytes, access,
                        [&](u32 physical, u32 part) { guest.paging.note_write(physical, part); });
}

}  // namespace ringside::vmm
