// System registers. SDM 2 "LGDT/LIDT", "SGDT", "SIDT", "LLDT", "SLDT", "LTR", "STR", "LMSW",
// "SMSW", "CLTS", "MOV—Move to/from Control Registers", "MOV—Move to/from Debug Registers",
// "INVLPG", "INVD", "WBINVD", "HLT".
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/segmentation.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/debug_registers.hpp"

namespace ringside::cpu::ops {
namespace {

namespace cr0 = isa::cr0;
namespace cr4 = isa::cr4;
using isa::Vector;

// --- descriptor-table registers ----------------------------------------------------------------

void load_table(Exec& x, const Insn& i, TableRegister& table) {
    const u64 at = x.address(i);
    const u16 limit = u16(x.load<2>(i.segment, at));
    const u64 base = x.load<4>(i.segment, at + 2);
    if (x.faulted()) return;
    table = {i.operand_size == 2 ? base & 0xffffff : base, limit};
}
void store_table(Exec& x, const Insn& i, const TableRegister& table) {
    const u64 at = x.address(i);
    x.probe_write(i.segment, at, 6);
    x.store<2>(i.segment, at, table.limit);
    x.store<4>(i.segment, at + 2, table.base);
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
constexpr u64 cr4_supported = cr4::VME | cr4::PVI | cr4::TSD | cr4::DE | cr4::PSE | cr4::MCE |
                              cr4::PGE | cr4::PCE | cr4::UMIP | cr4::VMXE;

void set_cr0(Exec& x, u64 value) {
    value = (value & cr0_defined) | cr0::ET;
    if ((value & cr0::PG) && !(value & cr0::PE)) return x.fault(Vector::GP, 0);
    if ((value & cr0::NW) && !(value & cr0::CD)) return x.fault(Vector::GP, 0);
    if (x.s.vmx.on && !vmx::cr0_allowed(x.s, value)) return x.fault(Vector::GP, 0);
    if ((value & cr0::PG) && (x.s.msr.efer & isa::efer::LME)) return x.not_modelled("IA-32e mode");
    const u64 changed = x.s.cr0 ^ value;
    x.emit(trace::EventKind::ControlWrite, x.s.cr0, value, 0);
    x.s.cr0 = value;
    if (changed & (cr0::PE | cr0::PG | cr0::WP)) {
        x.s.tlb.flush();
        x.paging_changed();
    }
    x.end_block();
}
void set_cr3(Exec& x, u64 value) {
    x.emit(trace::EventKind::ControlWrite, x.s.cr3, value, 3);
    x.s.cr3 = value & 0xffffffff;
    x.s.tlb.flush_context(x.s.tlb_tag());
    x.paging_changed();
    x.end_block();
}
void set_cr4(Exec& x, u64 value) {
    if (value & cr4::PAE) return x.not_modelled("CR4.PAE");
    if (value & ~cr4_supported) return x.fault(Vector::GP, 0);
    if (x.s.vmx.on && !(value & cr4::VMXE)) return x.fault(Vector::GP, 0);
    x.emit(trace::EventKind::ControlWrite, x.s.cr4, value, 4);
    x.s.cr4 = value;
    x.s.tlb.flush();
    x.paging_changed();
    x.end_block();
}

void MOV_TO_CR(Exec& x, const Insn& i) {
    const u64 value = x.reg<4>(i.reg1);
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
        case 8: return x.not_modelled("CR8");
        default: return x.fault(Vector::UD);
    }
}
void MOV_FROM_CR(Exec& x, const Insn& i) {
    switch (i.reg1) {
        case 0: return x.set_reg<4>(i.reg0, vmx::read_cr0(x.s));
        case 2: return x.set_reg<4>(i.reg0, x.s.cr2);
        case 3:
            if (vmx::cr3_store_exits(x.s))
                return vmx::exit_on_cr(x, 3, vmx::CrAccess::from_cr, i.reg0);
            return x.set_reg<4>(i.reg0, x.s.cr3);
        case 4: return x.set_reg<4>(i.reg0, vmx::read_cr4(x.s));
        case 8: return x.not_modelled("CR8");
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
    if (w.exits) return vmx::exit_on_lmsw(x, u16(source), i.has_memory());
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
/// Whatever the operand size says.
unsigned debug_width(const Exec& x) { return x.s.mode64() ? 8 : 4; }
void MOV_FROM_DR(Exec& x, const Insn& i) {
    u8 n = i.reg1;
    if (debug_register(x, n)) x.set_reg(i.reg0, debug_width(x), x.s.dr[n]);
}
void MOV_TO_DR(Exec& x, const Insn& i) {
    namespace dr = isa::debug;
    u8 n = i.reg0;
    if (!debug_register(x, n)) return;
    const u64 value = x.reg(i.reg1, debug_width(x));
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
