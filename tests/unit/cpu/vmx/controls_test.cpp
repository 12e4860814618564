// Every control that the capability MSRs let be 1 does something: with it and without it a guest
// ends differently. SDM 3C "VM-Execution Control Fields", "VM-Exit Control Fields", "VM-Entry
// Control Fields"; SDM 3D "VMX Capability Reporting Facility".
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "sim/isa/vectors.hpp"
#include "tests/unit/cpu/vmx/long_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::EntryControl;
using isa::ExitControl;
using isa::ExitReason;
using isa::PinBased;
using isa::ProcBased;
using isa::ProcBased2;
namespace fl = isa::flags;

enum class Word { Pin, Primary, Secondary, Exit, Entry };

constexpr F field_of(Word word) {
    constexpr F fields[] = {F::PIN_BASED_VM_EXECUTION_CONTROLS,
                            F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                            F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                            F::PRIMARY_VM_EXIT_CONTROLS, F::VM_ENTRY_CONTROLS};
    return fields[unsigned(word)];
}
constexpr cap::Allowed allowed(Word word) {
    constexpr cap::Allowed words[] = {cap::pin, cap::primary, cap::secondary, cap::exit,
                                      cap::entry};
    return words[unsigned(word)];
}

/// Where tests put bitmaps, lists and the like.
constexpr u32 marked_at = 0x60000, list_at = 0x62000, virtual_apic_at = 0x63000;
constexpr u64 ud = 1u << 31 | 3u << 8 | u64(isa::Vector::UD), other_pat = 0x0606060606060606;
constexpr u64 nmi = 1u << 31 | 2u << 8 | 2;

u64 reason(const LongWorld& w) { return w.reason(); }
constexpr u64 number(ExitReason r) { return u64(r); }

/// One control, and an experiment that tells whether it is on.
struct Row {
    Word word;
    unsigned bit;
    const char* guest;  ///< 64-bit code
    u64 off, on;        ///< what `outcome` says
    void (*prepare)(LongWorld&) = [](LongWorld&) {};
    u64 (*outcome)(const LongWorld&) = reason;
};

template <class Control>
constexpr Word word_of() {
    if constexpr (std::is_same_v<Control, PinBased>) return Word::Pin;
    if constexpr (std::is_same_v<Control, ProcBased>) return Word::Primary;
    if constexpr (std::is_same_v<Control, ProcBased2>) return Word::Secondary;
    if constexpr (std::is_same_v<Control, ExitControl>) return Word::Exit;
    return Word::Entry;
}

/// An instruction that leaves the guest with the control; without it the HLT behind it does.
template <class Control>
Row leaves(Control c, const char* guest, ExitReason r, void (*prepare)(LongWorld&)) {
    return {word_of<Control>(), unsigned(c), guest, number(ExitReason::HLT), number(r), prepare};
}
template <class Control>
Row leaves(Control c, const char* guest, ExitReason r) {
    return leaves(c, guest, r, [](LongWorld&) {});
}
template <class Control>
Row tells(Control c, const char* guest, u64 off, u64 on, void (*prepare)(LongWorld&),
          u64 (*outcome)(const LongWorld&)) {
    return {word_of<Control>(), unsigned(c), guest, off, on, prepare, outcome};
}

void undefined_instructions_leave(LongWorld& w) {
    w.set(F::EXCEPTION_BITMAP, 1u << u8(isa::Vector::UD));
}
u64 exception(const LongWorld& w) { return w.get(F::VM_EXIT_INTERRUPTION_INFORMATION); }
u64 ax(const LongWorld& w) { return w.m.cpu.regs.gpr[cpu::AX]; }
void nmi_waits(LongWorld& w) { w.m.cpu.nmi_blocked = w.m.cpu.signals.nmi = true; }
/// The PIC's line 0 asks, as vector 0x20; the guest has interrupts off.
void interrupt_waits(LongWorld& w) {
    for (const auto& [port, value] : {std::pair{0x20, 0x11},
                                      {0x21, 0x20},
                                      {0x21, 4},
                                      {0x21, 1},
                                      {0x21, 0xfe},
                                      {0x43, 0x34},
                                      {0x40, 2},
                                      {0x40, 0}})
        w.m.board.out(u16(port), 1, u32(value), 0);
    w.m.board.advance(1'000'000);
    w.m.now = 1'000'000;
}

const Row rows[] = {
    // --- pin-based ---
    leaves(PinBased::external_interrupt_exiting, "nop\nhlt", ExitReason::EXTERNAL_INTERRUPT,
           interrupt_waits),
    tells(PinBased::NMI_exiting, "nop\nhlt", number(ExitReason::CPUID), 0, nmi_waits, reason),
    // Blocking by NMI of the host's says nothing about the guest's.
    tells(
        PinBased::virtual_NMIs, "hlt", 0, isa::interruptibility::NMI,
        [](LongWorld& w) {
            w.use(PinBased::NMI_exiting);
            w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, nmi);
        },
        [](const LongWorld& w) {
            return u64(w.m.cpu.nmi_blocked ? 0 : w.get(F::GUEST_INTERRUPTIBILITY_STATE));
        }),
    leaves(PinBased::preemption_timer, "nop\nhlt", ExitReason::VMX_PREEMPTION_TIMER_EXPIRED),
    // --- primary processor-based ---
    leaves(ProcBased::interrupt_window_exiting, "sti\nnop\nhlt", ExitReason::INTERRUPT_WINDOW),
    tells(
        ProcBased::use_TSC_offsetting, "rdtsc\nhlt", 0, 7,
        [](LongWorld& w) { w.set(F::TSC_OFFSET, u64{7} << 32); },
        [](const LongWorld& w) { return w.m.cpu.regs.gpr[cpu::DX]; }),
    tells(
        ProcBased::HLT_exiting, "hlt\ncpuid", number(ExitReason::VMX_PREEMPTION_TIMER_EXPIRED),
        number(ExitReason::HLT),
        [](LongWorld& w) {
            w.use(PinBased::preemption_timer), w.set(F::VMX_PREEMPTION_TIMER_VALUE, 1000);
        },
        reason),
    leaves(ProcBased::INVLPG_exiting, "invlpg [rax]\nhlt", ExitReason::INVLPG),
    leaves(ProcBased::MWAIT_exiting, "xor ecx, ecx\nmwait\nhlt", ExitReason::MWAIT),
    tells(
        ProcBased::RDPMC_exiting, "rdpmc", 0, number(ExitReason::RDPMC),
        [](LongWorld& w) { w.set(F::EXCEPTION_BITMAP, 1u << u8(isa::Vector::GP)); }, reason),
    leaves(ProcBased::RDTSC_exiting, "rdtsc\nhlt", ExitReason::RDTSC),
    leaves(ProcBased::CR3_load_exiting, "mov rax, cr3\nmov cr3, rax\nhlt",
           ExitReason::CONTROL_REGISTER_ACCESS),
    leaves(ProcBased::CR3_store_exiting, "mov rax, cr3\nhlt", ExitReason::CONTROL_REGISTER_ACCESS),
    leaves(ProcBased::CR8_load_exiting, "xor eax, eax\nmov cr8, rax\nhlt",
           ExitReason::CONTROL_REGISTER_ACCESS),
    leaves(ProcBased::CR8_store_exiting, "mov rax, cr8\nhlt", ExitReason::CONTROL_REGISTER_ACCESS),
    tells(
        ProcBased::use_TPR_shadow, "mov rax, cr8\nhlt", 0, 9,
        [](LongWorld& w) {
            w.set(F::VIRTUAL_APIC_ADDRESS, virtual_apic_at);
            w.write(virtual_apic_at + 0x80, 0x90);
        },
        ax),
    leaves(ProcBased::NMI_window_exiting, "nop\nhlt", ExitReason::NMI_WINDOW,
           [](LongWorld& w) { w.use(PinBased::NMI_exiting), w.use(PinBased::virtual_NMIs); }),
    leaves(ProcBased::MOV_DR_exiting, "mov rax, dr0\nhlt", ExitReason::MOV_DR),
    leaves(ProcBased::unconditional_IO_exiting, "out 0x80, al\nhlt", ExitReason::IO_INSTRUCTION),
    leaves(ProcBased::use_IO_bitmaps, "out 0x80, al\nhlt", ExitReason::IO_INSTRUCTION,
           [](LongWorld& w) {
               w.set(F::IO_BITMAP_A_ADDRESS, marked_at), w.set(F::IO_BITMAP_B_ADDRESS, marked_at);
               w.write(marked_at + 0x80 / 8, 1);
           }),
    leaves(ProcBased::monitor_trap_flag, "nop\nhlt", ExitReason::MONITOR_TRAP_FLAG),
    // Without bitmaps every RDMSR leaves.
    tells(
        ProcBased::use_MSR_bitmaps, "mov ecx, 0x174\nrdmsr\nhlt", number(ExitReason::RDMSR),
        number(ExitReason::HLT), [](LongWorld& w) { w.set(F::MSR_BITMAP_ADDRESS, marked_at); },
        reason),
    leaves(ProcBased::MONITOR_exiting, "mov eax, 0x5000\nxor ecx, ecx\nmonitor\nhlt",
           ExitReason::MONITOR),
    leaves(ProcBased::PAUSE_exiting, "pause\nhlt", ExitReason::PAUSE),
    leaves(ProcBased::activate_secondary_controls, "wbinvd\nhlt", ExitReason::WBINVD,
           [](LongWorld& w) {
               // Without an EPT the guest runs in the host's memory.
               w.set(F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                     cap::b(ProcBased2::WBINVD_exiting));
               w.run_in_host_memory();
           }),
    // --- secondary processor-based ---
    tells(
        ProcBased2::enable_EPT, "mov rax, [abs 0x260000]\nhlt", number(ExitReason::HLT),
        number(ExitReason::EPT_VIOLATION), [](LongWorld& w) { w.run_in_host_memory(); }, reason),
    leaves(ProcBased2::descriptor_table_exiting, "sgdt [rsp]\nhlt",
           ExitReason::ACCESS_TO_GDTR_OR_IDTR),
    tells(ProcBased2::enable_RDTSCP, "rdtscp\nhlt", ud, 0, undefined_instructions_leave, exception),
    // Without a VPID an entry forgets what the guest had translated.
    tells(
        ProcBased2::enable_VPID, "mov rax, [abs 0x61000]\nhlt", 2, 1,
        [](LongWorld& w) {
            w.set(F::VIRTUAL_PROCESSOR_ID, 5);
            w.write(guest_base + 0x61000, 1), w.write(guest_base + 0x62000, 2);
        },
        [](const LongWorld& first) {
            LongWorld w = first;
            w.map_to(0x61000, 0x62000);
            w.set(F::GUEST_RIP, guest_code_at);
            w.resume();
            return ax(w);
        }),
    leaves(ProcBased2::WBINVD_exiting, "wbinvd\nhlt", ExitReason::WBINVD),
    // Without it, protected mode with paging is asked for at the entry.
    tells(
        ProcBased2::unrestricted_guest, "hlt", 33u | isa::entry_failure, number(ExitReason::HLT),
        [](LongWorld& w) {
            w.set(F::VM_ENTRY_CONTROLS, cap::entry.must);
            w.set(F::GUEST_CR0, isa::cr0::NE | isa::cr0::PE);
        },
        reason),
    leaves(ProcBased2::PAUSE_loop_exiting, "mov ecx, 50\na: pause\nloop a\nhlt", ExitReason::PAUSE,
           [](LongWorld& w) { w.set(F::PLE_GAP, 30), w.set(F::PLE_WINDOW, 20); }),
    tells(ProcBased2::enable_INVPCID,
          "mov eax, 2\nmov qword [rsp], 0\nmov qword [rsp + 8], 0\ninvpcid rax, [rsp]\nhlt", ud, 0,
          undefined_instructions_leave, exception),
    leaves(ProcBased2::RDRAND_exiting, "rdrand eax\nhlt", ExitReason::RDRAND),
    leaves(ProcBased2::RDSEED_exiting, "rdseed rbx\nhlt", ExitReason::RDSEED),
    tells(
        ProcBased2::enable_VM_functions, "xor eax, eax\nxor ecx, ecx\nvmfunc\nhlt", ud, 0,
        [](LongWorld& w) {
            undefined_instructions_leave(w);
            w.set(F::VM_FUNCTION_CONTROLS, 1), w.set(F::EPTP_LIST_ADDRESS, list_at);
            w.write(list_at, isa::ept::pointer(ept_at), 8);
        },
        exception),
    tells(
        ProcBased2::use_TSC_scaling, "rdtsc\nhlt", 1, 2,
        [](LongWorld& w) {
            w.use(ProcBased::use_TSC_offsetting);
            w.set(F::TSC_MULTIPLIER, bit(49));
            w.m.now = bit(32);
        },
        [](const LongWorld& w) { return w.m.cpu.regs.gpr[cpu::DX]; }),
    // --- VM-exit controls ---
    tells(
        ExitControl::save_debug_controls, "mov eax, 0x401\nmov dr7, rax\nhlt", 0x400, 0x401,
        [](LongWorld&) {}, [](const LongWorld& w) { return w.get(F::GUEST_DR7); }),
    // A 64-bit host cannot ask for a return to 32-bit mode.
    tells(
        ExitControl::host_address_space_size, "hlt", 8, 0, [](LongWorld&) {},
        [](const LongWorld& w) { return w.get(F::VM_INSTRUCTION_ERROR); }),
    tells(
        ExitControl::acknowledge_interrupt_on_exit, "nop\nhlt", 0, 1u << 31 | 0x20,
        [](LongWorld& w) {
            w.use(PinBased::external_interrupt_exiting);
            interrupt_waits(w);
        },
        exception),
    tells(
        ExitControl::save_PAT, "hlt", 0, isa::pat::after_reset, [](LongWorld&) {},
        [](const LongWorld& w) { return w.get(F::GUEST_IA32_PAT); }),
    tells(
        ExitControl::load_PAT, "hlt", isa::pat::after_reset, other_pat,
        [](LongWorld& w) { w.set(F::HOST_IA32_PAT, other_pat); },
        [](const LongWorld& w) { return w.m.cpu.msr.pat; }),
    tells(
        ExitControl::save_EFER, "hlt", 0, isa::efer::LMA | isa::efer::LME, [](LongWorld&) {},
        [](const LongWorld& w) { return w.get(F::GUEST_IA32_EFER); }),
    tells(
        ExitControl::load_EFER, "hlt", 0, isa::efer::NXE,
        [](LongWorld& w) {
            w.set(F::HOST_IA32_EFER, isa::efer::LMA | isa::efer::LME | isa::efer::NXE);
        },
        [](const LongWorld& w) { return w.m.cpu.msr.efer & isa::efer::NXE; }),
    tells(
        ExitControl::save_preemption_timer, "mov ecx, 800\na: loop a\nhlt", 1, 0,
        [](LongWorld& w) {
            w.use(PinBased::preemption_timer), w.set(F::VMX_PREEMPTION_TIMER_VALUE, 100'000);
        },
        [](const LongWorld& w) { return u64(w.get(F::VMX_PREEMPTION_TIMER_VALUE) == 100'000); }),
    // --- VM-entry controls ---
    tells(
        EntryControl::load_debug_controls, "mov rax, dr7\nhlt", 0x400, 0x402,
        [](LongWorld& w) { w.set(F::GUEST_DR7, 0x402); }, ax),
    // The same bytes: a REX prefix in 64-bit mode, DEC EAX in 32-bit mode.
    tells(
        EntryControl::IA32e_mode_guest, "mov eax, 7\ndb 0x48\nnop\nhlt", 6, 7,
        [](LongWorld& w) {
            w.set(F::GUEST_CS_ACCESS_RIGHTS,
                  has(w.get(F::VM_ENTRY_CONTROLS), cap::b(EntryControl::IA32e_mode_guest))
                      ? 0xa09b
                      : 0xc09b);
            w.set(F::GUEST_PDPTE0, (LongWorld::guest_pml4_at + 0x2000) | 1);
        },
        ax),
    tells(
        EntryControl::load_PAT, "mov ecx, 0x277\nrdmsr\nhlt", isa::pat::after_reset & 0xffffffff,
        other_pat & 0xffffffff,
        [](LongWorld& w) {
            w.set(F::GUEST_IA32_PAT, other_pat);
            w.use(ProcBased::use_MSR_bitmaps), w.set(F::MSR_BITMAP_ADDRESS, marked_at);
        },
        ax),
    tells(
        EntryControl::load_EFER, "hlt", 0, isa::efer::NXE,
        [](LongWorld& w) {
            w.set(F::GUEST_IA32_EFER, isa::efer::LMA | isa::efer::LME | isa::efer::NXE);
            w.use(ExitControl::save_EFER);
        },
        [](const LongWorld& w) { return w.get(F::GUEST_IA32_EFER) & isa::efer::NXE; }),
};

}  // namespace

TEST_CASE("each control that may be 1 or 0 makes the difference that the manual says") {
    for (const Row& row : rows) {
        CAPTURE(int(row.word));
        CAPTURE(row.bit);
        const F field = field_of(row.word);
        for (const bool on : {false, true}) {
            CAPTURE(on);
            LongWorld w;
            w.set(field, merge(w.get(field), on ? bit(row.bit) : 0, bit(row.bit)));
            row.prepare(w);
            w.set(field, merge(w.get(field), on ? bit(row.bit) : 0, bit(row.bit)));
            w.launch(row.guest);
            CHECK(row.outcome(w) == (on ? row.on : row.off));
        }
    }
}

TEST_CASE("the capability MSRs let be 1 what is modelled, and nothing else") {
    std::set<std::pair<Word, unsigned>> tried;
    for (const Row& row : rows) tried.insert({row.word, row.bit});
    CHECK(tried.size() == std::size(rows));
    for (const Word word : {Word::Pin, Word::Primary, Word::Secondary, Word::Exit, Word::Entry})
        for (unsigned n = 0; n < 32; ++n) {
            CAPTURE(int(word));
            CAPTURE(n);
            const bool free = has(allowed(word).may, bit(n)) && !has(allowed(word).must, bit(n));
            CHECK(tried.contains({word, n}) == free);
        }
}

TEST_CASE("the MSRs say what the table of controls says") {
    const std::pair<u32, cap::Allowed> words[] = {{isa::msr::VMX_TRUE_PINBASED_CTLS, cap::pin},
                                                  {isa::msr::VMX_TRUE_PROCBASED_CTLS, cap::primary},
                                                  {isa::msr::VMX_PROCBASED_CTLS2, cap::secondary},
                                                  {isa::msr::VMX_TRUE_EXIT_CTLS, cap::exit},
                                                  {isa::msr::VMX_TRUE_ENTRY_CTLS, cap::entry}};
    for (const auto& entry : words) {
        const u32 index = entry.first;
        const cap::Allowed word = entry.second;
        CAPTURE(index);
        LongWorld w;
        w.run_host("mov ecx, " + std::to_string(index) + "\nrdmsr\nhlt");
        CHECK(w.m.cpu.regs.gpr[cpu::AX] == word.must);
        CHECK(w.m.cpu.regs.gpr[cpu::DX] == word.may);
    }
}

}  // namespace ringside
