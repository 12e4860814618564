// Fuzz target: any descriptor and page tables, and code that uses them.
//
//   byte 0      mode
//   then        records: a kind, and what it needs. Some change a table, some add an instruction.
#include "sim/base/check.hpp"
#include "sim/isa/descriptors_long.hpp"
#include "sim/isa/paging.hpp"
#include "tests/fuzz/emitter.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/invariants.hpp"
#include "tests/fuzz/worlds.hpp"
#include "tests/unit/machine/long_machine.hpp"

namespace ringside::fuzz {
namespace {

using machine::Machine;

constexpr u64 steps = 200;
constexpr u32 ldt_at = 0x6000, second_tss_at = 0x7000;
constexpr Mode table_modes[] = {Mode::Ring0, Mode::Ring3, Mode::Paged, Mode::PagedUser,
                                Mode::Pae,   Mode::Long0, Mode::Long3, Mode::Compatibility};

/// A table entry: any bits, or one of the usual kinds with a few bits turned over.
u64 entry(Input& in) {
    using namespace isa;
    const u8 kind = in.byte();
    if (kind & 0x80) return in.qword();
    const u8 dpl = kind >> 4 & 3;
    const u16 selector = in.byte();
    const u64 flipped = bit(in.byte() % 64);
    const u32 base = kind & 0x40 ? data_at : 0;
    switch (kind & 15) {
        case 0: return segment32(base, 0xffffffff, access(dpl, data_type)).raw ^ flipped;
        case 1: return segment32(base, 0xfff, access(dpl, 7)).raw ^ flipped;  // expand-down
        case 2: return segment32(0, 0xffffffff, access(dpl, code_type)).raw ^ flipped;
        case 3: return segment32(0, 0xffffffff, access(dpl, 0xf)).raw ^ flipped;  // conforming
        case 4: return segment64(access(dpl, code_type)).raw ^ flipped;
        case 5: return tss32(second_tss_at, 0x67).raw ^ flipped;
        case 6: return (tss32(second_tss_at, 0x2b).raw & ~bit(43)) ^ flipped;        // 16-bit
        case 7: return (tss32(ldt_at, 0x7f).raw & ~(u64{15} << 40)) | u64{2} << 40;  // LDT
        default: {
            constexpr SystemType gates[] = {SystemType::CallGate,        SystemType::CallGate16,
                                            SystemType::TaskGate,        SystemType::InterruptGate,
                                            SystemType::InterruptGate16, SystemType::TrapGate,
                                            SystemType::TrapGate16,      SystemType::CallGate};
            return gate32(gates[kind & 7], selector, test::handlers_at + 16 * 13, dpl,
                          kind & 0x40 ? 3 : 0)
                       .raw ^
                   flipped;
        }
    }
}

u64 paging_entry(Input& in) {
    const u8 choice = in.byte();
    if (choice & 0x80) return in.qword();
    // A page of the memory, or one of the tables themselves.
    const u64 frame =
        choice & 0x40 ? test::pml4_at + (u64(choice & 7) << 12) : u64(in.byte()) << 12;
    return frame | in.byte() | (choice & 0x20 ? isa::paging::XD : 0);
}

/// The table that record kind `which` changes: where entry `index` lies.
u32 place(u8 which, u8 index, bool long_mode) {
    switch (which) {
        case 0: return test::gdt_at + 8 * (index % 16);
        case 1: return test::idt_at + (long_mode ? 16 : 8) * (index % 64);
        case 2: return ldt_at + 8 * (index % 16);
        default: return test::pml4_at + 0x1000 * (which & 7) + 8 * index;
    }
}

u64 address(Input& in) {
    const u8 choice = in.byte();
    switch (choice & 3) {
        case 0: return data_at + choice;
        case 1: return u64(in.byte()) << 12 | 0xffe;
        case 2: return in.dword();
        default: return in.qword();
    }
}

void add_instruction(Emitter& code, Input& in) {
    const u8 which = in.byte();
    const u16 selector = in.byte() | (which & 0x80 ? 0x100 : 0);
    switch (which % 24) {
        case 0:
        case 1: code.load_segment(selector & 7, in.byte()); break;
        case 2: code.far_branch(false, selector, code.here() + 64); break;
        case 3: code.far_branch(true, selector, test::handlers_at + 16 * 13); break;
        case 4: code.raw({0xcd, u8(selector)}); break;
        case 5: code.far_return(selector, code.here() + (code.wide() ? 24 : 11)); break;
        case 6: {
            const u32 flags = in.dword();
            const u16 ss = in.byte();
            code.interrupt_return(selector,
                                  code.here() + (code.wide() ? 57
                                                 : ss        ? 26
                                                             : 16),
                                  flags, ss, test::stack_at - 0x100);
            break;
        }
        case 7: code.load(selector).raw({0x0f, 0x00, 0xd0}); break;      // lldt ax
        case 8: code.load(selector).raw({0x0f, 0x00, 0xd8}); break;      // ltr ax
        case 9: code.load(selector).raw({0x0f, 0x02, 0xc8}); break;      // lar ecx, eax
        case 10: code.load(selector).raw({0x0f, 0x03, 0xc8}); break;     // lsl ecx, eax
        case 11: code.load(selector).raw({0x0f, 0x00, 0xe0}); break;     // verr ax
        case 12: code.load(selector).raw({0x0f, 0x00, 0xe8}); break;     // verw ax
        case 13: code.load(address(in)).raw({0x8b, 0x08}); break;        // mov ecx, [eax]
        case 14: code.load(address(in)).raw({0x01, 0x08}); break;        // add [eax], ecx
        case 15: code.load(address(in)).raw({0x0f, 0x01, 0x38}); break;  // invlpg [eax]
        case 16: code.raw({0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8}); break;  // cr3 = cr3
        case 17: code.load(address(in)).raw({0xff, 0xd0}); break;        // call eax
        case 18: code.load(address(in)).raw({0x0f, 0x01, 0x10}); break;  // lgdt [eax]
        case 19:  // btc eax, n of CR0 or CR4, and back into it
            code.raw({0x0f, 0x20, u8(selector & 1 ? 0xc0 : 0xe0), 0x0f, 0xba, 0xf8,
                      u8(in.byte() & 31)})
                .raw({0x0f, 0x22, u8(selector & 1 ? 0xc0 : 0xe0)});
            break;
        case 20: code.load(address(in)).raw({0x65, 0x87, 0x08}); break;  // xchg gs:[eax], ecx
        case 21: code.load(address(in)).raw({0x94}); break;              // xchg esp, eax
        case 22: code.raw({0x0f, 0x34}).raw({0x0f, 0x05}); break;        // sysenter, syscall
        default:
            for (const u8 byte : in.take(1 + selector % 4)) code.raw({byte});
    }
}

/// A look changes nothing, and tells what the walk then does.
void check_walk(const Machine& m, u64 linear, mem::Access access) {
    const mem::PagingMode mode = m.cpu.paging_mode();
    mem::Ram ram = m.ram;
    const mem::Walk looked = mem::peek_walk(ram, mode, {linear}, access);
    RINGSIDE_CHECK(ram == m.ram);
    const mem::Walk walked = mem::walk(ram, mode, {linear}, access);
    RINGSIDE_CHECK(looked.outcome == walked.outcome && looked.error_code == walked.error_code);
    if (walked.outcome != mem::Walk::Mapped) {
        RINGSIDE_CHECK(ram == m.ram);
        return;
    }
    RINGSIDE_CHECK(looked.physical == walked.physical);
    // A page table that maps itself may have changed the way by having been walked.
    for (unsigned n = 0; n < walked.step_count; ++n)
        RINGSIDE_CHECK(walked.steps[n].level >= 1 && walked.steps[n].level <= 4);
}

struct Script {
    Machine machine;
    std::vector<u64> looked_at;
};

Script script_of(Input& in) {
    const Mode mode = table_modes[in.byte() % std::size(table_modes)];
    Script script{world(mode), {}};
    Machine& m = script.machine;
    Emitter code(test::code_at, code_bits(mode) == 64);
    std::vector<u8> tss(0x68);
    m.ram.copy_out({test::tss_at}, tss);
    m.ram.copy_in({second_tss_at}, tss);
    while (!in.empty() && code.bytes().size() < 0x800) {
        const u8 kind = in.byte();
        if (kind & 0x80) {
            add_instruction(code, in);
        } else if (kind < 0x30) {
            const u8 which = kind & 3, index = in.byte();
            if (which == 3)
                m.ram.write({(kind & 4 ? test::tss_at : second_tss_at) + index % 0x68}, 4,
                            in.dword());
            else
                m.ram.write({place(which, index, m.cpu.long_mode())}, 8, entry(in));
        } else {
            const u8 index = in.byte();
            m.ram.write({place(kind, index, false)}, kind & 8 ? 4 : 8, paging_entry(in));
            script.looked_at.push_back(u64(index) << (kind & 0x10 ? 21 : 12));
        }
    }
    m.cpu.gdtr.limit = 16 * 8 - 1;
    code.raw({0xf4});
    m.poke({test::code_at}, code.bytes());
    return script;
}

}  // namespace
}  // namespace ringside::fuzz

extern "C" int LLVMFuzzerTestOneInput(const ringside::u8* bytes, size_t count) {
    using namespace ringside;
    fuzz::Input in(bytes, count);
    const fuzz::Script script = fuzz::script_of(in);
    for (const u64 linear : script.looked_at)
        for (const mem::Access access :
             {mem::Access{}, mem::Access{.write = true, .user = true}, mem::Access{.fetch = true}})
            fuzz::check_walk(script.machine, linear, access);
    fuzz::check_run(script.machine, fuzz::steps);
    return 0;
}
