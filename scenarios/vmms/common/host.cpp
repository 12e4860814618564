#include "scenarios/vmms/common/host.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/trap_frame.hpp"
#include "sim/isa/vectors.hpp"

extern "C" {
extern ringside::u8 trap_stubs[];  // traps.S
extern ringside::u8 vmm_stack_top[];
extern ringside::u32 page_directory[];
void sysenter_entry();
}

namespace ringside::vmm::host {
namespace {

using isa::Descriptor;

alignas(8) Descriptor real_gdt[gdt_entries];
alignas(8) Descriptor real_ldt[ldt_limit_entries];
alignas(8) Descriptor real_idt[256];
isa::Tss32 tss;

constexpr u32 whole_space = 0xffffffff;
constexpr u32 below_vmm = vmm_base - 1;
constexpr u16 ldt_selector = selector::entry(7);
static_assert(selector::vmm_data == 0xff88, "traps.S has this number too");

void make_gdt() {
    auto set = [](u16 selector, Descriptor d) { real_gdt[selector >> 3] = d; };
    set(selector::vmm_code, isa::segment32(0, whole_space, isa::access(0, isa::code_type)));
    set(selector::vmm_data, isa::segment32(0, whole_space, isa::access(0, isa::data_type)));
    set(selector::boot_code, isa::segment32(0, below_vmm, isa::access(1, isa::code_type)));
    set(selector::boot_data, isa::segment32(0, below_vmm, isa::access(1, isa::data_type)));
    set(selector::vmm_tss, isa::tss32(reinterpret_cast<u32>(&tss), sizeof(tss) - 1));
    // A trap from the guest finds the VMM's stack here. No I/O bitmap: every IN and OUT at ring 1
    // or 3 faults.
    tss.esp0 = reinterpret_cast<u32>(vmm_stack_top);
    tss.ss0 = selector::vmm_data;
    tss.io_map_base = sizeof(tss);
}

void make_idt() {
    for (u32 vector = 0; vector < 256; ++vector) {
        // DPL 0: INT n in the guest faults, so that no INT n looks like a real interrupt. INT3 and
        // INTO are harmless in that way.
        const u8 dpl = vector == u8(isa::Vector::BP) || vector == u8(isa::Vector::OF) ? 3 : 0;
        real_idt[vector] = isa::gate32(isa::SystemType::InterruptGate, selector::vmm_code,
                                       reinterpret_cast<u32>(trap_stubs + 16 * vector), dpl);
    }
}

void load_tables() {
    cpu::lgdt({gdt_limit, reinterpret_cast<u32>(real_gdt)});
    asm volatile(
        "mov %0, %%ds\n\tmov %0, %%es\n\tmov %0, %%ss\n\t"
        "mov %2, %%fs\n\tmov %2, %%gs\n\t"
        "pushl %1\n\tpushl $1f\n\tlretl\n1:"
        :
        : "r"(u32(selector::vmm_data)), "r"(u32(selector::vmm_code)), "r"(0)
        : "memory");
    cpu::ltr(selector::vmm_tss);
    cpu::lidt({idt_limit, reinterpret_cast<u32>(real_idt)});
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
Descriptor* ldt() { return real_ldt; }
Descriptor* idt() { return real_idt; }
TaskState& task_state() { return tss; }
u32* page_directory() { return ::page_directory; }

void load_ldt(u32 entries) {
    if (entries == 0) return cpu::lldt(0);
    Descriptor d = isa::tss32(reinterpret_cast<u32>(real_ldt), entries * 8 - 1);
    d.raw = merge(d.raw, u64(isa::SystemType::Ldt) << 40, u64(0xf) << 40);
    real_gdt[ldt_selector >> 3] = d;
    cpu::lldt(ldt_selector);
}

void set_sysenter(bool on) {
    constexpr u32 ia32_sysenter_cs = 0x174, ia32_sysenter_esp = 0x175, ia32_sysenter_eip = 0x176;
    cpu::wrmsr(ia32_sysenter_cs, on ? selector::vmm_code : 0);
    cpu::wrmsr(ia32_sysenter_esp, reinterpret_cast<u32>(vmm_stack_top));
    cpu::wrmsr(ia32_sysenter_eip, reinterpret_cast<u32>(&sysenter_entry));
}

}  // namespace ringside::vmm::host
