// The virtual CPU: the privileged registers that the guest believes it has. What is not privileged
// (general registers, EIP, the arithmetic flags, segment selectors) is in the real registers, saved
// in a TrapFrame.
//
//   the guest believes         the truth
//   CPL 0                      CPL 1       selector RPL 0 in what the VMM pushes; RPL 1 in the real
//   registers CPL 3                      CPL 3 EFLAGS.IF                  VCpu::eflags; the real IF
//   is always 1 while the guest runs EFLAGS.IOPL                VCpu::eflags; the real IOPL is 0
//   CR0 CR2 CR3 CR4            VCpu
//   GDTR IDTR LDTR TR          VCpu; the real ones are the VMM's
#pragma once
#include "scenarios/vmms/common/fault.hpp"
#include "scenarios/vmms/common/paging_registers.hpp"
#include "scenarios/vmms/common/trap_frame.hpp"
#include "sim/isa/control_registers.hpp"
#include "sim/isa/flags.hpp"

namespace ringside::vmm {

struct VCpu {
    struct TableRegister {
        u32 base = 0;
        u32 limit = 0xffff;
    };
    struct SystemSegment {
        u16 selector = 0;
        u32 base = 0;
        u32 limit = 0;
    };

    u32 eflags = 0;  ///< IF and IOPL only: see system_flags
    u32 cr0 = u32(isa::cr0::PE | isa::cr0::ET);
    u32 cr2 = 0;
    u32 cr3 = 0;
    u32 cr4 = 0;
    TableRegister gdtr{0, 0};  ///< none yet: the boot segments are lent by the VMM
    TableRegister idtr;
    SystemSegment ldtr, tr;
    u64 tsc_offset = 0;  ///< virtual TSC = real TSC + this
    u32 sysenter_cs = 0, sysenter_esp = 0, sysenter_eip = 0;

    /// STI lets one more instruction pass before an interrupt: the one at sti_shadow_eip, if
    /// sti_shadow. SDM 2B "STI".
    bool sti_shadow = false;
    u32 sti_shadow_eip = 0;

    static constexpr u32 system_flags = u32(isa::flags::IF | isa::flags::IOPL);

    bool paging() const { return cr0 & isa::cr0::PG; }
    PagingRegisters paging_registers() const { return {cr0, cr3, cr4}; }
    bool interrupts_on() const { return eflags & isa::flags::IF; }
    void set_interrupts(bool on) {
        eflags = u32(on ? eflags | isa::flags::IF : eflags & ~isa::flags::IF);
    }
    unsigned iopl() const { return (eflags >> isa::flags::IOPL_shift) & 3; }

    /// EFLAGS as the guest would see it if nothing leaked.
    u32 guest_eflags(u32 real) const {
        return u32((real & ~system_flags) | eflags | isa::flags::fixed);
    }
    /// EFLAGS as the CPU must have it while the guest runs with `guest`.
    static u32 real_eflags(u32 guest) {
        return u32((guest & ~system_flags) | isa::flags::IF | isa::flags::fixed);
    }
};

/// The CPL that the guest believes in.
inline u8 virtual_cpl(const TrapFrame& frame) { return frame.cpl() == 1 ? 0 : frame.cpl(); }
/// A selector from the real registers as the guest knows it: RPL 1 is its RPL 0.
constexpr u16 guest_selector(u16 real) { return (real & 3) == 1 ? u16(real & ~3) : real; }
/// A selector of the guest's as CS or SS must really hold it. Null stays null.
constexpr u16 real_selector(u16 guest) {
    return (guest & 3) == 0 && (guest & ~3) ? u16(guest | 1) : guest;
}

}  // namespace ringside::vmm
