#include "sim/cpu/vmx/tpr_shadow.hpp"

#include "sim/cpu/vmx/vmcs.hpp"

namespace ringside::cpu::vmx {

using isa::VmcsField;

u64 read_virtual_cr8(const Exec& x) {
    const Vmcs v(x.s.vmx.current_vmcs);
    return virtual_priority_class(x.ram, v.get(x.ram, VmcsField::VIRTUAL_APIC_ADDRESS));
}

void write_virtual_cr8(Exec& x, u8 priority_class) {
    const Vmcs v(x.s.vmx.current_vmcs);
    const u64 page = v.get(x.ram, VmcsField::VIRTUAL_APIC_ADDRESS);
    x.write_physical({page + virtual_tpr}, 4, u64(priority_class) << 4);
    const u64 threshold = field(v.get(x.ram, VmcsField::TPR_THRESHOLD), 3, 0);
    x.s.vmx.below_threshold = priority_class < threshold;
    x.end_block();
}

}  // namespace ringside::cpu::vmx
