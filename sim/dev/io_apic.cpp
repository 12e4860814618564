// The I/O APIC. Intel 82093AA data sheet.
#include "sim/dev/io_apic.hpp"

namespace ringside::dev {

using namespace isa::apic;

namespace {
constexpr u32 low_writable = entry::vector | entry::delivery | entry::logical | entry::active_low |
                             entry::level | entry::masked;
constexpr u32 id_bits = 0xfu << id_shift;
}  // namespace

u32 IoApic::read_register(u8 index) const {
    if (index == io::id || index == io::arbitration) return id_;
    if (index == io::version) return io::version_value;
    const unsigned word = unsigned(index - io::table);
    if (index < io::table || word / 2 >= io::pins) return 0;
    return word % 2 ? table_[word / 2].high : table_[word / 2].low;
}

u32 IoApic::peek(u32 offset) const {
    if (offset == io::select) return select_;
    return offset == io::window ? read_register(select_) : 0;
}

std::optional<InterruptMessage> IoApic::write(u32 offset, u32 value) {
    if (offset == io::select) return select_ = u8(value), std::nullopt;
    if (offset != io::window) return {};
    if (select_ == io::id) return id_ = value & id_bits, std::nullopt;
    const unsigned word = unsigned(select_ - io::table);
    if (select_ < io::table || word / 2 >= io::pins) return {};
    Entry& e = table_[word / 2];
    if (word % 2) return e.high = value & (0xffu << io::destination_shift), std::nullopt;
    e.low = (value & low_writable) | (e.low & entry::remote_irr);
    if (!(e.low & entry::level)) e.low &= ~entry::remote_irr;
    const Delivery delivery = delivery_of(e.low);
    const bool external = delivery == Delivery::ExtInt && word / 2 == 0;
    if (!(e.low & entry::masked) && !external && delivery != Delivery::Fixed &&
        delivery != Delivery::LowestPriority)
        not_modelled_ = "this delivery mode of the I/O APIC";
    return level_request(word / 2);
}

bool IoApic::asserted(unsigned pin) const {
    return bool(lines_ >> pin & 1) != bool(table_[pin].low & entry::active_low);
}

InterruptMessage IoApic::message(const Entry& e) const {
    return {u8(e.low & entry::vector), delivery_of(e.low), bool(e.low & entry::level),
            bool(e.low & entry::logical), u8(e.high >> io::destination_shift)};
}

/// A level asks until its EOI, then again if it is still there: "Remote IRR".
std::optional<InterruptMessage> IoApic::level_request(unsigned pin) {
    Entry& e = table_[pin];
    if (!(e.low & entry::level) || (e.low & (entry::masked | entry::remote_irr)) || !asserted(pin))
        return {};
    e.low |= entry::remote_irr;
    return message(e);
}

std::optional<InterruptMessage> IoApic::set_line(unsigned pin, bool level) {
    const bool before = asserted(pin);
    lines_ = level ? lines_ | 1u << pin : lines_ & ~(1u << pin);
    const Entry& e = table_[pin];
    if (delivery_of(e.low) == Delivery::ExtInt) return {};
    if (e.low & entry::level) return level_request(pin);
    // "Edge-sensitive interrupts signaled on a masked interrupt pin are ignored".
    if (before || !asserted(pin) || (e.low & entry::masked)) return {};
    return message(e);
}

std::optional<InterruptMessage> IoApic::end_of_interrupt(u8 vector) {
    std::optional<InterruptMessage> again;
    for (unsigned pin = 0; pin < io::pins; ++pin) {
        Entry& e = table_[pin];
        if (!(e.low & entry::level) || (e.low & entry::vector) != vector) continue;
        e.low &= ~entry::remote_irr;
        if (const auto request = level_request(pin)) again = request;
    }
    return again;
}

bool IoApic::passes_external() const {
    return delivery_of(table_[0].low) == Delivery::ExtInt && !(table_[0].low & entry::masked);
}

}  // namespace ringside::dev
