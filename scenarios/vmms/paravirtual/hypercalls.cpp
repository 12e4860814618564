// Hypercalls, the system calls of a kernel: their table, the page of stubs that the guest calls,
// and the few that need no file of their own.
#include "scenarios/vmms/paravirtual/parts.hpp"
#include "sim/isa/control_registers.hpp"

namespace ringside::pv {

static constexpr struct {
    Hypercall number;
    HypercallFunction* function;
} table[] = {
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

static u32 call(Domain& domain, TrapFrame& frame) {
    const u32 number = frame.eax, a1 = frame.ebx, a2 = frame.ecx, a3 = frame.edx, a4 = frame.esi,
              a5 = frame.edi;
    PROBE("hypercall", number, a1, a2, a3, a4, a5);
    for (const auto& entry : table)
        if (u32(entry.number) == number) return u32(entry.function(domain, frame));
    return u32(ENOSYS);
}

void on_hypercall(Domain& domain, TrapFrame& frame) {
    domain.watchdog.saw_it_alive();
    frame.eax = call(domain, frame);
}

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

/// multicall(list, count): several hypercalls for one entry. A call that leaves for elsewhere
/// cannot be among them.
i32 multicall(Domain& domain, TrapFrame& frame) {
    constexpr u32 most = 128;
    for (u32 done = 0; frame.ecx > 0; frame.ebx += u32(sizeof(Call)), --frame.ecx, ++done) {
        Call one;
        if (done == most) return continue_later(frame, Hypercall::multicall);
        if (!read_guest(domain, one, frame.ebx)) return EFAULT;
        TrapFrame inner = frame;
        inner.eax = one.number;
        u32* const registers[] = {&inner.ebx, &inner.ecx, &inner.edx, &inner.esi, &inner.edi};
        for (u32 i = 0; i < 5; ++i) *registers[i] = one.arguments[i];
        const bool leaves =
            one.number == u32(Hypercall::iret) || one.number == u32(Hypercall::multicall);
        one.result = leaves ? u32(ENOSYS) : call(domain, inner);
        for (u32 i = 0; i < 5; ++i) one.arguments[i] = *registers[i];
        if (!write_guest(domain, frame.ebx, one)) return EFAULT;
        if (inner.eip != frame.eip)  // it is not finished
            return continue_later(frame, Hypercall::multicall);
    }
    return 0;
}

/// xen_version(0): Ringside's, 1.0. A cheap call too, for a guest that only wants its pending
/// events delivered.
i32 xen_version(Domain&, TrapFrame& frame) { return frame.ebx == 0 ? 1 << 16 : ENOSYS; }

/// fpu_taskswitch(set): CR0.TS, so that the next use of the FPU faults.
i32 fpu_taskswitch(Domain& domain, TrapFrame& frame) {
    set_task_switched(domain, frame.ebx);
    return 0;
}

void set_task_switched(Domain& domain, bool set) {
    domain.task_switched = set;
    const u32 others = u32(vmm::cpu::cr0() & ~isa::cr0::TS);
    vmm::cpu::set_cr0(u32(set ? others | isa::cr0::TS : others));
}

/// console_io(write or read, count, buffer). Reading gives the number of bytes that were there.
i32 console_io(Domain& domain, TrapFrame& frame) {
    const u16 line = vmm::line_of(domain.id);
    u8 bytes[128];
    const u32 count = frame.ecx < sizeof bytes ? frame.ecx : u32(sizeof bytes);
    if (frame.ebx == console_read) {
        u32 got = 0;
        while (got < count && vmm::read_byte(line, bytes[got])) ++got;
        return copy_to_guest(domain, frame.edx, bytes, got) ? i32(got) : EFAULT;
    }
    if (frame.ebx != console_write) return ENOSYS;
    if (!copy_from_guest(domain, bytes, frame.edx, count)) return EFAULT;
    for (u32 i = 0; i < count; ++i) vmm::print(char(bytes[i]), line);
    frame.edx += count;
    frame.ecx -= count;
    return frame.ecx == 0 ? 0 : continue_later(frame, Hypercall::console_io);
}

}  // namespace ringside::pv
