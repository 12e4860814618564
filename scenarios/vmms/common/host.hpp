// The real machine made ready for the VMM: descriptor tables, interrupt controllers, page
// directory.
#pragma once
#include "scenarios/vmms/common/layout.hpp"
#include "sim/isa/descriptors_long.hpp"

namespace ringside::vmm::host {

using TaskState = ByMode<isa::Tss64, isa::Tss32>;

/// Loads the VMM's GDT, IDT and TSS, gives the interrupt controllers their vectors and masks them.
/// Call it first.
void initialize();

/// Only writes the GDT, IDT and TSS: for a VMM whose host loads them.
void make_tables();
inline constexpr u16 gdt_limit = gdt_entries * 8 - 1, idt_limit = 256 * 8 - 1;

/// The real GDT. Entries below first_vmm_entry hold what the guest's selectors mean.
isa::Descriptor* gdt();
/// The real LDT: the guest's, transformed; loaded while the guest has one.
isa::Descriptor* ldt();
inline constexpr u32 ldt_limit_entries = 8192;
/// Puts the LDT of `entries` entries in force, 0 for none.
void load_ldt(u32 entries);
/// The real IDT: every gate leads to the VMM, except those that a technique changes.
isa::Descriptor* idt();
/// The real TSS: the stacks for entries to ring 0 (the VMM's) and to ring 1 (the technique's
/// business).
TaskState& task_state();
/// The one page directory, in force since start.S: the top 16 entries are the VMM's, the others the
/// technique's.
u32* page_directory();
inline constexpr u32 guest_directory_entries = vmm_base >> 22;

/// Gives the real interrupt controllers their vectors, and masks them: a part of initialize().
void initialize_interrupt_controllers();
/// Lets real interrupt requests of line `irq` (0..15) through, or not.
void set_irq_enabled(unsigned irq, bool enabled);
/// Tells the real controllers that the interrupt was taken.
void end_of_interrupt(unsigned irq);

/// Tells the CPU where SYSENTER goes: traps.S if `on`; else it faults.
void set_sysenter(bool on);

}  // namespace ringside::vmm::host
