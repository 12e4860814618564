// How VMX instructions report. SDM 3C "Conventions" of the VMX instruction reference.
#pragma once
#include "sim/cpu/exec.hpp"
#include "sim/cpu/vmx/vmcs.hpp"

namespace ringside::cpu::vmx {

inline void succeed(Exec& x) { x.set_status(0); }
inline void fail_invalid(Exec& x) { x.set_status(isa::flags::CF); }
/// VMfailValid where there is a current VMCS, else VMfailInvalid.
inline void fail_valid(Exec& x, isa::VmError error) {
    const Vmcs v(x.s.vmx.current_vmcs);
    if (!v.current()) return fail_invalid(x);
    x.set_status(isa::flags::ZF);
    v.set(x.ram, isa::VmcsField::VM_INSTRUCTION_ERROR, u64(error));
}

}  // namespace ringside::cpu::vmx
