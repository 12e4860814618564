// The real GDT and LDT while the guest runs: the guest's entries under the same selectors, made
// harmless.
//
//   a guest's entry                      the real entry
//   code or data, DPL 0                  the same, DPL 1, cut off below the VMM
//   code or data, DPL 3                  the same, cut off below the VMM
//   TSS, LDT, gates                      not present: their use faults, and the VMM does it
//
// The copy is made when the guest loads GDTR, LDTR, TR or CR3, and again when loading a segment
// register faults. A kernel that changes a present descriptor and uses it before any of these gets
// the old one, unless the technique watches the tables, as trap-and-emulate does
// (descriptor_watch.hpp), or runs no load of the kernel's itself, as binary translation does.
#pragma once
#include "scenarios/vmms/common/layout.hpp"
#include "scenarios/vmms/common/vcpu.hpp"
#include "sim/isa/descriptors.hpp"

namespace ringside::vmm {

struct Guest;

class ShadowDescriptors {
  public:
    /// Copies the guest's tables anew. True if any real entry changed. A segment register in
    /// `frame` whose descriptor is gone keeps it, as the hidden part of a real segment register
    /// does.
    bool synchronize(Guest& guest, TrapFrame& frame);
    /// Can the guest's tables have changed since? False is sure, and quick for the small GDT that
    /// kernels have; of an LDT nothing is remembered.
    bool may_have_changed(const Guest& guest) const;

    /// The selector that the guest loaded to get this real one: RPL 1 is its RPL 0.
    u16 guests(u16 real_selector) const {
        const u32 kept = (real_selector >> 3) - selector::first_kept_entry;
        const bool ldt = real_selector & 4;
        return kept < 6 && !ldt ? kept_[kept] : guest_selector(real_selector);
    }

    /// The base address of the segment that a real selector now means.
    static u32 base(u16 real_selector);
    static isa::Descriptor real_descriptor(u16 real_selector);

  private:
    u32 gdt_entries_ = 0, ldt_entries_ = 0;  ///< copied last time
    static constexpr u32 most_remembered = 16;
    isa::Descriptor remembered_[most_remembered];  ///< the first of the guest's GDT
    u16 kept_[6] = {};  ///< the guest's selectors behind the descriptors that it has no more
};

/// The real form of a guest's descriptor.
isa::Descriptor deprivileged(isa::Descriptor guest);
/// The guest's own descriptor for a selector; #GP(selector) if it lies outside the table.
Fault read_descriptor(Guest& guest, u16 selector, isa::Descriptor& descriptor);

}  // namespace ringside::vmm
