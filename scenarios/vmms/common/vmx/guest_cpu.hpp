// A guest's processor under VT-x: a VMCS, and the registers that no VMCS holds.
//
//   in the VMCS, exchanged by VM entry and exit     EIP ESP EFLAGS, CR0 CR3 CR4, segments, tables,
//                                                   DR7, the MSRs of SYSENTER and debugging; in
//                                                   64-bit mode EFER and the bases of FS and GS,
//                                                   too
//   GeneralRegisters, exchanged by run_guest*.S     EAX ECX EDX EBX EBP ESI EDI; R8 … R15
//   left in place while one guest runs              CR2, DR0-3, DR6; the MSRs of SYSCALL and SWAPGS
//   a page that the processor keeps for it          CR8
#pragma once
#include "scenarios/vmms/common/guest_memory.hpp"
#include "scenarios/vmms/common/loader.hpp"
#include "scenarios/vmms/common/shadow_paging.hpp"
#include "scenarios/vmms/common/virtual_apic.hpp"
#include "scenarios/vmms/common/vmx/ept.hpp"
#include "scenarios/vmms/common/vmx/instructions.hpp"

namespace ringside::vmm {

/// As run_guest.S and run_guest_64.S save and load them. SP, IP and the flags are in the VMCS.
struct GeneralRegisters {
    Natural ax, cx, dx, bx, bp, si, di;
    Natural r8_to_r15[long_mode ? 8 : 0];
};

/// The choices that a person has.
struct Configuration {
    bool shadow_paging = false;  ///< the guest's page tables are shadowed; otherwise EPT
    bool every_exit = false;     ///< all that can leave the guest does; otherwise what must
};

/// What the VMM's command line says of them. Stops the VMM with a sentence at a value that is none.
Configuration configuration_from(const char* command_line);

/// The pages that the processor itself reads.
struct GuestPages {
    alignas(4096) u8 vmcs[4096];
    u8 io_bitmaps[2][4096];
    u8 msr_bitmap[4096];
    u8 virtual_apic[4096];
    EptTables ept;
    ShadowPages shadow;
};

/// How many MSRs the VMM leaves in place while one guest runs: see long_mode.hpp.
inline constexpr unsigned long_mode_msrs = long_mode ? 5 : 0;

struct GuestCpu {
    explicit constexpr GuestCpu(GuestMemory of) : memory(of) {}

    GuestMemory memory;
    GuestPages* pages = nullptr;
    Configuration configuration;
    u16 vpid = 0;  ///< tags this guest's translations in the TLB; 0 is the VMM itself
    bool launched = false;
    bool given_up = false;
    GeneralRegisters registers{};
    u32 primary_controls = 0, secondary_controls = 0;  ///< those of every day: see let_it_run()

    ShadowPaging shadow;
    VirtualApic apic;
    u8 tpr_threshold = 0;      ///< as the VMCS has it: see long_mode.hpp
    Natural shadowed_cr3 = 0;  ///< the guest's CR3 under shadow paging: the VMCS has the shadow's

    struct {
        Natural cr2 = 0, breakpoint[4] = {}, dr6 = 0xffff0ff0;
        u64 system_call_msrs[long_mode_msrs] = {};
    } left_in_place;  ///< while another guest runs
};

/// VMX root operation, from here on. Stops with a sentence where the processor has no VMX, or not
/// the parts that this VMM needs.
void enter_vmx_operation();

/// Makes a VMCS for the guest and makes it current. Before it, `memory`, `pages`, `configuration`
/// and `vpid` must be set.
void set_up(GuestCpu& guest, const LoadedGuest& loaded);
/// Lets the guest reach a port without a VM exit, unless every exit is wanted.
void let_port_through(GuestCpu& guest, u16 port);

/// Another guest's VMCS becomes the current one. Registers left in place are exchanged.
void put_away(GuestCpu& guest);
void make_current(GuestCpu& guest);

/// Runs the current guest until its next VM exit. False: it could not be entered, and is given up.
bool run_guest(GuestCpu& guest);

/// "vmm: <parts>, at EIP" on the guest's own line: it cannot go on. Others may.
template <class... Parts>
void give_up(GuestCpu& guest, Parts... parts) {
    report(guest.memory.guest(), parts..., " at ", Hex{vmx::read(vmx::Field::GUEST_RIP)});
    guest.given_up = true;
}

// --- the current guest's registers -----------------------------------------------------------

/// Register n in the order of instruction encodings: EAX ECX EDX EBX ESP EBP ESI EDI R8 … R15.
Natural general_register(const GuestCpu& guest, unsigned n);
void set_general_register(GuestCpu& guest, unsigned n, Natural value);
/// As the guest's own code reads them.
Natural guest_cr0();
Natural guest_cr3(const GuestCpu& guest);
Natural guest_cr4();
PagingRegisters paging_registers(const GuestCpu& guest);
/// 0 to 3: the DPL of SS. SDM 3C "Guest Register State".
unsigned guest_cpl();

/// Past the instruction that caused the exit, as if it had run. `length` in bytes: the processor
/// tells it for the instructions that always leave, not for an access to memory.
void skip_instruction(u32 length);
inline void skip_instruction() {
    skip_instruction(vmx::read(vmx::Field::VM_EXIT_INSTRUCTION_LENGTH));
}
/// The guest does the instruction itself after all: what stopped it is lifted until the monitor
/// trap flag says that it is done. SDM 3C "Monitor Trap Flag".
void let_it_run(const GuestCpu& guest);
void instruction_has_run(const GuestCpu& guest);

}  // namespace ringside::vmm
