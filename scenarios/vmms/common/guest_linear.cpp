#include "scenarios/vmms/common/guest_linear.hpp"

#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/runtime.hpp"

namespace ringside::vmm {

Translation translate(Guest& guest, u32 linear, Access access) {
    return translate(guest.memory, guest.cpu.paging_registers(), linear, access);
}

Fault read_linear(Guest& guest, u32 linear, void* to, u32 bytes, Access access) {
    if (const u8* from = guest.paging.mapped(linear, bytes, access)) {
        memcpy(to, from, bytes);
        return {};
    }
    return read_linear(guest.memory, guest.cpu.paging_registers(), linear, to, bytes, access);
}

Fault write_linear(Guest& guest, u32 linear, const void* from, u32 bytes, Access access) {
    // A traced page is not writable here, so no write to one goes this way.
    if (u8* to = guest.paging.mapped(linear, bytes, access)) {
        memcpy(to, from, bytes);
        return {};
    }
    return write_linear(guest.memory, guest.cpu.paging_registers(), linear, from, bytes, access,
                        [&](u32 physical, u32 part) { guest.paging.note_write(physical, part); });
}

}  // namespace ringside::vmm
