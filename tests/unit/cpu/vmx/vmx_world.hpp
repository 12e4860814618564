// A machine with a small VMM in it, for tests: root operation at ring 0 with paging, one VMCS, and
// a guest of a few assembled lines behind an EPT.
#pragma once
#include <string>
#include <string_view>

#include "sim/asm/assembler.hpp"
#include "sim/cpu/vmx/vmcs.hpp"
#include "sim/isa/ept.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/isa/paging.hpp"
#include "sim/machine/run.hpp"

namespace ringside::test {

using F = isa::VmcsField;
namespace cap = isa::vmx_capability;

/// Host-physical (= host linear) addresses.
constexpr u32 vmxon_at = 0x20000, vmcs_at = 0x21000, other_vmcs_at = 0x22000,
              directory_at = 0x30000, idt_at = 0x31000, gdt_at = 0x32000, host_stack_at = 0x38000,
              ept_at = 0x40000, pointers_at = 0x50000, host_code_at = 0x100000,
              landing_at = 0x101000, resume_at = 0x102000, faults_at = 0x110000;
/// Guest-physical 0 … 2 MiB lie here, in pages of 4 KiB.
constexpr u32 guest_base = 0x400000;
/// Guest addresses.
constexpr u32 guest_code_at = 0x1000, guest_idt_at = 0x2000, guest_gdt_at = 0x3000,
              guest_handler_at = 0x4000, guest_stack_at = 0x9000;

struct VmxWorld {
    machine::Machine m{{.ram_bytes = 16u << 20}};
    cpu::vmx::Vmcs vmcs{vmcs_at};
    machine::Stop stop{};
    trace::Sink* sink = nullptr;

    VmxWorld() {
        write(vmxon_at, cap::revision), write(vmcs_at, cap::revision),
            write(other_vmcs_at, cap::revision);
        for (u32 n = 0; n < 4; ++n) write(directory_at + 4 * n, n << 22 | 0x83);
        const isa::Descriptor code = isa::segment32(0, ~0u, isa::access(0, isa::code_type));
        const isa::Descriptor data = isa::segment32(0, ~0u, isa::access(0, isa::data_type));
        for (const u32 gdt : {gdt_at, guest_base + guest_gdt_at})
            write(gdt + 8, code.raw, 8), write(gdt + 16, data.raw, 8);
        // Vector n of the host ends in `hlt` at faults_at + 16 n; of the guest in `cpuid` at the
        // handler.
        for (u32 n = 0; n < 256; ++n) {
            write(idt_at + 8 * n,
                  isa::gate32(isa::SystemType::InterruptGate, 8, faults_at + 16 * n, 0).raw, 8);
            put(faults_at + 16 * n, "hlt");
            write(guest_base + guest_idt_at + 8 * n,
                  isa::gate32(isa::SystemType::InterruptGate, 8, guest_handler_at, 3).raw, 8);
        }
        put(landing_at, "hlt");
        put(resume_at, "vmresume\nhlt");
        put(guest_base + guest_handler_at, "cpuid");
        write(pointers_at, vmxon_at, 8), write(pointers_at + 8, vmcs_at, 8),
            write(pointers_at + 16, other_vmcs_at, 8);
        for (u32 n = 0; n < 512; ++n) map(n << 12, isa::ept::R | isa::ept::W | isa::ept::X);
        write(ept_at, (ept_at + 0x1000) | 7, 8);
        write(ept_at + 0x1000, (ept_at + 0x2000) | 7, 8);
        write(ept_at + 0x2000, (ept_at + 0x3000) | 7, 8);
        fill_vmcs();
    }

    /// The rights of one guest-physical page: of 0 … 2 MiB.
    void map(u32 guest_physical, u64 rights) {
        const u64 page = guest_base + guest_physical;
        write(ept_at + 0x3000 + 8 * (guest_physical >> 12), rights ? page | rights | 6 << 3 : 0, 8);
    }
    void write(u32 at, u64 value, unsigned width = 4) { m.ram.write({at}, width, value); }
    void put(u32 at, std::string_view text) {
        m.poke({at}, assembler::assemble_flat(std::string(text), at));
    }
    /// The guest's code, for its own addresses.
    void put_guest(std::string_view text) {
        m.poke({guest_base + guest_code_at},
               assembler::assemble_flat(std::string(text), guest_code_at));
    }
    u64 get(F f) const { return vmcs.get(m.ram, f); }
    void set(F f, u64 value) { vmcs.set(m.ram, f, value); }
    void add(F f, u64 bits) { set(f, get(f) | bits); }

    /// Turns a control on.
    void use(isa::PinBased c) { add(F::PIN_BASED_VM_EXECUTION_CONTROLS, cap::b(c)); }
    void use(isa::ProcBased c) { add(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, cap::b(c)); }
    void use(isa::ProcBased2 c) {
        add(F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, cap::b(c));
    }
    void use(isa::ExitControl c) { add(F::PRIMARY_VM_EXIT_CONTROLS, cap::b(c)); }
    void use(isa::EntryControl c) { add(F::VM_ENTRY_CONTROLS, cap::b(c)); }

    /// Runs host code at ring 0 with paging and CR4.VMXE on, up to a HLT.
    void run_host(std::string_view text) {
        put(host_code_at, text);
        m.enter_multiboot(host_code_at, 0);
        m.cpu.cr0 |= isa::cr0::PE | isa::cr0::NE | isa::cr0::PG;
        m.cpu.cr3 = directory_at;
        m.cpu.cr4 = isa::cr4::PSE | isa::cr4::VMXE;
        m.cpu.gdtr = {gdt_at, 0x17};
        m.cpu.idtr = {idt_at, 0x7ff};
        m.cpu.regs.gpr[cpu::SP] = host_stack_at;
        go();
    }
    void go() {
        m.cpu.activity = cpu::Activity::Active;
        stop = machine::run(m, {.instructions = m.instructions + 1000}, {.sink = sink});
    }
    /// VMXON, VMPTRLD, VMLAUNCH; up to the first exit, or failure.
    void launch() {
        run_host("vmxon [0x50000]\nvmclear [0x50008]\nvmptrld [0x50008]\nvmlaunch\nhlt");
    }
    void launch(std::string_view guest) {
        put_guest(guest);
        launch();
    }
    void resume() {
        m.cpu.regs.rip = resume_at;
        go();
    }

    u64 reason() const { return get(F::EXIT_REASON); }
    bool left_guest() const { return m.cpu.regs.rip == landing_at + 1; }
    /// The vector of the exception that ended the host's run, -1 for none.
    int fault() const {
        const u64 rip = m.cpu.regs.rip;
        return rip > faults_at && rip < faults_at + 16 * 256 ? int((rip - faults_at) / 16) : -1;
    }
    bool flag(u64 f) const { return m.cpu.regs.flags & f; }

  private:
    /// A protected-mode guest with paging off.
    void fill_vmcs() {
        set(F::PIN_BASED_VM_EXECUTION_CONTROLS, cap::pin.must);
        set(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
            cap::primary.must | cap::b(isa::ProcBased::activate_secondary_controls) |
                cap::b(isa::ProcBased::HLT_exiting));
        set(F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
            cap::b(isa::ProcBased2::enable_EPT) | cap::b(isa::ProcBased2::unrestricted_guest));
        set(F::PRIMARY_VM_EXIT_CONTROLS, cap::exit.must);
        set(F::VM_ENTRY_CONTROLS, cap::entry.must);
        set(F::EPT_POINTER, isa::ept::pointer(ept_at));
        set(F::VMCS_LINK_POINTER, ~u64{0});
        set(F::HOST_CR0, isa::cr0::PE | isa::cr0::NE | isa::cr0::PG);
        set(F::HOST_CR3, directory_at);
        set(F::HOST_CR4, isa::cr4::PSE | isa::cr4::VMXE);
        set(F::HOST_CS_SELECTOR, 8);
        for (const F f : {F::HOST_SS_SELECTOR, F::HOST_DS_SELECTOR, F::HOST_ES_SELECTOR})
            set(f, 0x10);
        set(F::HOST_TR_SELECTOR, 0x18);
        set(F::HOST_GDTR_BASE, gdt_at);
        set(F::HOST_IDTR_BASE, idt_at);
        set(F::HOST_RSP, host_stack_at);
        set(F::HOST_RIP, landing_at);
        for (u32 n = 0; n < 6; ++n) {
            const bool code = n == 1;
            set(F(u32(F::GUEST_ES_SELECTOR) + 2 * n), code ? 8 : 0x10);
            set(F(u32(F::GUEST_ES_LIMIT) + 2 * n), 0xffffffff);
            set(F(u32(F::GUEST_ES_ACCESS_RIGHTS) + 2 * n), code ? 0xc09b : 0xc093);
        }
        set(F::GUEST_LDTR_ACCESS_RIGHTS, 0x10000);
        set(F::GUEST_TR_ACCESS_RIGHTS, 0x8b);
        set(F::GUEST_TR_LIMIT, 0x67);
        set(F::GUEST_GDTR_BASE, guest_gdt_at);
        set(F::GUEST_GDTR_LIMIT, 0x17);
        set(F::GUEST_IDTR_BASE, guest_idt_at);
        set(F::GUEST_IDTR_LIMIT, 0x7ff);
        set(F::GUEST_CR0, isa::cr0::PE | isa::cr0::NE | isa::cr0::ET);
        set(F::GUEST_CR4, isa::cr4::VMXE);
        set(F::GUEST_RSP, guest_stack_at);
        set(F::GUEST_RIP, guest_code_at);
        set(F::GUEST_RFLAGS, isa::flags::fixed);
        set(F::GUEST_DR7, 0x400);
    }
};

}  // namespace ringside::test
