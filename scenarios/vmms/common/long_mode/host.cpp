// host.hpp for a VMM of 64-bit mode.
#include "scenarios/vmms/common/host.hpp"

#include "scenarios/vmms/common/cpu.hpp"

extern "C" {
extern ringside::u8 trap_stubs[];  // traps.S
extern ringside::u8 vmm_stack_top[];
}

namespace ringside::vmm::host {
namespace {

using isa::Descriptor, isa::LongDescriptor;

alignas(8) Descriptor real_gdt[gdt_entries];
alignas(8) LongDescriptor real_idt[256];
TaskState tss;

void make_gdt() {
    constexpr u32 whole_space = 0xffffffff;
    const auto set = [](u32 selector, Descriptor d) { real_gdt[selector >> 3] = d; };
    set(selector::vmm_code, isa::segment64(isa::access(0, isa::code_type)));
    set(selector::vmm_data, isa::segment32(0, whole_space, isa::access(0, isa::data_type)));
    const LongDescriptor task = isa::tss64(reinterpret_cast<u32>(&tss), sizeof(tss) - 1);
    set(selector::vmm_tss, task.lower());
    set(selector::vmm_tss + sizeof(Descriptor), {task.high});
    tss.rsp[0] = reinterpret_cast<u32>(vmm_stack_top);
    tss.io_map_base = sizeof(tss);
}

void make_idt() {
    for (u32 vector = 0; vector < 256; ++vector)
        real_idt[vector] = isa::gate64(isa::SystemType::InterruptGate, selector::vmm_code,
                                       reinterpret_cast<u32>(trap_stubs + 16 * vector), 0);
}

void load_tables() {
    cpu::lgdt({gdt_limit, reinterpret_cast<u32>(real_gdt)});
    asm volatile(
        "mov %0, %%ds\n\tmov %0, %%es\n\tmov %0, %%ss\n\t"
        "mov %2, %%fs\n\tmov %2, %%gs\n\t"
        "pushq %q1\n\tpushq $1f\n\tlretq\n1:"
        :
        : "r"(u32(selector::vmm_data)), "r"(Natural(selector::vmm_code)), "r"(0)
        : "memory");
    cpu::ltr(selector::vmm_tss);
    cpu::lidt({sizeof real_idt - 1, reinterpret_cast<u32>(real_idt)});
}

}  // namespace

void make_tables() {
    make_gdt();
    make_idt();
}

void initialize() {
    make_tables();
    load_tables();
    initialize_interrupt_controllers();
}

Descriptor* gdt() { return real_gdt; }
Descriptor* idt() { return reinterpret_cast<Descriptor*>(real_idt); }
TaskState& task_state() { return tss; }
/// It shares none with a guest.
u32* page_directory() { return nullptr; }

}  // namespace ringside::vmm::host
