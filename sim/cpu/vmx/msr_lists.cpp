#include "sim/cpu/vmx/msr_lists.hpp"

#include "sim/cpu/msr.hpp"
#include "sim/cpu/vmx/entry_rule.hpp"

namespace ringside::cpu::vmx {
namespace {

namespace msr = isa::msr;

constexpr u64 entry_bytes = 16, value_offset = 8;

struct ListEntry {
    u32 index, reserved;
    u64 value;
};
ListEntry read_entry(const mem::Ram& ram, u64 at) {
    return {u32(ram.read({at}, 4)), u32(ram.read({at + 4}, 4)), ram.read({at + value_offset}, 8)};
}

bool x2apic(u32 index) { return index >> 8 == msr::X2APIC_FIRST >> 8; }
/// Not ML3 (an MSR writable only in SMM) and ML4 (model-specific): this CPU has neither kind.
int broken_rule(const ListEntry& e) {
    if (e.index == msr::FS_BASE || e.index == msr::GS_BASE) return rule_named("ML1");
    if (x2apic(e.index)) return rule_named("ML2");
    if (e.reserved != 0) return rule_named("ML5");
    return -1;
}

}  // namespace

std::optional<MsrListFailure> load_msrs(Exec& x, u64 list, u32 count) {
    for (u32 n = 0; n < count; ++n) {
        const ListEntry e = read_entry(x.ram, list + n * entry_bytes);
        if (const int rule = broken_rule(e); rule >= 0)
            return MsrListFailure{n + 1, rule, e.index, e.value};
        const MsrWrite write = write_msr(x, e.index, e.value);
        if (write.outcome == MsrWrite::Refused)
            return MsrListFailure{n + 1, rule_named("ML6"), e.index, e.value};
        if (write.outcome == MsrWrite::NotModelled) {
            x.not_modelled(write.what);
            return {};
        }
    }
    return {};
}

bool store_msrs(Exec& x, u64 list, u32 count) {
    for (u32 n = 0; n < count; ++n) {
        const u64 at = list + n * entry_bytes;
        const ListEntry e = read_entry(x.ram, at);
        if (x2apic(e.index) || e.reserved != 0) return false;
        const auto value = read_msr(x, e.index);
        if (!value) return false;
        x.write_physical({at + value_offset}, 8, *value);
    }
    return true;
}

}  // namespace ringside::cpu::vmx
