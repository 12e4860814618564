// A VMCS region in memory. Its layout is this CPU's own, as the manual allows:
//
//   0: revision identifier   4: VMX-abort indicator   8: launch state   16 + 8 n: field n of
//   isa::vmcs_fields
#pragma once
#include "sim/isa/vmcs_fields.hpp"
#include "sim/mem/ram.hpp"

namespace ringside::cpu::vmx {

class Vmcs {
  public:
    explicit Vmcs(u64 address) : address_(address) {}

    static constexpr u64 none = ~u64{0};
    bool current() const { return address_ != none; }
    u64 address() const { return address_; }

    u64 get(const mem::Ram& ram, isa::VmcsField f) const {
        return get_slot(ram, isa::vmcs_slot(u32(f)));
    }
    void set(mem::Ram& ram, isa::VmcsField f, u64 value) const {
        set_slot(ram, isa::vmcs_slot(u32(f)), value);
    }
    /// Cut to the field's width: software may have scribbled over the region.
    u64 get_slot(const mem::Ram& ram, int slot) const {
        const u64 raw = ram.read(at(slot), 8);
        switch (isa::field_width(isa::vmcs_fields[slot].encoding)) {
            case isa::FieldWidth::Word: return raw & 0xffff;
            case isa::FieldWidth::Double: return raw & 0xffffffff;
            case isa::FieldWidth::Quad:
            case isa::FieldWidth::Natural: break;
        }
        return raw;
    }
    void set_slot(mem::Ram& ram, int slot, u64 value) const { ram.write(at(slot), 8, value); }

    u32 revision(const mem::Ram& ram) const { return u32(ram.read({address_}, 4)); }
    void set_abort(mem::Ram& ram, u32 indicator) const { ram.write({address_ + 4}, 4, indicator); }
    bool launched(const mem::Ram& ram) const {
        return ram.read({address_ + 8}, 4) == launched_mark;
    }
    void set_launched(mem::Ram& ram, bool launched) const {
        ram.write({address_ + 8}, 4, launched ? launched_mark : 0);
    }

  private:
    static constexpr u32 launched_mark = 1;
    HostPhys at(int slot) const { return {address_ + 16 + 8 * u64(slot)}; }
    u64 address_;
};

}  // namespace ringside::cpu::vmx
