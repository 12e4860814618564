// CR8 of a guest that has its own task priority, in the virtual-APIC page. SDM 3C "Virtualizing
// CR8-Based TPR Accesses", "TPR Virtualization".
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu::vmx {

/// Where the virtual TPR lies in the virtual-APIC page; its class is in bits 7:4.
inline constexpr u64 virtual_tpr = 0x80;

/// The task-priority class of a virtual-APIC page.
inline u8 virtual_priority_class(const mem::Ram& ram, u64 virtual_apic) {
    return u8(ram.read({virtual_apic + virtual_tpr}, 1) >> 4);
}

/// What MOV from CR8 reads with "use TPR shadow".
u64 read_virtual_cr8(const Exec& x);
/// What MOV to CR8 does with it: an exit is due afterwards if the class is below the threshold.
void write_virtual_cr8(Exec& x, u8 priority_class);

}  // namespace ringside::cpu::vmx
