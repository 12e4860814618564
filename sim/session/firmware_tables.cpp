#include "sim/session/firmware_tables.hpp"

#include <numeric>
#include <string_view>

#include "sim/isa/apic.hpp"
#include "sim/isa/cpuid.hpp"
#include "sim/isa/mp_table.hpp"
#include "sim/isa/pc.hpp"
#include "sim/isa/vga.hpp"

namespace ringside::session {
namespace {

using namespace isa;

class Bytes {
  public:
    Bytes& put(u64 value, unsigned bytes) {
        for (unsigned n = 0; n < bytes; ++n) all_.push_back(u8(value >> (8 * n)));
        return *this;
    }
    /// Padded with blanks.
    Bytes& text(std::string_view words, size_t bytes) {
        for (size_t n = 0; n < bytes; ++n)
            all_.push_back(n < words.size() ? u8(words[n]) : u8(' '));
        return *this;
    }
    /// The byte at `at` becomes what makes the sum of all 0.
    std::vector<u8> with_checksum(size_t at) {
        all_[at] = u8(-std::accumulate(all_.begin(), all_.end(), 0));
        return all_;
    }
    size_t size() const { return all_.size(); }
    const std::vector<u8>& all() const { return all_; }

  private:
    std::vector<u8> all_;
};

constexpr u8 bus = 0;

/// "I/O Interrupt Assignment Entries": each line of the ISA bus to its pin.
unsigned interrupts(Bytes& out) {
    unsigned entries = 0;
    const auto io = [&](mp::Interrupt type, unsigned irq, unsigned pin) {
        out.put(mp::IoInterrupt, 1).put(type, 1).put(0, 2).put(bus, 1).put(irq, 1);
        out.put(apic::io::own_id, 1).put(pin, 1);
        ++entries;
    };
    const auto local = [&](mp::Interrupt type, unsigned lint) {
        out.put(mp::LocalInterrupt, 1).put(type, 1).put(0, 2).put(bus, 1).put(0, 1);
        out.put(mp::all_local_apics, 1).put(lint, 1);
        ++entries;
    };
    io(mp::External, 0, 0);
    for (unsigned irq = 0; irq < pc::irq::lines; ++irq)
        if (irq != pc::irq::cascade)
            io(mp::Vectored, irq, irq == pc::irq::timer ? apic::io::timer_pin : irq);
    local(mp::External, 0);
    local(mp::Nmi, 1);
    return entries;
}

}  // namespace

std::vector<u8> mp_table(u32 at) {
    Bytes body;
    const cpuid::Leaf cpu = cpuid::answer(1);
    body.put(mp::Processor, 1).put(apic::io::local_id, 1).put(u8(apic::version), 1);
    body.put(mp::processor_enabled | mp::processor_bootstrap, 1).put(cpu.eax, 4).put(cpu.edx, 4);
    body.put(0, 8);
    body.put(mp::Bus, 1).put(bus, 1).text("ISA", 6);
    body.put(mp::IoApic, 1).put(apic::io::own_id, 1).put(u8(apic::io::version_value), 1);
    body.put(mp::io_apic_enabled, 1).put(apic::io_base, 4);
    const unsigned entries = 3 + interrupts(body);

    Bytes table;
    constexpr size_t checksum = 7;
    table.put(mp::table_signature, 4).put(mp::header_bytes + body.size(), 2);
    table.put(mp::revision, 1).put(0, 1).text("RINGSIDE", 8).text("PC", 12).put(0, 6);
    table.put(entries, 2).put(apic::local_base, 4).put(0, 4);
    for (const u8 byte : body.all()) table.put(byte, 1);

    Bytes pointer;
    constexpr size_t pointer_checksum = 10;
    pointer.put(mp::pointer_signature, 4).put(at + mp::pointer_bytes, 4);
    pointer.put(mp::pointer_paragraphs, 1).put(mp::revision, 1).put(0, 6);
    std::vector<u8> all = pointer.with_checksum(pointer_checksum);
    for (const u8 byte : table.with_checksum(checksum)) all.push_back(byte);
    return all;
}

void leave_firmware_tables(mem::Ram& ram, unsigned disks) {
    constexpr u32 paragraph = 16;
    const auto word = [&](u32 at, u64 value) { ram.write({at}, 2, value); };
    word(bda::com1, pc::port::com1);
    word(bda::com2, pc::port::com2);
    word(bda::extended_segment, bda::extended / paragraph);
    word(bda::equipment, bda::equipment_two_serial_ports | bda::equipment_80x25_colour);
    word(bda::memory_kib, bda::base_memory_kib);
    ram.write({bda::video_mode}, 1, 3);
    word(bda::columns, vga::columns);
    word(bda::crtc_port, vga::port::crtc_index);
    ram.write({bda::disks}, 1, disks);
    ram.write({bda::last_row}, 1, vga::rows - 1);
    ram.write({bda::extended}, 1, bda::extended_kib);
    constexpr u32 table_at = bda::extended + paragraph;
    ram.copy_in({table_at}, mp_table(table_at));
}

}  // namespace ringside::session
