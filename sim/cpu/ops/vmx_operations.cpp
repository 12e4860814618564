// The VMX instructions. SDM 3C "VMX Instruction Reference".
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/vmx/entry_rule.hpp"
#include "sim/cpu/vmx/eptp.hpp"
#include "sim/cpu/vmx/fields.hpp"
#include "sim/cpu/vmx/instruction_result.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/ept.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/trace/entry_failure.hpp"

namespace ringside::cpu::ops {
namespace {

using isa::Vector;
using isa::VmError;
using vmx::Vmcs;
namespace cap = isa::vmx_capability;

/// #UD outside VMX operation, #GP(0) at CPL > 0. In non-root operation the row has made it an exit.
bool in_root_operation(Exec& x) {
    if (!x.s.vmx.on || !vmx::instructions_exist(x.s)) return x.fault(Vector::UD), false;
    if (x.s.cpl > 0) return x.fault(Vector::GP, 0), false;
    return true;
}

u64 pointer_operand(Exec& x, const Insn& i) { return x.load<8>(i.segment, x.address(i)); }
bool bad_region(const Exec& x, u64 address) {
    return (address & 0xfff) || address >> cap::physical_bits ||
           !x.ram.contains({address}, cap::region_bytes);
}
u32 revision_at(const Exec& x, u64 address) { return u32(x.read_physical({address}, 4)); }

void VMXON(Exec& x, const Insn& i) {
    if (x.s.vmx.on)
        return in_root_operation(x) ? vmx::fail_valid(x, VmError::vmxon_in_root) : void();
    if (!(x.s.cr4 & isa::cr4::VMXE) || !vmx::instructions_exist(x.s)) return x.fault(Vector::UD);
    constexpr u64 allowed = isa::msr::feature_lock | isa::msr::feature_vmxon;
    const bool fixed = (cap::cr0_fixed0 & ~x.s.cr0) == 0 && (cap::cr4_fixed0 & ~x.s.cr4) == 0;
    if (x.s.cpl > 0 || !fixed || (x.s.msr.feature_control & allowed) != allowed)
        return x.fault(Vector::GP, 0);
    const u64 region = pointer_operand(x, i);
    if (x.faulted()) return;
    if (bad_region(x, region) || revision_at(x, region) != cap::revision)
        return vmx::fail_invalid(x);
    x.s.vmx = {};
    x.s.vmx.on = true;
    x.s.vmx.vmxon_region = region;
    vmx::succeed(x);
    x.emit(trace::EventKind::VmxOn, region);
}

void VMXOFF(Exec& x, const Insn&) {
    if (!in_root_operation(x)) return;
    x.s.vmx = {};
    vmx::succeed(x);
    x.emit(trace::EventKind::VmxOff);
}

void VMCLEAR(Exec& x, const Insn& i) {
    if (!in_root_operation(x)) return;
    const u64 address = pointer_operand(x, i);
    if (x.faulted()) return;
    if (bad_region(x, address)) return vmx::fail_valid(x, VmError::vmclear_bad_address);
    if (address == x.s.vmx.vmxon_region) return vmx::fail_valid(x, VmError::vmclear_vmxon_pointer);
    Vmcs(address).set_launched(x.ram, false);
    if (address == x.s.vmx.current_vmcs) x.s.vmx.current_vmcs = Vmcs::none;
    vmx::succeed(x);
}

void VMPTRLD(Exec& x, const Insn& i) {
    if (!in_root_operation(x)) return;
    const u64 address = pointer_operand(x, i);
    if (x.faulted()) return;
    if (bad_region(x, address)) return vmx::fail_valid(x, VmError::vmptrld_bad_address);
    if (address == x.s.vmx.vmxon_region) return vmx::fail_valid(x, VmError::vmptrld_vmxon_pointer);
    if (revision_at(x, address) != cap::revision)
        return vmx::fail_valid(x, VmError::vmptrld_wrong_revision);
    x.s.vmx.current_vmcs = address;
    vmx::succeed(x);
}

void VMPTRST(Exec& x, const Insn& i) {
    if (!in_root_operation(x)) return;
    x.store<8>(i.segment, x.address(i), x.s.vmx.current_vmcs);
    vmx::succeed(x);
}

/// Operands have 64 bits in 64-bit mode and 32 elsewhere, whatever the prefixes.
unsigned operand_bytes(const Exec& x) { return x.s.mode64() ? 8 : 4; }

/// The slot of the field that an operand names, or -1.
int named_slot(u64 encoding) { return encoding >> 32 ? -1 : vmx::accessible_slot(u32(encoding)); }

/// SDM 3C "VMREAD, VMWRITE, and Encodings of VMCS Fields".
void VMREAD(Exec& x, const Insn& i) {
    if (!in_root_operation(x)) return;
    const Vmcs v(x.s.vmx.current_vmcs);
    if (!v.current()) return vmx::fail_invalid(x);
    const unsigned bytes = operand_bytes(x);
    const u64 encoding = x.reg(i.form == Form::MR ? i.reg0 : i.reg1, bytes);
    const int slot = named_slot(encoding);
    if (slot < 0) return vmx::fail_valid(x, VmError::unsupported_field);
    const unsigned shift = isa::field_high_half(u32(encoding)) ? 32 : 0;
    const u64 value = (v.get_slot(x.ram, slot) >> shift) & width_mask(bytes);
    if (i.form == Form::MR)
        x.store(i.segment, x.address(i), bytes, value);
    else
        x.set_reg(i.reg0, bytes, value);
    vmx::succeed(x);
}

/// What a field becomes: a shorter operand clears the rest of it, but for a high half.
u64 written(u32 encoding, u64 old, u64 operand) {
    if (isa::field_high_half(encoding)) return (old & 0xffffffff) | operand << 32;
    switch (isa::field_width(encoding)) {
        case isa::FieldWidth::Word: return operand & 0xffff;
        case isa::FieldWidth::Double: return operand & 0xffffffff;
        case isa::FieldWidth::Quad:
        case isa::FieldWidth::Natural: break;
    }
    return operand;
}

void VMWRITE(Exec& x, const Insn& i) {
    if (!in_root_operation(x)) return;
    const Vmcs v(x.s.vmx.current_vmcs);
    if (!v.current()) return vmx::fail_invalid(x);
    const unsigned bytes = operand_bytes(x);
    const u64 encoding = x.reg(i.reg0, bytes);
    const u64 value =
        i.form == Form::RM ? x.load(i.segment, x.address(i), bytes) : x.reg(i.reg1, bytes);
    if (x.faulted()) return;
    const int slot = named_slot(encoding);
    if (slot < 0) return vmx::fail_valid(x, VmError::unsupported_field);
    if (isa::field_type(u32(encoding)) == isa::FieldType::ExitInformation)
        return vmx::fail_valid(x, VmError::write_read_only_field);
    v.set_slot(x.ram, slot, written(u32(encoding), v.get_slot(x.ram, slot), value));
    vmx::succeed(x);
}

/// SDM 3C "Basic VM-Entry Checks"; the rest happens at the end of the step.
template <bool launch>
void enter(Exec& x, const Insn&) {
    if (!in_root_operation(x)) return;
    const Vmcs v(x.s.vmx.current_vmcs);
    const auto broken = [&](int rule, u64 value) {
        vmx::report_broken(x, {rule, isa::VmcsField(trace::no_field), value});
    };
    if (!v.current()) {
        broken(vmx::rule_named("B4"), v.address());
        return vmx::fail_invalid(x);
    }
    if (x.s.shadow == Shadow::MovSs) {
        broken(vmx::rule_named("B6"), u64(x.s.shadow));
        return vmx::fail_valid(x, VmError::entry_blocked_by_mov_ss);
    }
    if (launch && v.launched(x.ram)) {
        broken(vmx::rule_named("B7"), 1);
        return vmx::fail_valid(x, VmError::vmlaunch_not_clear);
    }
    if (!launch && !v.launched(x.ram)) {
        broken(vmx::rule_named("B8"), 0);
        return vmx::fail_valid(x, VmError::vmresume_not_launched);
    }
    Pending entry;
    entry.kind = Pending::VmEntry;
    entry.vector = launch;
    x.stop_with(entry);
}

void VMCALL(Exec& x, const Insn&) {
    if (!in_root_operation(x)) return;
    vmx::fail_valid(x, VmError::vmcall_in_root);
}

/// The 16 bytes of an INVEPT or INVVPID descriptor.
struct InvalidationDescriptor {
    u64 low, high;
};
InvalidationDescriptor invalidation_descriptor(Exec& x, const Insn& i) {
    const u64 at = x.address(i), low = x.load<8>(i.segment, at);
    return {low, x.load<8>(i.segment, at + 8)};
}

/// SDM 3C "INVEPT—Invalidate Translations Derived from EPT".
void INVEPT(Exec& x, const Insn& i) {
    if (!in_root_operation(x)) return;
    enum Type : u64 { single_context = 1, all_contexts = 2 };
    const u64 type = x.reg(i.reg0, operand_bytes(x));
    const InvalidationDescriptor d = invalidation_descriptor(x, i);
    if (x.faulted()) return;
    const bool valid =
        type == all_contexts || (type == single_context && d.high == 0 && vmx::eptp::valid(d.low));
    if (!valid) return vmx::fail_valid(x, VmError::invalid_invalidation_operand);
    if (type == single_context)
        x.s.tlb.flush_ept(isa::ept::root(d.low));
    else
        x.s.tlb.flush_all_epts();
    x.paging_changed();
    vmx::succeed(x);
}

/// SDM 3C "INVVPID—Invalidate Translations Based on VPID".
void INVVPID(Exec& x, const Insn& i) {
    if (!in_root_operation(x)) return;
    enum Type : u64 { individual_address, single_context, all_contexts, retaining_globals };
    const u64 type = x.reg(i.reg0, operand_bytes(x));
    const InvalidationDescriptor d = invalidation_descriptor(x, i);
    if (x.faulted()) return;
    const u16 vpid = u16(d.low);
    const bool valid = type <= retaining_globals && d.low >> 16 == 0 &&
                       (type == all_contexts || vpid != 0) &&
                       (type != individual_address || isa::paging::canonical(d.high));
    if (!valid) return vmx::fail_valid(x, VmError::invalid_invalidation_operand);
    switch (type) {
        case individual_address: x.s.tlb.flush_address_of(vpid, d.high >> 12); break;
        case single_context: x.s.tlb.flush_vpid(vpid, false); break;
        case all_contexts: x.s.tlb.flush_all_vpids_but_0(); break;
        case retaining_globals: x.s.tlb.flush_vpid(vpid, true); break;
    }
    x.paging_changed();
    vmx::succeed(x);
}

/// SDM 3C "General Operation of the VMFUNC Instruction", "EPTP Switching".
void VMFUNC(Exec& x, const Insn&) {
    if (!vmx::secondary(x.s, isa::ProcBased2::enable_VM_functions)) return x.fault(Vector::UD);
    const u64 function = x.reg<4>(AX), number = x.reg<4>(CX);
    const auto refuse = [&] { x.vm_exit(isa::ExitReason::VMFUNC); };
    if (function > 63) return x.fault(Vector::UD);
    if (!has(x.s.vmx.vm_functions, bit(unsigned(function)))) return refuse();
    if (number >= isa::vm_function::eptp_list_entries) return refuse();
    const Vmcs v(x.s.vmx.current_vmcs);
    const u64 list = v.get(x.ram, isa::VmcsField::EPTP_LIST_ADDRESS);
    const u64 eptp = x.ram.read({list + 8 * number}, 8);
    if (!vmx::eptp::valid(eptp)) return refuse();
    v.set(x.ram, isa::VmcsField::EPT_POINTER, eptp);
    x.s.vmx.eptp = eptp;
    x.s.tlb.set_context({x.s.vmx.vpid, isa::ept::root(eptp)});
    x.paging_changed();
    x.end_block();
}

constexpr Binding table[] = {
    {isa::Op::VMXON, [](const Insn&) -> Handler { return VMXON; }},
    {isa::Op::VMXOFF, [](const Insn&) -> Handler { return VMXOFF; }},
    {isa::Op::VMCLEAR, [](const Insn&) -> Handler { return VMCLEAR; }},
    {isa::Op::VMPTRLD, [](const Insn&) -> Handler { return VMPTRLD; }},
    {isa::Op::VMPTRST, [](const Insn&) -> Handler { return VMPTRST; }},
    {isa::Op::VMREAD, [](const Insn&) -> Handler { return VMREAD; }},
    {isa::Op::VMWRITE, [](const Insn&) -> Handler { return VMWRITE; }},
    {isa::Op::VMLAUNCH, [](const Insn&) -> Handler { return enter<true>; }},
    {isa::Op::VMRESUME, [](const Insn&) -> Handler { return enter<false>; }},
    {isa::Op::VMCALL, [](const Insn&) -> Handler { return VMCALL; }},
    {isa::Op::INVEPT, [](const Insn&) -> Handler { return INVEPT; }},
    {isa::Op::INVVPID, [](const Insn&) -> Handler { return INVVPID; }},
    {isa::Op::VMFUNC, [](const Insn&) -> Handler { return VMFUNC; }},
};

}  // namespace

std::span<const Binding> vmx_operations() { return table; }

}  // namespace ringside::cpu::ops
