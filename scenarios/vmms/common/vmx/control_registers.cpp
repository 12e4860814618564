#include "scenarios/vmms/common/vmx/control_registers.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/vmx/controls.hpp"
#include "scenarios/vmms/common/vmx/events.hpp"
#include "scenarios/vmms/common/vmx/long_mode.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::vmm {

using namespace vmx;
using isa::Vector;
namespace cr0 = isa::cr0;
namespace cr4 = isa::cr4;

namespace {

constexpr Fault refused = fault(Vector::GP);

/// With EPT, the four PDPTEs of PAE paging are in the VMCS: whoever loads CR3 loads them. SDM 3A
/// "PDPTE Registers". False if one of them has a reserved bit.
bool load_pdptes(GuestCpu& guest, const PagingRegisters& next) {
    if (!next.paging() || !(next.cr4 & cr4::PAE) || next.ia32e) return true;
    u64 loaded[4];
    const u32 table = u32(next.cr3 & isa::paging::pdpt_base);
    for (u32 n = 0; n < 4; ++n) {
        loaded[n] = guest.memory.read32(table + 8 * n) | u64(guest.memory.read32(table + 8 * n + 4))
                                                             << 32;
        if ((loaded[n] & isa::paging::P) && (loaded[n] & isa::paging::reserved_pdpte)) return false;
    }
    for (u32 n = 0; n < 4; ++n) write64(Field(u32(Field::GUEST_PDPTE0) + 2 * n), loaded[n]);
    return true;
}

/// What a MOV to or from a control register moves: 64 bits in 64-bit mode, else 32.
Natural operand(Natural value) { return in_64_bit_mode() ? value : u32(value); }

Fault set_cr0(GuestCpu& guest, Natural value) {
    constexpr u32 defined = u32(cr0::PE | cr0::MP | cr0::EM | cr0::TS | cr0::ET | cr0::NE |
                                cr0::WP | cr0::AM | cr0::NW | cr0::CD | cr0::PG);
    if (u64(value) >> 32) return refused;
    value = (value & defined) | u32(cr0::ET);
    if ((value & cr0::PG) && !(value & cr0::PE)) return refused;
    if ((value & cr0::NW) && !(value & cr0::CD)) return refused;
    if (guest.configuration.shadow_paging && !(value & cr0::PE))
        return give_up(guest, "not modelled: real mode under shadow paging,"), Fault{};
    const Natural changed = guest_cr0() ^ value;
    if constexpr (long_mode)
        if (changed & cr0::PG)
            if (const Fault f = follow_paging(value)) return f;
    if ((changed & (cr0::PG | cr0::CD | cr0::NW)) &&
        !load_pdptes(guest, {value, guest_cr3(guest), guest_cr4(), in_ia32e_mode()}))
        return refused;
    write(Field::GUEST_CR0, value | forced_cr0(guest));
    write(Field::CR0_READ_SHADOW, value);
    if (changed & (cr0::PE | cr0::PG | cr0::WP)) forget_translations(guest);
    return {};
}

Fault set_cr4(GuestCpu& guest, Natural value) {
    // VMXE too: there is no VMX in this guest's processor. PCIDE needs IA-32e mode.
    const bool ia32e = in_ia32e_mode();
    const u64 lacks = cr4::VMXE | cr4::SMXE | (ia32e ? 0 : u64(cr4::PCIDE));
    const Natural supported = Natural(cpu::rdmsr(isa::msr::VMX_CR4_FIXED1) & ~lacks);
    if (value & ~supported) return refused;
    const Natural changed = guest_cr4() ^ value;
    if (ia32e && !(value & cr4::PAE)) return refused;
    if ((changed & value & cr4::PCIDE) && (guest_cr3(guest) & isa::pcid_mask)) return refused;
    if ((changed & (cr4::PAE | cr4::PGE | cr4::PSE | cr4::SMEP)) &&
        !load_pdptes(guest, {guest_cr0(), guest_cr3(guest), value, ia32e}))
        return refused;
    // The shadow's entries have 4 bytes, whatever the guest's have.
    const Natural real = guest.configuration.shadow_paging ? value & ~Natural(cr4::PAE) : value;
    write(Field::GUEST_CR4, real | forced_cr4());
    write(Field::CR4_READ_SHADOW, value);
    if (changed & (cr4::PAE | cr4::PGE | cr4::PSE | cr4::SMEP | cr4::SMAP))
        forget_translations(guest);
    return {};
}

/// Where every exit is wanted; otherwise the processor keeps CR8: see long_mode.hpp.
constexpr unsigned priority_class_shift = 4;
Fault set_cr8(GuestCpu& guest, Natural value) {
    if (value > 15) return refused;
    guest.apic.set_task_priority(u8(value << priority_class_shift));
    return {};
}

Fault move_to(GuestCpu& guest, unsigned number, Natural value) {
    switch (number) {
        case 0: return set_cr0(guest, value);
        case 3: return load_cr3(guest, value);
        case 4: return set_cr4(guest, value);
        case 8: return set_cr8(guest, value);
        default: stop("unexpected write of CR", number);
    }
}
Natural moved_from(const GuestCpu& guest, unsigned number) {
    return number == 8 ? guest.apic.task_priority() >> priority_class_shift : guest_cr3(guest);
}

/// LMSW can set PE, not clear it. SDM 2A "LMSW".
Fault lmsw(GuestCpu& guest, u32 source) {
    constexpr u32 reach = u32(cr0::PE | cr0::MP | cr0::EM | cr0::TS);
    const Natural now = guest_cr0();
    return set_cr0(guest, (now & ~Natural(reach & ~u32(cr0::PE))) | (source & reach));
}

}  // namespace

Fault load_cr3(GuestCpu& guest, Natural value) {
    // With PCIDs bit 63 asks that translations be kept, which nobody must.
    if (guest_cr4() & cr4::PCIDE) value = Natural(u64(value) & ~isa::cr3_no_flush);
    if (u64(value) & isa::paging::beyond_physical) return refused;
    if (!load_pdptes(guest, {guest_cr0(), value, guest_cr4(), in_ia32e_mode()})) return refused;
    if (guest.configuration.shadow_paging) {
        guest.shadowed_cr3 = value;
        if (guest_cr0() & cr0::PG) guest.shadow.load(guest.memory, paging_registers(guest));
        return {};
    }
    write(Field::GUEST_CR3, value);
    forget_translations(guest);
    return {};
}

void on_control_register(GuestCpu& guest) {
    enum { to_cr = 0, from_cr = 1, clts = 2, load_status_word = 3 };
    const u32 qualification = u32(read(Field::EXIT_QUALIFICATION));
    const unsigned number = qualification & 15, reg = (qualification >> 8) & 15;
    Fault f;
    switch ((qualification >> 4) & 3) {
        case to_cr: f = move_to(guest, number, operand(general_register(guest, reg))); break;
        case from_cr: set_general_register(guest, reg, operand(moved_from(guest, number))); break;
        case clts: f = set_cr0(guest, guest_cr0() & ~Natural(cr0::TS)); break;
        case load_status_word: f = lmsw(guest, qualification >> 16); break;
    }
    if (f) return raise(guest, f);
    skip_instruction();
}

void on_invlpg(GuestCpu& guest) {
    if (!guest.configuration.shadow_paging) return let_it_run(guest);
    guest.shadow.flush_page(read(Field::EXIT_QUALIFICATION));
    skip_instruction();
}

void forget_translations(GuestCpu& guest) {
    if (guest.configuration.shadow_paging) return guest.shadow.flush();
    invvpid(Invvpid::one_context, guest.vpid, 0);
}

}  // namespace ringside::vmm
