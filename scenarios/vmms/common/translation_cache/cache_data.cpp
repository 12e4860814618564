// Keeps the tables that translated code looks into.
#include "scenarios/vmms/common/translation_cache/cache_data.hpp"

#include "sim/isa/flags.hpp"

namespace ringside::vmm {

CacheData cache_data;

void prepare_flag_tables(unsigned iopl) {
    const bool done = cache_data.popf_class[u32(isa::flags::NT) >> 8] == popf_rare;
    if (done && cache_data.iopl == iopl) return;
    cache_data.iopl = iopl;
    constexpr u32 rare = u32(isa::flags::TF | isa::flags::IOPL | isa::flags::NT) >> 8;
    constexpr u32 interrupts = u32(isa::flags::IF) >> 8;
    for (u32 byte = 0; byte < 256; ++byte) {
        // With a virtual IOPL other than 0 every POPF may change it: all are rare.
        cache_data.popf_class[byte] = byte & rare || iopl != 0 ? popf_rare
                                      : byte & interrupts      ? 1
                                                               : 0;
        const u32 shown = (byte & ~interrupts) | iopl << (isa::flags::IOPL_shift - 8);
        cache_data.pushf_image[0][byte] = u8(shown);
        cache_data.pushf_image[1][byte] = u8(shown | interrupts);
    }
}

/// An entry is empty when it holds an address that belongs elsewhere: no address compares equal.
static u32 empty_entry(u32 index) { return 0 - (index ^ 1); }

void forget_indirect_targets() {
    for (u32 i = 0; i < 256; ++i) cache_data.lookup_negated[i] = empty_entry(i);
}

void forget_indirect_target(u32 guest_eip) {
    const u32 i = guest_eip & 0xff;
    if (cache_data.lookup_negated[i] == 0 - guest_eip)
        cache_data.lookup_negated[i] = empty_entry(i);
}

void remember_indirect_target(u32 guest_eip, u32 translation) {
    const u32 i = guest_eip & 0xff;
    cache_data.lookup_negated[i] = 0 - guest_eip;
    cache_data.lookup_translation[i] = translation;
}

}  // namespace ringside::vmm
