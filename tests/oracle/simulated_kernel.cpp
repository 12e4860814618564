#include "tests/oracle/simulated_kernel.hpp"

#include "sim/isa/descriptors_long.hpp"
#include "sim/isa/paging.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::oracle {
namespace {

using namespace isa;
using machine::Machine;

constexpr u32 root_at = 0x1000, gdt_at = 0x3000, ldt_at = 0x3800, idt_at = 0x4000, tss_at = 0x5000,
              kernel_stack_top = 0x9000, tables_at = 0x40000;
constexpr u16 gdt_limit = 0x7f, ldt_limit = 0x1f, tss_limit = 103;
constexpr u16 kernel_code = 0x10, kernel_data = 0x18, tss_selector = 0x40, ldt_selector = 0x50;
constexpr u32 vectors = 32;

void put(Machine& m, u32 at, u64 value, unsigned bytes = 8) {
    u8 raw[8];
    for (unsigned n = 0; n < bytes; ++n) raw[n] = u8(value >> (8 * n));
    m.poke({at}, {raw, bytes});
}

Descriptor flat(u8 dpl, u8 type) { return segment32(0, 0xffffffff, access(dpl, type)); }
/// 64-bit code as Linux describes it: L in place of D, a limit that does not count.
Descriptor flat64(u8 dpl) { return {(flat(dpl, code_type).raw & ~bit(54)) | bit(53)}; }
Descriptor system_descriptor(SystemType type, u64 base, u32 limit) {
    return {merge(tss32(u32(base), limit).raw, u64(type) << 40, u64(0xf) << 40)};
}

/// PAE or 4-level page tables, made as they are needed.
class Tables {
  public:
    Tables(Machine& m, unsigned levels) : m_(m), levels_(levels) {}
    void map(u64 linear, u32 physical, u64 rights) {
        u32 table = root_at;
        for (unsigned level = levels_ - 1; level > 0; --level) {
            const u32 entry = table + slot(linear, 12 + 9 * level);
            u64 next = m_.ram.read({entry}, 8) & ~u64{0xfff};
            if (next == 0) {
                next = next_;
                next_ += 0x1000;
                // SDM 3A "PDPTE Registers": those of PAE paging have no rights.
                const bool register_entry = levels_ == 3 && level == 2;
                put(m_, entry, next | paging::P | (register_entry ? 0 : paging::RW | paging::US));
            }
            table = u32(next);
        }
        put(m_, table + slot(linear, 12), physical | paging::P | rights);
    }

  private:
    static u32 slot(u64 linear, unsigned shift) { return 8 * u32(linear >> shift & 0x1ff); }
    Machine& m_;
    unsigned levels_;
    u32 next_ = tables_at;
};

void map_all(Machine& m, Kernel kernel) {
    const bool wide = kernel == Kernel::Long;
    Tables tables(m, wide ? 4 : 3);
    for (u32 at = 0; at < kernel_bytes; at += 0x1000)
        tables.map(kernel_at(kernel) + at, at, paging::RW);
    tables.map(code_at, code_page, paging::US);
    tables.map(leave_page_at, leave_page, paging::US);
    for (u32 at = 0; at < data_bytes; at += 0x1000) {
        tables.map(data_at + at, data_pages + at, paging::US | paging::RW | paging::XD);
        if (wide)
            tables.map(high_data_at + at, data_pages + at, paging::US | paging::RW | paging::XD);
    }
    tables.map(read_only_at, read_only_page, paging::US | paging::XD);
    for (unsigned n = 0; n < m.cpu.pdpte.size() && !wide; ++n)
        m.cpu.pdpte[n] = m.ram.read({root_at + 8 * n}, 8);
}

/// What lies around the trials' code, and where they end: JMP $.
void write_code_pages(Machine& m) {
    std::array<u8, code_bytes> filling;
    filling.fill(code_filling);
    m.poke({code_page}, filling);
    for (const unsigned bits : {32u, 64u}) put(m, leave_page + leave_at(bits) % 0x1000, 0xfeeb, 2);
}

/// Null selectors and gaps stay 0, as Linux' unused entries are.
void make_descriptors(Machine& m, Kernel kernel) {
    const u64 base = kernel_at(kernel);
    const bool wide = kernel == Kernel::Long;
    const auto entry = [&](u16 selector, u64 raw) { put(m, gdt_at + (selector & ~7u), raw); };
    entry(kernel_code, wide ? flat64(0).raw : flat(0, code_type).raw);
    entry(kernel_data, flat(0, data_type).raw);
    entry(code32_selector, user_code(32).raw);
    entry(flat_selector, flat_data().raw);
    entry(code64_selector, user_code(64).raw);
    const Descriptor tss = system_descriptor(SystemType::TssBusy, base + tss_at, tss_limit),
                     ldt = system_descriptor(SystemType::Ldt, base + ldt_at, ldt_limit);
    entry(tss_selector, tss.raw);
    entry(ldt_selector, ldt.raw);
    put(m, ldt_at + (window_selector & ~7u), window_data().raw);
    m.cpu.gdtr = {base + gdt_at, gdt_limit};
    m.cpu.tr = cpu::Segment::from(tss_selector, tss);
    m.cpu.ldtr = cpu::Segment::from(ldt_selector, ldt);
    if (!wide) return;
    entry(tss_selector + 8, base >> 32);
    entry(ldt_selector + 8, base >> 32);
    m.cpu.tr.base = base + tss_at;
    m.cpu.ldtr.base = base + ldt_at;
}

void make_gates(Machine& m, Kernel kernel) {
    const u64 base = kernel_at(kernel);
    const bool wide = kernel == Kernel::Long;
    constexpr u8 hlt = 0xf4;
    for (u32 v = 0; v < vectors; ++v) {
        // #BP and #OF may be raised by INT3, INTO and INT n.
        const u8 dpl = v == u32(Vector::BP) || v == u32(Vector::OF) ? 3 : 0;
        const u64 handler = base + handlers_page + handler_bytes * v;
        const LongDescriptor gate = gate64(SystemType::InterruptGate, kernel_code, handler, dpl);
        put(m, idt_at + (wide ? 16 : 8) * v, gate.low);
        if (wide) put(m, idt_at + 16 * v + 8, gate.high);
        put(m, handlers_page + handler_bytes * v, hlt, 1);
    }
    m.cpu.idtr = {base + idt_at, u16(vectors * (wide ? 16 : 8) - 1)};
    // Neither has an I/O bitmap: its base lies at the limit.
    if (wide) {
        put(m, tss_at + offsetof(Tss64, rsp), base + kernel_stack_top);
        put(m, tss_at + offsetof(Tss64, io_map_base), sizeof(Tss64), 2);
    } else {
        put(m, tss_at + offsetof(Tss32, esp0), base + kernel_stack_top, 4);
        put(m, tss_at + offsetof(Tss32, ss0), kernel_data, 4);
        put(m, tss_at + offsetof(Tss32, io_map_base), sizeof(Tss32), 2);
    }
}

}  // namespace

Descriptor user_code(unsigned bits) { return bits == 64 ? flat64(3) : flat(3, code_type); }
Descriptor flat_data() { return flat(3, data_type); }
Descriptor window_data() { return segment32(data_at, data_bytes - 1, access(3, data_type)); }

Machine machine_with(Kernel kernel) {
    Machine m({.ram_bytes = 1 << 20, .profile = timing::find_profile("off")});
    m.enter_multiboot(0, 0);
    map_all(m, kernel);
    write_code_pages(m);
    make_descriptors(m, kernel);
    make_gates(m, kernel);
    m.cpu.cr3 = root_at;
    m.cpu.cr0 |= cr0::PG | cr0::WP | cr0::NE | cr0::AM;
    m.cpu.cr4 |= cr4::PAE;
    m.cpu.msr.efer |= efer::NXE;
    if (kernel == Kernel::Long) {
        m.cpu.cr4 |= cr4::FSGSBASE;
        m.cpu.msr.efer |= efer::LME | efer::LMA | efer::SCE;
    }
    return m;
}

}  // namespace ringside::oracle
