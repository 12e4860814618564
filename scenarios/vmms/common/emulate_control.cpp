#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/emulate_parts.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/operands.hpp"
#include "scenarios/vmms/common/segments.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "sim/isa/msrs.hpp"

namespace ringside::vmm {
namespace {

using isa::Vector;
namespace cr0 = isa::cr0;
namespace cr4 = isa::cr4;

// ---- control registers

/// Bits that must really be in force while the guest runs, because its applications feel them. TS
/// is special: the guest sets it at each of its task switches and clears it at the first use of the
/// coprocessor. It is really cleared only at that use, in lend_coprocessor(): so switches without
/// such a use cost nothing.
constexpr u32 cr0_in_force = u32(cr0::EM | cr0::MP | cr0::AM);
constexpr u32 cr4_in_force = u32(cr4::TSD | cr4::DE | cr4::OSFXSR | cr4::OSXMMEXCPT);

Fault set_cr0(Guest& guest, u32 value) {
    value = u32(value | cr0::ET);
    if (!(value & cr0::PE)) {
        if (value & cr0::PG) return fault(Vector::GP);
        stop("not modelled: the guest leaves protected mode");
    }
    if ((value & cr0::NW) && !(value & cr0::CD)) return fault(Vector::GP);
    const u32 changed = guest.cpu.cr0 ^ value;
    guest.cpu.cr0 = value;
    if (changed & (cr0::PG | cr0::WP)) guest.paging.flush();
    const u32 real = u32((cpu::cr0() & ~cr0_in_force) | (value & (cr0_in_force | cr0::TS)));
    if (real != cpu::cr0()) cpu::set_cr0(real);
    return {};
}

Fault set_cr3(Guest& guest, TrapFrame& frame, u32 value) {
    guest.cpu.cr3 = value;
    if (guest.cpu.paging()) guest.paging.load(guest.memory, guest.cpu.paging_registers());
    if (guest.cpu.paging()) guest.descriptors.synchronize(guest, frame);
    return {};
}

/// The CR4 bits that this CPU has. SDM 2A "CPUID", table "More on Feature Information Returned in
/// the EDX Register".
u32 supported_cr4() {
    u32 eax = 0, ebx = 0, ecx = 0, edx = 0;
    cpu::cpuid(1, eax, ebx, ecx, edx);
    const struct {
        unsigned feature;
        u64 bits;
    } features[] = {{1, cr4::VME | cr4::PVI},
                    {2, cr4::DE},
                    {3, cr4::PSE},
                    {4, cr4::TSD},
                    {6, cr4::PAE},
                    {7, cr4::MCE},
                    {13, cr4::PGE},
                    {24, cr4::OSFXSR},
                    {25, cr4::OSXMMEXCPT}};
    u32 supported = u32(cr4::PCE);
    for (const auto& f : features)
        if (edx & (1u << f.feature)) supported |= u32(f.bits);
    return supported;
}

Fault set_cr4(Guest& guest, u32 value) {
    if (value & ~supported_cr4()) return fault(Vector::GP);
    if (value & (cr4::PAE | cr4::VME | cr4::PVI))
        stop("not modelled: CR4.PAE, VME and PVI in the guest");
    const u32 changed = guest.cpu.cr4 ^ value;
    guest.cpu.cr4 = value;
    if (changed & (cr4::PSE | cr4::PGE)) guest.paging.flush();
    cpu::set_cr4((cpu::cr4() & ~cr4_in_force) | (value & cr4_in_force));
    return {};
}

Fault mov_to_cr(Guest& guest, TrapFrame& frame, const Insn& insn) {
    const u32 value = frame.general(insn.rm());
    switch (insn.reg()) {
        case 0: return set_cr0(guest, value);
        case 2: guest.cpu.cr2 = value; return {};
        case 3: return set_cr3(guest, frame, value);
        case 4: return set_cr4(guest, value);
        default: return fault(Vector::UD);
    }
}

Fault mov_from_cr(Guest& guest, TrapFrame& frame, const Insn& insn) {
    u32& to = frame.general(insn.rm());
    switch (insn.reg()) {
        case 0: to = guest.cpu.cr0; return {};
        case 2: to = guest.cpu.cr2; return {};
        case 3: to = guest.cpu.cr3; return {};
        case 4: to = guest.cpu.cr4; return {};
        default: return fault(Vector::UD);
    }
}

/// LMSW can set PE, not clear it. SDM 2A "LMSW".
Fault lmsw(Guest& guest, TrapFrame& frame, const Insn& insn) {
    u16 value = 0;
    if (const Fault f = read_rm16(guest, frame, insn, value)) return f;
    constexpr u32 reach = u32(cr0::PE | cr0::MP | cr0::EM | cr0::TS);
    return set_cr0(guest, (guest.cpu.cr0 & ~(reach & ~u32(cr0::PE))) | (value & reach));
}

// ---- debug registers: the real ones, lent to the guest

Fault mov_dr(TrapFrame& frame, const Insn& insn, bool write) {
    u32& value = frame.general(insn.rm());
    const unsigned n =
        insn.reg() == 4 || insn.reg() == 5 ? insn.reg() + 2 : insn.reg();  // aliases while DE = 0
    if (!write) {
        value = cpu::debug_register(n);
        return {};
    }
    if (n < 4 && value >= vmm_base) stop("the guest sets a breakpoint in the VMM, at ", Hex{value});
    constexpr u32 general_detect = 1u << 13;  // it would trap the VMM's own use
    cpu::set_debug_register(n, n == 7 ? value & ~general_detect : value);
    return {};
}

// ---- descriptor-table and task registers

Fault load_table_register(Guest& guest, TrapFrame& frame, const Insn& insn,
                          VCpu::TableRegister& to) {
    cpu::TablePointer pointer{};
    if (const Fault f =
            read_memory(guest, frame, memory_operand(frame, insn), &pointer, sizeof pointer))
        return f;
    to = {insn.operand16 ? pointer.base & 0xffffff : pointer.base, pointer.limit};
    if (&to == &guest.cpu.gdtr) guest.descriptors.synchronize(guest, frame);
    return {};
}

Fault lldt(Guest& guest, TrapFrame& frame, const Insn& insn) {
    u16 selector = 0;
    if (const Fault f = read_rm16(guest, frame, insn, selector)) return f;
    const isa::Selector s{selector};
    VCpu::SystemSegment ldtr{selector, 0, 0};
    if (!s.null()) {
        isa::Descriptor d;
        if (s.ldt()) return fault(Vector::GP, s.error());
        if (const Fault f = read_descriptor(guest, selector, d)) return f;
        if (!d.is(isa::SystemType::Ldt)) return fault(Vector::GP, s.error());
        if (!d.present()) return fault(Vector::NP, s.error());
        ldtr = {selector, d.base(), d.limit()};
    } else {
        ldtr.selector = 0;
    }
    guest.cpu.ldtr = ldtr;
    guest.descriptors.synchronize(guest, frame);
    return {};
}

Fault ltr(Guest& guest, TrapFrame& frame, const Insn& insn) {
    u16 selector = 0;
    if (const Fault f = read_rm16(guest, frame, insn, selector)) return f;
    const isa::Selector s{selector};
    isa::Descriptor d;
    if (s.null()) return fault(Vector::GP);
    if (s.ldt()) return fault(Vector::GP, s.error());
    if (const Fault f = read_descriptor(guest, selector, d)) return f;
    if (d.is(isa::SystemType::Tss16Available)) stop("not modelled: a 16-bit TSS");
    if (!d.is(isa::SystemType::TssAvailable)) return fault(Vector::GP, s.error());
    if (!d.present()) return fault(Vector::NP, s.error());
    guest.cpu.tr = {selector, d.base(), d.limit()};
    d.raw |= bit(41);  // busy
    if (const Fault f = write_linear(guest, guest.cpu.gdtr.base + s.offset(), &d, sizeof d))
        return f;
    guest.descriptors.synchronize(guest, frame);
    return {};
}

// ---- model-specific registers

constexpr u32 ia32_time_stamp_counter = 0x10;
constexpr u32 ia32_sysenter_cs = 0x174, ia32_sysenter_esp = 0x175, ia32_sysenter_eip = 0x176;

Fault rdtsc(Guest& guest, TrapFrame& frame) {
    const u64 now = cpu::rdtsc() + guest.cpu.tsc_offset;
    frame.eax = u32(now);
    frame.edx = u32(now >> 32);
    return {};
}

Fault rdmsr(Guest& guest, TrapFrame& frame) {
    const VCpu& cpu = guest.cpu;
    frame.edx = 0;
    switch (frame.ecx) {
        case ia32_time_stamp_counter: return rdtsc(guest, frame);
        case ia32_sysenter_cs: frame.eax = cpu.sysenter_cs; return {};
        case ia32_sysenter_esp: frame.eax = cpu.sysenter_esp; return {};
        case ia32_sysenter_eip: frame.eax = cpu.sysenter_eip; return {};
        case isa::msr::APIC_BASE: frame.eax = u32(guest.apic.base()); return {};
        default: stop("not modelled: RDMSR of ", Hex{frame.ecx});
    }
}

Fault wrmsr(Guest& guest, TrapFrame& frame) {
    VCpu& virtual_cpu = guest.cpu;
    switch (frame.ecx) {
        case ia32_time_stamp_counter:
            virtual_cpu.tsc_offset = (u64(frame.edx) << 32 | frame.eax) - cpu::rdtsc();
            return {};
        case ia32_sysenter_cs:
            virtual_cpu.sysenter_cs = frame.eax;
            host::set_sysenter(frame.eax & 0xfffc);
            return {};
        case ia32_sysenter_esp: virtual_cpu.sysenter_esp = frame.eax; return {};
        case ia32_sysenter_eip: virtual_cpu.sysenter_eip = frame.eax; return {};
        case isa::msr::APIC_BASE:
            if (!guest.apic.set_base(u64(frame.edx) << 32 | frame.eax)) return fault(Vector::GP);
            if (guest.apic.not_modelled()) stop("not modelled: ", guest.apic.not_modelled());
            return {};
        default: stop("not modelled: WRMSR of ", Hex{frame.ecx});
    }
}

// ---- which is which

/// SDM 2A "INVPCID". The guest has no PCIDs but 0, and what is dropped for all contexts is dropped.
Fault invpcid(Guest& guest, TrapFrame& frame, const Insn& insn) {
    struct {
        u32 pcid, reserved, linear, linear_high;
    } descriptor{};
    if (const Fault f =
            read_memory(guest, frame, memory_operand(frame, insn), &descriptor, sizeof descriptor))
        return f;
    constexpr u32 one_address = 0, one_context = 1, last_type = 3;
    const u32 type = frame.general(insn.reg());
    if (type > last_type || descriptor.reserved || descriptor.pcid >> 12) return fault(Vector::GP);
    if (type <= one_context && descriptor.pcid) return fault(Vector::GP);
    if (type == one_address)
        guest.paging.flush_page(descriptor.linear);
    else
        guest.paging.flush();
    return {};
}

/// The guest's CPU has VMX and XSAVE no more than switched off.
bool is_switched_off(const Insn& insn) {
    constexpr u8 VMCALL = 0xc1, VMXOFF = 0xc4, XGETBV = 0xd0, XSETBV = 0xd1, VMFUNC = 0xd4;
    const u8 op = insn.opcode, modrm = insn.modrm;
    if (insn.map == Map::Map0F38) return op == 0x80 || op == 0x81;  // INVEPT, INVVPID
    if (insn.map != Map::Map0F) return false;
    if (op == 0x01)
        return (modrm >= VMCALL && modrm <= VMXOFF) || modrm == XGETBV || modrm == XSETBV ||
               modrm == VMFUNC;
    if (op == 0xc7) return insn.memory_operand() && insn.reg() >= 6;  // VMXON, VMCLEAR, VMPTRxx
    return op == 0x78 || op == 0x79;                                  // VMREAD, VMWRITE
}

/// Those of 0F 01 whose ModRM byte names no operand.
Fault without_operand(TrapFrame& frame, const Insn& insn, bool& known) {
    constexpr u8 MONITOR = 0xc8, MWAIT = 0xc9, CLAC = 0xca, STAC = 0xcb;
    switch (insn.modrm) {
        case MONITOR:
        case MWAIT: break;  // it may wake for reasons of its own: at once
        case CLAC: frame.eflags &= u32(~isa::flags::AC); break;
        case STAC: frame.eflags |= u32(isa::flags::AC); break;
        default: known = false;
    }
    return {};
}

Fault group_0f01(Guest& guest, TrapFrame& frame, const Insn& insn, bool& known) {
    switch (insn.reg()) {
        case 1:
            if (!insn.memory_operand()) return without_operand(frame, insn, known);
            break;
        case 2:
            if (insn.memory_operand())
                return load_table_register(guest, frame, insn, guest.cpu.gdtr);
            break;
        case 3:
            if (insn.memory_operand())
                return load_table_register(guest, frame, insn, guest.cpu.idtr);
            break;
        case 6: return lmsw(guest, frame, insn);
        case 7:
            if (!insn.memory_operand()) break;
            guest.paging.flush_page(operand_address(frame, insn));
            return {};
        default: break;
    }
    known = false;
    return {};
}

Fault group_0f00(Guest& guest, TrapFrame& frame, const Insn& insn, bool& known) {
    if (insn.reg() == 2) return lldt(guest, frame, insn);
    if (insn.reg() == 3) return ltr(guest, frame, insn);
    known = false;
    return {};
}

}  // namespace

bool lend_coprocessor(const Guest& guest) {
    if (guest.cpu.cr0 & (cr0::TS | cr0::EM) || !(cpu::cr0() & cr0::TS)) return false;
    cpu::clts();
    return true;
}

EmulationResult emulate_control(Guest& guest, TrapFrame& frame, const Insn& insn) {
    if (is_switched_off(insn)) return finish(frame, insn, fault(Vector::UD));
    if (virtual_cpl(frame) != 0) return not_handled;
    if (insn.is(Map::Map0F38, 0x82) && insn.memory_operand())
        return finish(frame, insn, invpcid(guest, frame, insn));
    if (insn.map != Map::Map0F) return not_handled;
    bool known = true;
    Fault f;
    switch (insn.opcode) {
        case 0x00: f = group_0f00(guest, frame, insn, known); break;
        case 0x01: f = group_0f01(guest, frame, insn, known); break;
        case 0x06: f = set_cr0(guest, u32(guest.cpu.cr0 & ~cr0::TS)); break;  // CLTS
        case 0x08:
        case 0x09: break;  // INVD, WBINVD: the caches are the VMM's, and coherent
        case 0x20: f = mov_from_cr(guest, frame, insn); break;
        case 0x21: f = mov_dr(frame, insn, false); break;
        case 0x22: f = mov_to_cr(guest, frame, insn); break;
        case 0x23: f = mov_dr(frame, insn, true); break;
        case 0x30: f = wrmsr(guest, frame); break;
        case 0x31: f = rdtsc(guest, frame); break;
        case 0x32: f = rdmsr(guest, frame); break;
        case 0x33: f = fault(Vector::GP); break;  // RDPMC: the guest has no counters
        default: known = false;
    }
    return known ? finish(frame, insn, f) : not_handled;
}

}  // namespace ringside::vmm
