// Masks, shadows and bitmaps: does this access leave the guest?
#include "sim/cpu/vmx/vmcs.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/msrs.hpp"

namespace ringside::cpu::vmx {

namespace cap = isa::vmx_capability;

bool cr0_allowed(const State& s, u64 value) {
    u64 must = cap::cr0_fixed0;
    if (unrestricted(s)) must &= ~(isa::cr0::PE | isa::cr0::PG);
    return (must & ~value) == 0;
}

bool cr3_load_exits(const Exec& x, u64 value) {
    if (!primary(x.s, isa::ProcBased::CR3_load_exiting)) return false;
    using F = isa::VmcsField;
    constexpr F targets[] = {F::CR3_TARGET_VALUE_0, F::CR3_TARGET_VALUE_1, F::CR3_TARGET_VALUE_2,
                             F::CR3_TARGET_VALUE_3};
    const Vmcs vmcs(x.s.vmx.current_vmcs);
    const u64 count = vmcs.get(x.ram, F::CR3_TARGET_COUNT);
    for (u64 n = 0; n < count; ++n)
        if (vmcs.get(x.ram, targets[n]) == value) return false;
    return true;
}

void unblock_nmi(State& s) {
    if (s.vmx.non_root && !iret_unblocks_nmi(s)) return;
    bool& blocked = nmi_blocking(s);
    s.vmx.nmi_unblocked = s.vmx.non_root && blocked;
    blocked = false;
}

namespace {
__extension__ using u128 = unsigned __int128;
u64 scaled(u64 time, u64 multiplier) { return u64(u128{time} * multiplier >> 48); }
}  // namespace

/// SDM 3C "Time-Stamp Counter Offsetting", "Time-Stamp Counter Scaling".
u64 guest_time_stamp(const Exec& x) {
    const State& s = x.s;
    if (!primary(s, isa::ProcBased::use_TSC_offsetting)) return x.now;
    u64 time = x.now;
    if (secondary(s, isa::ProcBased2::use_TSC_scaling)) time = scaled(time, s.vmx.tsc_multiplier);
    return time + s.vmx.tsc_offset;
}

u64 read_cr0(const State& s) {
    return s.vmx.non_root ? merge(s.cr0, s.vmx.cr0_shadow, s.vmx.cr0_mask) : s.cr0;
}
u64 read_cr4(const State& s) {
    return s.vmx.non_root ? merge(s.cr4, s.vmx.cr4_shadow, s.vmx.cr4_mask) : s.cr4;
}

ControlWrite write_cr0(const State& s, u64 value) {
    if (!s.vmx.non_root) return {false, value};
    if ((value ^ s.vmx.cr0_shadow) & s.vmx.cr0_mask) return {true, value};
    return {false, merge(value, s.cr0, s.vmx.cr0_mask)};
}
ControlWrite write_cr4(const State& s, u64 value) {
    if (!s.vmx.non_root) return {false, value};
    if ((value ^ s.vmx.cr4_shadow) & s.vmx.cr4_mask) return {true, value};
    return {false, merge(value, s.cr4, s.vmx.cr4_mask)};
}

void exit_on_cr(Exec& x, u8 cr, CrAccess access, u8 general_register) {
    x.vm_exit(
        isa::ExitReason::CONTROL_REGISTER_ACCESS,
        cr | u64(u8(access)) << 4 | u64(access == CrAccess::clts ? 0 : general_register) << 8);
}
void exit_on_lmsw(Exec& x, u16 source, bool memory) {
    x.vm_exit(isa::ExitReason::CONTROL_REGISTER_ACCESS,
              u64(u8(CrAccess::lmsw)) << 4 | (memory ? bit(6) : 0) | u64(source) << 16);
}

bool io_exits(const State& s, const mem::Ram& ram, u16 port, unsigned width) {
    if (!primary(s, isa::ProcBased::use_IO_bitmaps))
        return primary(s, isa::ProcBased::unconditional_IO_exiting);
    const Vmcs vmcs(s.vmx.current_vmcs);
    const u64 a = vmcs.get(ram, isa::VmcsField::IO_BITMAP_A_ADDRESS),
              b = vmcs.get(ram, isa::VmcsField::IO_BITMAP_B_ADDRESS);
    if (u32(port) + width > 0x10000) return true;
    for (u32 p = port; p < u32(port) + width; ++p) {
        const u64 map = p < 0x8000 ? a : b;
        if (ram.read({map + (p & 0x7fff) / 8}, 1) & bit(p & 7)) return true;
    }
    return false;
}

bool msr_exits(const State& s, const mem::Ram& ram, u32 index, bool write) {
    if (!primary(s, isa::ProcBased::use_MSR_bitmaps)) return true;
    const bool low = index <= 0x1fff, high = index >= 0xc0000000 && index <= 0xc0001fff;
    if (!low && !high) return true;
    const u64 map = Vmcs(s.vmx.current_vmcs).get(ram, isa::VmcsField::MSR_BITMAP_ADDRESS);
    const u64 part = map + (high ? 1024 : 0) + (write ? 2048 : 0);
    const u32 n = index & 0x1fff;
    return ram.read({part + n / 8}, 1) & bit(n & 7);
}

}  // namespace ringside::cpu::vmx
