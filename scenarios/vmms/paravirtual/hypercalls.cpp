// The table of hypercalls, the page of stubs that the guest calls, and the few calls that need no
// file of their own.
#include "scenarios/vmms/paravirtual/hypercalls.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/paravirtual/guest_access.hpp"
#include "sim/isa/control_registers.hpp"

namespace ringside::pv {

namespace {

struct Entry {
    Hypercall number;
    HypercallFunction function;
};

constexpr Entry table[] = {
    {Hypercall::set_trap_table, set_trap_table},
    {Hypercall::mmu_update, mmu_update},
    {Hypercall::set_gdt, set_gdt},
    {Hypercall::stack_switch, stack_switch},
    {Hypercall::set_callbacks, set_callbacks},
    {Hypercall::fpu_taskswitch, fpu_taskswitch},
    {Hypercall::update_descriptor, update_descriptor},
    {Hypercall::multicall, multicall},
    {Hypercall::update_va_mapping, update_va_mapping},
    {Hypercall::set_timer_op, set_timer_op},
    {Hypercall::xen_version, xen_version},
    {Hypercall::console_io, console_io},
    {Hypercall::iret, iret},
    {Hypercall::mmuext_op, mmuext_op},
    {Hypercall::sched_op, sched_op},
    {Hypercall::event_channel_op, event_channel_op},
};

HypercallFunction find(u32 number) {
    for (const Entry& entry : table)
        if (u32(entry.number) == number) return entry.function;
    return nullptr;
}

}  // namespace

void on_hypercall(Domain& domain, vmm::TrapFrame& frame) {
    const u32 number = frame.eax;
    PROBE("hypercall", number);
    const HypercallFunction function = find(number);
    frame.eax = u32(function ? function(domain, frame) : ENOSYS);
}

/// multicall(list, count): several hypercalls for one entry. A call that leaves for elsewhere
/// cannot be among them.
i32 multicall(Domain& domain, vmm::TrapFrame& frame) {
    struct Call {
        u32 number, result, arguments[6];
    };
    const u32 list = frame.ebx, count = frame.ecx;
    for (u32 i = 0; i < count; ++i) {
        Call call;
        const u32 where = list + i * u32(sizeof call);
        if (!read_guest(domain, call, where)) return EFAULT;
        const Hypercall wanted{call.number};
        vmm::TrapFrame inner = frame;
        inner.ebx = call.arguments[0];
        inner.ecx = call.arguments[1];
        inner.edx = call.arguments[2];
        inner.esi = call.arguments[3];
        inner.edi = call.arguments[4];
        const u32 number = call.number;
        PROBE("hypercall", number);
        const HypercallFunction function =
            wanted == Hypercall::iret || wanted == Hypercall::multicall ? nullptr : find(number);
        call.result = u32(function ? function(domain, inner) : ENOSYS);
        if (!write_guest(domain, where + 4, call.result)) return EFAULT;
    }
    return 0;
}

/// xen_version(0): Ringside's, 1.0. A cheap call too, for a guest that only wants its pending
/// events delivered.
i32 xen_version(Domain&, vmm::TrapFrame& frame) { return frame.ebx == 0 ? 1 << 16 : ENOSYS; }

/// fpu_taskswitch(set): CR0.TS, so that the next use of the FPU faults.
i32 fpu_taskswitch(Domain&, vmm::TrapFrame& frame) {
    const u32 others = u32(vmm::cpu::cr0() & ~isa::cr0::TS);
    vmm::cpu::set_cr0(u32(frame.ebx ? others | isa::cr0::TS : others));
    return 0;
}

//   ordinary       B8 nn nn nn nn   mov eax, n          called: the arguments are in registers
//                  CD 82            int 0x82
//                  C3               ret
//   iret (23)      50               push eax            jumped to: the frame is on the stack
//                  B8 17 00 00 00   mov eax, 23
//                  CD 82            int 0x82
void write_hypercall_page(u8* page) {
    constexpr u32 stubs = 128, stub_size = 32;
    for (u32 n = 0; n < stubs; ++n) {
        u8* out = page + n * stub_size;
        const bool is_iret = n == u32(Hypercall::iret);
        if (is_iret) *out++ = 0x50;
        *out++ = 0xb8;
        for (u32 shift = 0; shift < 32; shift += 8) *out++ = u8(n >> shift);
        *out++ = 0xcd;
        *out++ = hypercall_vector;
        if (!is_iret) *out++ = 0xc3;
    }
}

}  // namespace ringside::pv
