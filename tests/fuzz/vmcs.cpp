// Fuzz target: any VMCS contents, EPT and guest, and any VMX instructions.
//
// A VMM enters its guest, and after each exit that is none of a failed entry steps over the guest's
// instruction and resumes, a few times. The input is records: a kind, and what it needs.
#include "sim/base/check.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/invariants.hpp"
#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside::fuzz {
namespace {

using test::VmxWorld;

constexpr u64 steps = 200;
constexpr u32 bitmaps_at = 0x52000, msr_list_at = 0x53000, counter_at = 0x54000;

/// Where the host goes on after an exit.
constexpr const char* landing = R"(
    dec dword [0x54000]
    jz finished
    mov eax, 0x4402             ; the exit reason
    vmread ebx, eax
    test ebx, ebx
    js finished                 ; of a failed entry
    mov eax, 0x440c             ; the instruction's length
    vmread ecx, eax
    mov eax, 0x681e             ; GUEST_RIP
    vmread ebx, eax
    add ebx, ecx
    vmwrite eax, ebx
    vmresume
finished:
    hlt
)";
constexpr const char* host = "vmxon [0x50000]\nvmclear [0x50008]\nvmptrld [0x50008]\n";

/// Made once: a sound VMCS, whose guest would run.
const VmxWorld& sound_world() {
    static const VmxWorld made = [] {
        VmxWorld w;
        w.put(test::landing_at, landing);
        w.write(counter_at, 12);
        w.put(test::host_code_at, host);
        w.m.enter_multiboot(test::host_code_at, 0);
        w.m.cpu.cr0 |= isa::cr0::PE | isa::cr0::NE | isa::cr0::PG;
        w.m.cpu.cr3 = test::directory_at;
        w.m.cpu.cr4 = isa::cr4::PSE | isa::cr4::VMXE;
        w.m.cpu.gdtr = {test::gdt_at, 0x17};
        w.m.cpu.idtr = {test::idt_at, 0x7ff};
        w.m.cpu.regs.gpr[cpu::SP] = test::host_stack_at;
        return w;
    }();
    return made;
}

isa::VmcsField field_of(u8 choice) {
    return isa::VmcsField(isa::vmcs_fields[choice % std::size(isa::vmcs_fields)].encoding);
}

/// A value that a field might have: any, an address that means something here, or a small number.
u64 value_of(Input& in) {
    const u8 choice = in.byte();
    constexpr u32 addresses[] = {
        bitmaps_at,          msr_list_at,         test::vmcs_at,      test::other_vmcs_at,
        test::ept_at | 0x1e, test::guest_code_at, test::directory_at, 0x1000};
    switch (choice & 3) {
        case 0: return in.byte();
        case 1: return addresses[choice >> 2 & 7];
        case 2: return in.dword();
        default: return in.qword();
    }
}

/// What the host does beside, or instead of, entering its guest.
void add_host_instruction(std::vector<u8>& code, Input& in) {
    const auto add = [&](std::initializer_list<u8> bytes) { code.insert(code.end(), bytes); };
    const auto add_load = [&](u8 opcode, u32 value) {
        add({opcode, u8(value), u8(value >> 8), u8(value >> 16), u8(value >> 24)});
    };
    const u8 which = in.byte();
    const auto add_pointed = [&](std::initializer_list<u8> opcode) {
        const u32 pointer = test::pointers_at + 8 * (which >> 4 & 3);
        add(opcode), add({u8(pointer), u8(pointer >> 8), u8(pointer >> 16), u8(pointer >> 24)});
    };
    switch (which & 15) {
        case 0: add_load(0xb8, in.dword()), add({0x0f, 0x78, 0xc3}); break;  // vmread ebx, eax
        case 1:
            add_load(0xb8, u32(field_of(in.byte())) | (which >> 7));
            add_load(0xbb, u32(value_of(in)));
            add({0x0f, 0x79, 0xc3});  // vmwrite eax, ebx
            break;
        case 2: add_pointed({0x66, 0x0f, 0xc7, 0x35}); break;   // vmclear
        case 3: add_pointed({0x0f, 0xc7, 0x35}); break;         // vmptrld
        case 4: add({0x0f, 0xc7, 0x3d, 0, 0x40, 5, 0}); break;  // vmptrst [counter]
        case 5: add({0x0f, 0x01, 0xc2}); break;                 // vmlaunch
        case 6: add({0x0f, 0x01, 0xc3}); break;                 // vmresume
        case 7: add({0x0f, 0x01, 0xc4}); break;                 // vmxoff
        case 8: add({0x0f, 0x01, 0xc1}); break;                 // vmcall
        case 9:
        case 10: {  // invept, invvpid eax, [the list's page]
            add_load(0xb8, in.byte() & 7);
            add({0x66, 0x0f, 0x38, u8(0x80 | (which & 1)), 0x05, 0, 0x30, 5, 0});
            break;
        }
        case 11: add_pointed({0xf3, 0x0f, 0xc7, 0x35}); break;  // vmxon
        case 12:                                                // wrmsr
            add_load(0xb9, in.dword()), add_load(0xb8, in.dword()), add_load(0xba, in.byte());
            add({0x0f, 0x30});
            break;
        case 13: add_load(0xb9, in.dword()), add({0x0f, 0x32}); break;  // rdmsr
        default:
            for (const u8 byte : in.take(1 + (which >> 4))) code.push_back(byte);
    }
}

machine::Machine machine_of(Input& in) {
    VmxWorld w = sound_world();
    std::vector<u8> guest, before_entry;
    while (!in.empty()) {
        const u8 kind = in.byte();
        switch (kind & 15) {
            case 0:
            case 1: w.set(field_of(in.byte()), value_of(in)); break;
            case 2:
            case 3: {
                const auto field = field_of(in.byte());
                w.set(field, w.get(field) ^ bit(in.byte() % 64));
                break;
            }
            case 4: w.write(test::vmcs_at + (in.word() & 0xffc), in.dword()); break;
            case 5: {
                const u32 at = test::ept_at + 0x1000 * (kind >> 4 & 3) + 8 * in.byte();
                w.write(at, value_of(in), 8);
                break;
            }
            case 6: w.write(bitmaps_at + (in.word() & 0xffc), in.dword()); break;
            case 7: w.write(msr_list_at + (in.byte() & 0x3c), in.dword()); break;
            case 8: w.write(test::guest_base + (in.word() & 0xfffc), in.dword()); break;
            case 9:
            case 10: add_host_instruction(before_entry, in); break;
            case 11:
                if (kind >> 4 != cpu::SP) w.m.cpu.regs.gpr[kind >> 4] = in.dword();
                break;
            default: {
                const auto bytes = in.take(1 + (kind >> 4));
                guest.insert(guest.end(), bytes.begin(), bytes.end());
            }
        }
    }
    guest.resize(std::min<size_t>(guest.size(), 0x800));
    w.m.poke({test::guest_base + test::guest_code_at}, guest);
    std::vector<u8> code(64);
    w.m.ram.copy_out({test::host_code_at}, code);
    code.resize(assembler::assemble_flat(host, test::host_code_at).size());
    before_entry.resize(std::min<size_t>(before_entry.size(), 0x800));
    code.insert(code.end(), before_entry.begin(), before_entry.end());
    for (const u8 byte : {0x0f, 0x01, 0xc2, 0xf4}) code.push_back(byte);  // vmlaunch, hlt
    w.m.poke({test::host_code_at}, code);
    return w.m;
}

}  // namespace
}  // namespace ringside::fuzz

extern "C" int LLVMFuzzerTestOneInput(const ringside::u8* bytes, size_t count) {
    using namespace ringside;
    fuzz::Input in(bytes, count);
    fuzz::check_run(fuzz::machine_of(in), fuzz::steps);
    return 0;
}
