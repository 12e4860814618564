// System registers. SDM 2 "LGDT/LIDT", "SGDT", "SIDT", "LLDT", "SLDT", "LTR", "STR", "LMSW",
// "SMSW", "CLTS", "MOV—Move to/from Control Registers", "MOV—Move to/from Debug Registers",
// "INVLPG", "INVD", "WBINVD", "HLT".
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/segmentation.hpp"
#include "sim/cpu/vmx/tpr_shadow.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/debug_registers.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::cpu::ops {
namespace {

namespace cr0 = isa::cr0;
namespace cr4 = isa::cr4;
using isa::Vector;

// --- descriptor-table registers ----------------------------------------------------------------

/// In 64-bit mode the pseudo-descriptor has 2 + 8 bytes. SDM 3A "Memory-Management Registers".
unsigned base_bytes(const Exec& x) { return x.s.mode64() ? 8 : 4; }

void load_table(Exec& x, const Insn& i, TableRegister& table) {
    const u64 at = x.address(i);
    const u16 limit = u16(x.load<2>(i.segment, at));
    const u64 base = x.load(i.segment, at + 2, base_bytes(x));
    if (x.faulted()) return;
    if (x.s.mode64() && !isa::paging::canonical(base)) return x.fault(Vector::GP, 0);
    table = {i.operand_size == 2 ? base & 0xffffff : base, limit};
}
void store_table(Exec& x, const Insn& i, const TableRegister& table) {
    const u64 at = x.address(i);
    x.probe_write(i.segment, at, 2 + base_bytes(x));
    x.store<2>(i.segment, at, table.limit);
    x.store(i.segment, at + 2, base_bytes(x), table.base);
}
void LGDT(Exec& x, const Insn& i) { load_table(x, i, x.s.gdtr); }
void LIDT(Exec& x, const Insn& i) { load_table(x, i, x.s.idtr); }
/// SDM 2 "SGDT", "SIDT", "SLDT", "SMSW", "STR": CR4.UMIP keeps them from outer rings.
bool may_look(Exec& x) {
    const bool allowed = x.s.cpl == 0 || !(x.s.cr4 & cr4::UMIP);
    if (!allowed) x.fault(Vector::GP, 0);
    return allowed;
}
void SGDT(Exec& x, const Insn& i) {
    if (may_look(x)) store_table(x, i, x.s.gdtr);
}
void SIDT(Exec& x, const Insn& i) {
    if (may_look(x)) store_table(x, i, x.s.idtr);
}

u16 selector_operand(Exec& x, const Insn& i) {
    return u16(i.has_memory() ? x.load<2>(i.segment, x.address(i)) : x.reg<2>(i.reg0));
}
/// Memory gets 16 bits; a wider register is zero-extended.
void store_word(Exec& x, const Insn& i, u64 value) {
    if (i.has_memory()) return x.store<2>(i.segment, x.address(i), value);
    x.set_reg(i.reg0, i.width, value);
}
bool table_mode(Exec& x) {
    if (!x.s.protected_mode() || x.s.v8086()) return x.fault(Vector::UD), false;
    return true;
}
void LLDT(Exec& x, const Insn& i) {
    if (!table_mode(x)) return;
    const u16 selector = selector_operand(x, i);
    if (!x.faulted()) load_ldt(x, selector);
}
void LTR(Exec& x, const Insn& i) {
    if (!table_mode(x)) return;
    const u16 selector = selector_operand(x, i);
    if (!x.faulted()) load_task_register(x, selector);
}
void SLDT(Exec& x, const Insn& i) {
    if (table_mode(x) && may_look(x)) store_word(x, i, x.s.ldtr.selector);
}
void STR(Exec& x, const Insn& i) {
    if (table_mode(x) && may_look(x)) store_word(x, i, x.s.tr.selector);
}

// --- control registers -------------------------------------------------------------------------

constexpr u64 cr0_defined = cr0::PE | cr0::MP | cr0::EM | cr0::TS | cr0::ET | cr0::NE | cr0::WP |
                            cr0::AM | cr0::NW | cr0::CD | cr0::PG;
/// What this CPU has; the others are reserved bits here. SDM 3A "Control Registers".
constexpr u64 cr4_supported = cr4::VME | cr4::PVI | cr4::TSD | cr4::DE | cr4::PSE | cr4::PAE |
                              cr4::MCE | cr4::PGE | cr4::PCE | cr4::VMXE | cr4::FSGSBASE |
                              cr4::UMIP | cr4::PCIDE | cr4::SMEP | cr4::SMAP;
static_assert(cr4_supported == isa::vmx_capability::cr4_fixed1);

/// SDM 3A "PDPTE Registers": PAE paging loads them with CR3, and where CR0 or CR4 change it. False
/// after #GP(0).
bool load_pdptes(Exec& x, u64 new_cr0, u64 new_cr3, u64 new_cr4) {
    const bool pae =
        (new_cr0 & cr0::PG) && (new_cr4 & cr4::PAE) && !(x.s.msr.efer & isa::efer::LME);
    if (!pae) return true;
    std::array<u64, 4> loaded{};
    for (unsigned n = 0; n < loaded.size(); ++n)
        if (!x.read_guest_physical({(new_cr3 & isa::paging::pdpt_base) + 8 * n}, loaded[n]))
            return false;
    for (const u64 pdpte : loaded)
        if ((pdpte & isa::paging::P) && (pdpte & isa::paging::reserved_pdpte))
            return x.fault(Vector::GP, 0), false;
    x.s.pdpte = loaded;
    return true;
}

/// SDM 3A "Initializing IA-32e Mode", "Switching Out of IA-32e Mode Operation". False after #GP(0).
bool paging_switch_allowed(Exec& x, bool on) {
    const State& s = x.s;
    const bool long_enabled = s.msr.efer & isa::efer::LME;
    const bool tss16 = s.tr.usable() && s.tr.type() <= u8(isa::SystemType::Tss16Busy);
    const bool refused = on ? long_enabled && (!(s.cr4 & cr4::PAE) || tss16 ||
                                               (s.seg[decode::CS].access & rights::L))
                            : s.mode64() || (s.cr4 & cr4::PCIDE);
    if (refused) x.fault(Vector::GP, 0);
    return !refused;
}

void set_cr0(Exec& x, u64 value) {
    if (value >> 32) return x.fault(Vector::GP, 0);
    value = (value & cr0_defined) | cr0::ET;
    if ((value & cr0::PG) && !(value & cr0::PE)) return x.fault(Vector::GP, 0);
    if ((value & cr0::NW) && !(value & cr0::CD)) return x.fault(Vector::GP, 0);
    if (x.s.vmx.on && !vmx::cr0_allowed(x.s, value)) return x.fault(Vector::GP, 0);
    const u64 changed = x.s.cr0 ^ value;
    const bool paging_on = value & cr0::PG;
    if ((changed & cr0::PG) && !paging_switch_allowed(x, paging_on)) return;
    if ((changed & (cr0::PG | cr0::CD | cr0::NW)) && !load_pdptes(x, value, x.s.cr3, x.s.cr4))
        return;
    x.emit(trace::EventKind::ControlWrite, x.s.cr0, value, 0);
    x.s.cr0 = value;
    if (changed & cr0::PG) {
        const bool long_mode = paging_on && (x.s.msr.efer & isa::efer::LME);
        x.s.msr.efer = merge(x.s.msr.efer, long_mode ? isa::efer::LMA : 0, isa::efer::LMA);
        x.s.derive_segments();
    }
    if (changed & (cr0::PE | cr0::PG | cr0::WP)) {
        x.s.tlb.flush();
        x.paging_changed();
    }
    x.end_block();
}
void set_cr3(Exec& x, u64 value) {
    const bool pcids = x.s.cr4 & cr4::PCIDE;
    const bool keep = pcids && (value & isa::cr3_no_flush);
    if (pcids) value &= ~isa::cr3_no_flush;
    if (value & isa::paging::beyond_physical) return x.fault(Vector::GP, 0);
    if (!load_pdptes(x, x.s.cr0, value, x.s.cr4)) return;
    x.emit(trace::EventKind::ControlWrite, x.s.cr3, value, 3);
    x.s.cr3 = value;
    if (!keep) x.s.tlb.flush_context(x.s.tlb_tag());
    x.paging_changed();
    x.end_block();
}
void set_cr4(Exec& x, u64 value) {
    if (value & ~cr4_supported) return x.fault(Vector::GP, 0);
    if (x.s.vmx.on && !(value & cr4::VMXE)) return x.fault(Vector::GP, 0);
    const u64 changed = x.s.cr4 ^ value;
    const bool long_mode = x.s.long_mode();
    if (long_mode && !(value & cr4::PAE)) return x.fault(Vector::GP, 0);
    // SDM 3A "Process-Context Identifiers (PCIDs)".
    if ((changed & value & cr4::PCIDE) && (!long_mode || (x.s.cr3 & isa::pcid_mask)))
        return x.fault(Vector::GP, 0);
    if ((changed & (cr4::PAE | cr4::PGE | cr4::PSE | cr4::SMEP)) &&
        !load_pdptes(x, x.s.cr0, x.s.cr3, value))
        return;
    x.emit(trace::EventKind::ControlWrite, x.s.cr4, value, 4);
    x.s.cr4 = value;
    x.s.tlb.flush();
    x.paging_changed();
    x.end_block();
}

/// Control and debug registers are moved whole. SDM 2B "MOV—Move to/from Control Registers".
u64 moved_from(const Exec& x, u8 reg) { return x.s.mode64() ? x.reg<8>(reg) : x.reg<4>(reg); }
void move_to(Exec& x, u8 reg, u64 value) { x.set_reg(reg, x.s.mode64() ? 8 : 4, value); }

/// CR8 is the task-priority class. SDM 3A "Task Priority in IA-32e Mode".
void set_cr8(Exec& x, u64 value) {
    if (value >> 4) return x.fault(Vector::GP, 0);
    if (vmx::primary(x.s, isa::ProcBased::use_TPR_shadow))
        return vmx::write_virtual_cr8(x, u8(value));
    x.board.set_task_priority_class(u8(value));
    x.attention.board_touched = true;  // an interrupt may get through now
    x.end_block();
}

u64 task_priority_class(const Exec& x) {
    return vmx::primary(x.s, isa::ProcBased::use_TPR_shadow) ? vmx::read_virtual_cr8(x)
                                                             : x.board.task_priority_class();
}

void MOV_TO_CR(Exec& x, const Insn& i) {
    const u64 value = moved_from(x, i.reg1);
    switch (i.reg0) {
        case 0: {
            const vmx::ControlWrite w = vmx::write_cr0(x.s, value);
            return w.exits ? vmx::exit_on_cr(x, 0, vmx::CrAccess::to_cr, i.reg1)
                           : set_cr0(x, w.value);
        }
        case 2: x.s.cr2 = value; return;
        case 3:
            if (vmx::cr3_load_exits(x, value))
                return vmx::exit_on_cr(x, 3, vmx::CrAccess::to_cr, i.reg1);
            return set_cr3(x, value);
        case 4: {
            const vmx::ControlWrite w = vmx::write_cr4(x.s, value);
            return w.exits ? vmx::exit_on_cr(x, 4, vmx::CrAccess::to_cr, i.reg1)
                           : set_cr4(x, w.value);
        }
        case 8:
            if (vmx::primary(x.s, isa::ProcBased::CR8_load_exiting))
                return vmx::exit_on_cr(x, 8, vmx::CrAccess::to_cr, i.reg1);
            return set_cr8(x, value);
        default: return x.fault(Vector::UD);
    }
}
void MOV_FROM_CR(Exec& x, const Insn& i) {
    switch (i.reg1) {
        case 0: return move_to(x, i.reg0, vmx::read_cr0(x.s));
        case 2: return move_to(x, i.reg0, x.s.cr2);
        case 3:
            if (vmx::cr3_store_exits(x.s))
                return vmx::exit_on_cr(x, 3, vmx::CrAccess::from_cr, i.reg0);
            return move_to(x, i.reg0, x.s.cr3);
        case 4: return move_to(x, i.reg0, vmx::read_cr4(x.s));
        case 8:
            if (vmx::primary(x.s, isa::ProcBased::CR8_store_exiting))
                return vmx::exit_on_cr(x, 8, vmx::CrAccess::from_cr, i.reg0);
            return move_to(x, i.reg0, task_priority_class(x));
        default: return x.fault(Vector::UD);
    }
}
void SMSW(Exec& x, const Insn& i) {
    if (!may_look(x)) return;
    // A 32-bit register gets all of CR0, as silicon does. SDM 2B "SMSW".
    const u64 value = vmx::read_cr0(x.s);
    if (i.has_memory()) return x.store<2>(i.segment, x.address(i), value);
    x.set_reg(i.reg0, i.width, value);
}
void LMSW(Exec& x, const Insn& i) {
    constexpr u64 low = cr0::PE | cr0::MP | cr0::EM | cr0::TS;
    const u64 source = selector_operand(x, i);
    if (x.faulted()) return;
    // PE can be set, not cleared.
    const u64 seen = vmx::read_cr0(x.s);
    const u64 value = (seen & ~(low & ~cr0::PE)) | (source & low);
    const vmx::ControlWrite w = vmx::write_cr0(x.s, value);
    if (w.exits) {
        vmx::exit_on_lmsw(x, u16(source), i.has_memory());
        // SDM 3C "Information for VM Exits Due to Instruction Execution": the operand's address.
        if (i.has_memory()) x.pending.guest_linear = x.s.seg[i.segment].linear(x.address(i)).value;
        return;
    }
    set_cr0(x, w.value);
}
void CLTS(Exec& x, const Insn&) {
    const vmx::ControlWrite w = vmx::write_cr0(x.s, vmx::read_cr0(x.s) & ~cr0::TS);
    if (w.exits) return vmx::exit_on_cr(x, 0, vmx::CrAccess::clts, 0);
    x.s.cr0 = w.value;
}

// --- debug registers ---------------------------------------------------------------------------

/// The register that `n` names. Without CR4.DE, DR4 and DR5 are DR6 and DR7. False after a fault:
/// #UD, or #DB of DR7.GD.
bool debug_register(Exec& x, u8& n) {
    if (n == 4 || n == 5) {
        if (x.s.cr4 & cr4::DE) return x.fault(Vector::UD), false;
        n += 2;
    }
    if (n > 7) return x.fault(Vector::UD), false;
    if (x.s.dr[7] & isa::debug::GD) return x.stop_with(Pending::debug_fault(isa::debug::BD)), false;
    return true;
}
void MOV_FROM_DR(Exec& x, const Insn& i) {
    u8 n = i.reg1;
    if (debug_register(x, n)) move_to(x, i.reg0, x.s.dr[n]);
}
void MOV_TO_DR(Exec& x, const Insn& i) {
    namespace dr = isa::debug;
    u8 n = i.reg0;
    if (!debug_register(x, n)) return;
    const u64 value = moved_from(x, i.reg1);
    if (n >= 6 && value >> 32) return x.fault(Vector::GP, 0);
    x.s.dr[n] = n == 6   ? (value & dr::dr6_writable) | dr::dr6_fixed
                : n == 7 ? (value & dr::dr7_writable) | dr::dr7_fixed
                         : value;
    x.paging_changed();  // host pointers go past breakpoints
}

// --- the rest ----------------------------------------------------------------------------------

void INVLPG(Exec& x, const Insn& i) {
    const u64 linear = x.s.seg[i.segment].linear(x.address(i)).value;
    if (x.s.vmx.non_root && vmx::invlpg_exits(x.s))
        return x.vm_exit(isa::ExitReason::INVLPG, linear);
    x.drop_translation(linear >> 12);
}
void cache_control(Exec&, const Insn&) {}  // no caches with contents of their own are modelled

void HLT(Exec& x, const Insn&) {
    x.s.activity = Activity::Halted;
    x.s.monitor.waiting = false;
    x.end_block();
    x.emit(trace::EventKind::Halt, (x.r->flags & isa::flags::IF) != 0);
}

constexpr Binding table[] = {
    {isa::Op::LGDT, [](const Insn&) -> Handler { return LGDT; }},
    {isa::Op::SGDT, [](const Insn&) -> Handler { return SGDT; }},
    {isa::Op::LIDT, [](const Insn&) -> Handler { return LIDT; }},
    {isa::Op::SIDT, [](const Insn&) -> Handler { return SIDT; }},
    {isa::Op::LLDT, [](const Insn&) -> Handler { return LLDT; }},
    {isa::Op::SLDT, [](const Insn&) -> Handler { return SLDT; }},
    {isa::Op::LTR, [](const Insn&) -> Handler { return LTR; }},
    {isa::Op::STR, [](const Insn&) -> Handler { return STR; }},
    {isa::Op::LMSW, [](const Insn&) -> Handler { return LMSW; }},
    {isa::Op::SMSW, [](const Insn&) -> Handler { return SMSW; }},
    {isa::Op::CLTS, [](const Insn&) -> Handler { return CLTS; }},
    {isa::Op::MOV_FROM_CR, [](const Insn&) -> Handler { return MOV_FROM_CR; }},
    {isa::Op::MOV_TO_CR, [](const Insn&) -> Handler { return MOV_TO_CR; }},
    {isa::Op::MOV_FROM_DR, [](const Insn&) -> Handler { return MOV_FROM_DR; }},
    {isa::Op::MOV_TO_DR, [](const Insn&) -> Handler { return MOV_TO_DR; }},
    {isa::Op::INVLPG, [](const Insn&) -> Handler { return INVLPG; }},
    {isa::Op::INVD, [](const Insn&) -> Handler { return cache_control; }},
    {isa::Op::WBINVD, [](const Insn&) -> Handler { return cache_control; }},
    {isa::Op::HLT, [](const Insn&) -> Handler { return HLT; }},
};

}  // namespace

std::span<const Binding> system_registers() { return table; }

}  // namespace ringside::cpu::ops
