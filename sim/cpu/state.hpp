// The architectural state of the CPU: a plain value.
#pragma once
#include <array>

#include "sim/cpu/segment.hpp"
#include "sim/isa/control_registers.hpp"
#include "sim/isa/flags.hpp"
#include "sim/mem/tlb.hpp"
#include "sim/mem/walk.hpp"

namespace ringside::cpu {

/// General register numbers. SDM 2A "Register Codes".
enum Gpr : u8 { AX, CX, DX, BX, SP, BP, SI, DI };

/// What every instruction may touch. A faulting instruction works on a throw-away copy from its
/// fault on, so that it leaves no trace.
struct Registers {
    std::array<u64, 17> gpr{};  ///< gpr[16] is always 0: the absent base or index register
    u64 rip = 0;
    u64 flags = isa::flags::fixed;
    bool operator==(const Registers&) const = default;
};

struct TableRegister {
    u64 base = 0;
    u16 limit = 0xffff;
    bool operator==(const TableRegister&) const = default;
};

/// What holds back interrupts until the next instruction has run. SDM 3A "Masking Exceptions and
/// Interrupts When Switching Stacks"; SDM 2B "STI".
enum class Shadow : u8 { None, Sti, MovSs };

enum class Activity : u8 { Active, Halted, Shutdown };

/// VMX operation. SDM 3C "VMX Operation".
struct VmxState {
    bool on = false;        ///< between VMXON and VMXOFF
    bool non_root = false;  ///< running a guest
    u64 vmxon_region = 0;
    u64 current_vmcs = ~u64{0};  ///< physical address; all ones: none
    // Execution controls of the running guest, taken from the VMCS at entry.
    u32 pin = 0, primary = 0, secondary = 0, exception_bitmap = 0;
    u64 eptp = 0;
    u64 cr0_mask = 0, cr4_mask = 0, cr0_shadow = 0, cr4_shadow = 0;
    u64 tsc_offset = 0;
    u32 idt_vectoring_info = 0,
        idt_vectoring_error = 0;  ///< event being delivered, for an exit meanwhile
    bool operator==(const VmxState&) const = default;
};

/// Model-specific registers with behaviour here.
struct Msrs {
    u64 efer = 0;
    u64 sysenter_cs = 0, sysenter_esp = 0, sysenter_eip = 0;
    u64 feature_control = 0;
    u64 apic_base = 0xfee00900;
    bool operator==(const Msrs&) const = default;
};

struct State {
    Registers regs;
    std::array<Segment, decode::segment_count> seg{};
    Segment ldtr, tr;
    TableRegister gdtr, idtr;
    u64 cr0 = isa::cr0::ET, cr2 = 0, cr3 = 0, cr4 = 0;
    std::array<u64, 8> dr{0, 0, 0, 0, 0, 0, 0xffff0ff0, 0x400};
    Msrs msr;
    u8 cpl = 0;
    Shadow shadow = Shadow::None;
    Activity activity = Activity::Active;
    VmxState vmx;
    mem::Tlb tlb;

    bool protected_mode() const { return cr0 & isa::cr0::PE; }
    bool v8086() const { return regs.flags & isa::flags::VM; }
    u8 iopl() const { return u8(field(regs.flags, 13, 12)); }
    bool interrupts_on() const { return regs.flags & isa::flags::IF; }
    /// Default operand and address size: 16 or 32.
    unsigned code_bits() const { return seg[decode::CS].big() ? 32 : 16; }
    mem::PagingMode paging_mode() const {
        return {cr0, cr3, cr4, msr.efer, vmx.non_root ? vmx.eptp : 0};
    }
    bool operator==(const State&) const = default;
};

}  // namespace ringside::cpu
