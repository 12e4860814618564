// The architectural state of the CPU: a plain value.
#pragma once
#include <array>

#include "sim/cpu/segment.hpp"
#include "sim/cpu/status.hpp"
#include "sim/isa/control_registers.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/mem/tlb.hpp"
#include "sim/mem/walk.hpp"

namespace ringside::cpu {

/// General register numbers. SDM 2A "Register Codes".
enum Gpr : u8 { AX, CX, DX, BX, SP, BP, SI, DI, R8, R9, R10, R11, R12, R13, R14, R15 };

/// What every instruction may touch. A faulting instruction works on a throw-away copy from its
/// fault on, so that it leaves no trace.
struct Registers {
    /// The sixteen, and what operands name as base or index that have none: always 0.
    std::array<u64, 17> gpr{};
    u64 rip = 0;
    u64 flags = isa::flags::fixed;
    Status status;  ///< what `flags` lacks while code runs; between runs always Known
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

/// SDM 3C "Guest Non-Register State". Shutdown outside VMX non-root operation ends a run;
/// WaitForSipi exists in VMX non-root operation only.
enum class Activity : u8 { Active, Halted, Shutdown, WaitForSipi };

/// Signals that have arrived and wait to be taken at an instruction boundary.
struct Signals {
    bool nmi = false, init = false, startup = false;
    u8 startup_vector = 0;
    bool any() const { return nmi || init || startup; }
    bool operator==(const Signals&) const = default;
};

/// What MONITOR has armed and MWAIT waits for. SDM 2B "MONITOR".
struct Monitor {
    static constexpr unsigned line_bytes = 64;
    bool armed = false;
    bool waiting = false;                        ///< the CPU is halted by MWAIT, and not by HLT
    u64 line = 0;                                ///< linear address
    std::array<u64, line_bytes / 8> contents{};  ///< when it was armed
    bool operator==(const Monitor&) const = default;
};

/// VMX operation. SDM 3C "VMX Operation".
struct VmxState {
    bool on = false;        ///< between VMXON and VMXOFF
    bool non_root = false;  ///< running a guest
    u64 vmxon_region = 0;
    u64 current_vmcs = ~u64{0};  ///< physical address; all ones: none
    // Execution controls of the running guest, taken from the VMCS at entry.
    u32 pin = 0, primary = 0, secondary = 0, exception_bitmap = 0;
    u64 eptp = 0;
    u16 vpid = 0;  ///< 0: without
    u64 cr0_mask = 0, cr4_mask = 0, cr0_shadow = 0, cr4_shadow = 0;
    u64 tsc_offset = 0, tsc_multiplier = 0;  ///< the multiplier has 48 fraction bits
    u64 vm_functions = 0;
    /// The VMX-preemption timer: what it starts with once the entry is complete, and when it then
    /// reaches 0. `never`: not so.
    u64 preemption_value = never;
    Cycle preemption_deadline = never;
    bool virtual_nmi_blocked = false;  ///< with "virtual NMIs": blocking by NMI, for the guest
    bool nmi_unblocked = false;        ///< by the IRET that runs: for the information of its exits
    bool trap_pending = false;         ///< a VM exit for the monitor trap flag at the next boundary
    bool below_threshold = false;      ///< the virtual TPR fell below its threshold
    Cycle loop_began = never, last_pause = never;  ///< PAUSE-loop exiting
    u32 idt_vectoring_info = 0,
        idt_vectoring_error = 0;  ///< event being delivered, for an exit meanwhile
    bool operator==(const VmxState&) const = default;
};

/// Model-specific registers with behaviour here.
struct Msrs {
    u64 efer = 0;
    u64 sysenter_cs = 0, sysenter_esp = 0, sysenter_eip = 0;
    // SDM 4 "IA32_STAR" and its neighbours. The bases of FS and GS are those of the segments.
    u64 star = 0, lstar = 0, cstar = 0, fmask = 0, kernel_gs_base = 0;
    u64 feature_control = 0;
    u64 debugctl = 0;
    u64 pat = isa::pat::after_reset;
    u64 tsc_aux = 0;
    bool operator==(const Msrs&) const = default;
};

struct State {
    Registers regs;
    std::array<Segment, decode::segment_count> seg{};
    Segment ldtr, tr;
    TableRegister gdtr, idtr;
    u64 cr0 = isa::cr0::ET, cr2 = 0, cr3 = 0, cr4 = 0;
    std::array<u64, 4> pdpte{};  ///< with PAE paging. SDM 3A "PDPTE Registers"
    std::array<u64, 8> dr{0, 0, 0, 0, 0, 0, 0xffff0ff0, 0x400};
    Msrs msr;
    u8 cpl = 0;
    Shadow shadow = Shadow::None;
    /// Debug exceptions that wait for the next instruction boundary, in DR6's format: a MOV SS
    /// holds them back. SDM 3B "Debug Exceptions".
    u64 pending_debug = 0;
    Activity activity = Activity::Active;
    Monitor monitor;
    Signals signals;
    bool nmi_blocked = false;  ///< until the next IRET. SDM 3A "Handling Multiple NMIs"
    VmxState vmx;
    u64 random_numbers = 0;  ///< that RDRAND and RDSEED have given: the next depends on it
    mem::Tlb tlb;

    bool protected_mode() const { return cr0 & isa::cr0::PE; }
    bool v8086() const { return regs.flags & isa::flags::VM; }
    u8 iopl() const { return u8(field(regs.flags, 13, 12)); }
    bool interrupts_on() const { return regs.flags & isa::flags::IF; }
    /// IA-32e mode is active: compatibility mode or 64-bit mode. SDM 3A "IA-32e Mode Operation".
    bool long_mode() const { return msr.efer & isa::efer::LMA; }
    bool mode64() const { return seg[decode::CS].address_bytes == 8; }
    /// What CS says: 16, 32 or 64.
    unsigned code_bits() const { return seg[decode::CS].address_bytes * 8; }
    /// The highest offset in CS. SDM 3A "Limit Checking": not looked at in 64-bit mode.
    u64 code_limit() const { return mode64() ? ~u64{0} : seg[decode::CS].limit; }
    LinAddr code_address() const { return seg[decode::CS].linear(regs.rip); }
    /// To be called when CS.L or EFER.LMA may have changed: what segments mean depends on them.
    void derive_segments();
    /// Linear addresses wrap at 4 GiB outside IA-32e mode; there, those of code with 32-bit
    /// addresses do. `linear`: one that is not wrapped.
    u64 linear_mask(LinAddr linear) const {
        return long_mode() && (mode64() || linear.value >> 32) ? ~u64{0} : 0xffffffff;
    }
    mem::PagingMode paging_mode() const {
        return {cr0,
                cr3,
                cr4,
                msr.efer,
                vmx.non_root ? vmx.eptp : 0,
                pdpte,
                (regs.flags & isa::flags::AC) != 0};
    }
    mem::TlbTag tlb_tag() const { return {u16(cr4 & isa::cr4::PCIDE ? cr3 & isa::pcid_mask : 0)}; }
    bool operator==(const State&) const = default;
};

/// When the CPU itself next does something unasked; `never` if nothing is due.
inline Cycle next_event(const State& s) {
    return s.vmx.non_root ? s.vmx.preemption_deadline : never;
}

}  // namespace ringside::cpu
