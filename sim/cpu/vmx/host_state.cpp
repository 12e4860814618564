// What a VM exit loads. SDM 3C "Loading Host State".
#include "sim/cpu/vmx/guest_state.hpp"
#include "sim/cpu/vmx/transition.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/debug_registers.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::cpu::vmx {

using isa::VmcsField;

namespace {

// SDM 3C "Loading Host Segment and Descriptor-Table Registers": fixed rights, flat.
constexpr u32 flat_rights = rights::S | rights::P | rights::G;
Segment flat_segment(u16 selector, u32 access) {
    Segment s;
    s.selector = selector;
    s.access = access;
    s.limit = 0xffffffff;
    s.derive();
    return s;
}
Segment host_code_segment(u16 selector, bool long_host) {
    return flat_segment(selector,
                        isa::code_type | flat_rights | (long_host ? rights::L : rights::DB));
}
Segment host_data_segment(u16 selector) {
    return selector == 0 ? Segment::null(0)
                         : flat_segment(selector, isa::data_type | flat_rights | rights::DB);
}

}  // namespace

void translate_as(Exec& x, const mem::TlbContext& context) {
    const bool with_vpid = secondary(x.s, isa::ProcBased2::enable_VPID);
    if (!with_vpid) x.s.tlb.flush_vpid(0, false);
    x.s.tlb.set_context(context);
    x.paging_changed();
}

void load_host_state(Exec& x, const Vmcs& v) {
    State& s = x.s;
    s.cr0 = loaded_cr0(s.cr0, v.get(x.ram, VmcsField::HOST_CR0));
    s.cr3 = v.get(x.ram, VmcsField::HOST_CR3);
    s.cr4 = v.get(x.ram, VmcsField::HOST_CR4);
    const bool long_host = on(x, v, isa::ExitControl::host_address_space_size);
    constexpr u64 long_mode = isa::efer::LMA | isa::efer::LME;
    s.msr.efer = merge(s.msr.efer, long_host ? long_mode : 0, long_mode);
    if (on(x, v, isa::ExitControl::load_EFER)) s.msr.efer = v.get(x.ram, VmcsField::HOST_IA32_EFER);
    s.msr.sysenter_cs = v.get(x.ram, VmcsField::HOST_IA32_SYSENTER_CS);
    s.msr.sysenter_esp = v.get(x.ram, VmcsField::HOST_IA32_SYSENTER_ESP);
    s.msr.sysenter_eip = v.get(x.ram, VmcsField::HOST_IA32_SYSENTER_EIP);
    constexpr VmcsField selectors[] = {VmcsField::HOST_ES_SELECTOR, VmcsField::HOST_CS_SELECTOR,
                                       VmcsField::HOST_SS_SELECTOR, VmcsField::HOST_DS_SELECTOR,
                                       VmcsField::HOST_FS_SELECTOR, VmcsField::HOST_GS_SELECTOR};
    for (unsigned n = 0; n < decode::segment_count; ++n)
        s.seg[n] = host_data_segment(u16(v.get(x.ram, selectors[n])));
    s.seg[decode::CS] =
        host_code_segment(u16(v.get(x.ram, VmcsField::HOST_CS_SELECTOR)), long_host);
    s.seg[decode::FS].base = v.get(x.ram, VmcsField::HOST_FS_BASE);
    s.seg[decode::GS].base = v.get(x.ram, VmcsField::HOST_GS_BASE);
    s.ldtr = Segment::null(0);
    s.tr = Segment::from(u16(v.get(x.ram, VmcsField::HOST_TR_SELECTOR)),
                         {bit(47) | u64(11) << 40 | 0x67});
    s.tr.base = v.get(x.ram, VmcsField::HOST_TR_BASE);
    s.gdtr = {v.get(x.ram, VmcsField::HOST_GDTR_BASE), 0xffff};
    s.idtr = {v.get(x.ram, VmcsField::HOST_IDTR_BASE), 0xffff};
    s.regs.gpr[SP] = v.get(x.ram, VmcsField::HOST_RSP);
    s.regs.rip = v.get(x.ram, VmcsField::HOST_RIP);
    s.regs.flags = isa::flags::fixed;
    s.dr[7] = isa::debug::dr7_fixed;
    s.msr.debugctl = 0;
    s.activity = Activity::Active;
    s.monitor = {};  // SDM 3C "Clearing Address-Range Monitoring"
    s.shadow = Shadow::None;
    if (on(x, v, isa::ExitControl::load_PAT)) s.msr.pat = v.get(x.ram, VmcsField::HOST_IA32_PAT);
    x.set_cpl(0);
    s.derive_segments();
    translate_as(x, {});
}

bool load_host_pdptes(Exec& x) {
    State& s = x.s;
    if (s.paging_mode().kind() != mem::PagingMode::Pae) return true;
    for (unsigned n = 0; n < s.pdpte.size(); ++n) {
        const u64 entry = x.read_physical({(s.cr3 & isa::paging::pdpt_base) + 8 * n}, 8);
        if (has(entry, isa::paging::P) && has(entry, isa::paging::reserved_pdpte)) return false;
        s.pdpte[n] = entry;
    }
    return true;
}

}  // namespace ringside::cpu::vmx
