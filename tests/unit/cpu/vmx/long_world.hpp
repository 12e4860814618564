// The VmxWorld with a 64-bit VMM and a 64-bit guest: both with 4-level paging, everything mapped to
// itself.
#pragma once
#include "sim/isa/descriptors_long.hpp"
#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside::test {

struct LongWorld : VmxWorld {
    /// Of the host.
    static constexpr u32 pml4_at = 0x70000, long_idt_at = 0x74000;
    /// Of the guest.
    static constexpr u32 guest_pml4_at = 0x44000;

    LongWorld() {
        make_tables(pml4_at, pml4_at);
        make_tables(guest_base + guest_pml4_at, guest_pml4_at);
        for (const u32 gdt : {gdt_at, guest_base + guest_gdt_at})
            write(gdt + 8, isa::segment64(isa::access(0, isa::code_type)).raw, 8);
        for (u32 n = 0; n < 256; ++n) {
            put_gate(long_idt_at + 16 * n, faults_at + 16 * n, 0);
            put_gate(guest_base + guest_idt_at + 16 * n, guest_handler_at, 3);
        }
        use(isa::ExitControl::host_address_space_size), use(isa::EntryControl::IA32e_mode_guest);
        set(F::HOST_CR3, pml4_at);
        add(F::HOST_CR4, isa::cr4::PAE);
        set(F::HOST_IDTR_BASE, long_idt_at);
        add(F::GUEST_CR0, isa::cr0::PG);
        set(F::GUEST_CR3, guest_pml4_at);
        add(F::GUEST_CR4, isa::cr4::PAE);
        set(F::GUEST_CS_ACCESS_RIGHTS, 0xa09b);
        set(F::GUEST_IDTR_LIMIT, 0xfff);
    }

    /// For a guest without an EPT: its code where it was, the rest of the host's memory as it is.
    void run_in_host_memory() {
        make_tables(guest_pml4_at, guest_pml4_at);
        write(guest_pml4_at + 0x2000, guest_base | 0x87, 8);
        set(F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
            get(F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS) &
                ~u64{cap::b(isa::ProcBased2::unrestricted_guest)});
    }
    /// Maps a guest-physical page to where another one lies.
    void map_to(u32 guest_physical, u32 other) {
        write(ept_at + 0x3000 + 8 * (guest_physical >> 12), (guest_base + other) | 7 | 6 << 3, 8);
    }

    void put64(u32 at, std::string_view text) { put(at, "bits 64\n" + std::string(text)); }
    /// Runs 64-bit host code at ring 0, up to a HLT.
    void run_host(std::string_view text) {
        put64(host_code_at, text);
        m.enter_multiboot(host_code_at, 0);
        cpu::State& s = m.cpu;
        s.cr0 |= isa::cr0::PE | isa::cr0::NE | isa::cr0::PG;
        s.cr3 = pml4_at;
        s.cr4 = isa::cr4::PAE | isa::cr4::VMXE;
        s.msr.efer |= isa::efer::LME | isa::efer::LMA;
        s.gdtr = {gdt_at, 0x17};
        s.idtr = {long_idt_at, 0xfff};
        s.seg[decode::CS] = cpu::Segment::from(8, isa::segment64(isa::access(0, isa::code_type)));
        s.derive_segments();
        s.regs.gpr[cpu::SP] = host_stack_at;
        go();
    }
    void launch() {
        run_host("vmxon [0x50000]\nvmclear [0x50008]\nvmptrld [0x50008]\nvmlaunch\nhlt");
    }
    /// 64-bit guest code.
    void launch(std::string_view guest) {
        put_guest("bits 64\n" + std::string(guest));
        launch();
    }

  private:
    /// `seen_at`: by those who use the tables.
    void make_tables(u32 at, u32 seen_at) {
        write(at, (seen_at + 0x1000) | 7, 8);
        write(at + 0x1000, (seen_at + 0x2000) | 7, 8);
        for (u32 n = 0; n < 8; ++n) write(at + 0x2000 + 8 * n, n << 21 | 0x87, 8);
    }
    void put_gate(u32 at, u32 handler, u8 dpl) {
        const auto [low, high] = isa::gate64(isa::SystemType::InterruptGate, 8, handler, dpl);
        write(at, low, 8), write(at + 8, high, 8);
    }
};

}  // namespace ringside::test
