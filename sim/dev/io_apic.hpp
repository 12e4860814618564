// The I/O APIC: 24 interrupt pins and the table that says where each one goes.
#pragma once
#include <array>
#include <optional>

#include "sim/dev/interrupt_message.hpp"

namespace ringside::dev {

/// Intel 82093AA data sheet.
class IoApic {
  public:
    static bool claims(HostPhys at) {
        return (at.value & ~(isa::apic::page - 1)) == isa::apic::io_base;
    }
    u32 peek(u32 offset) const;
    /// A change of a redirection entry may let a waiting level through: then a message.
    std::optional<InterruptMessage> write(u32 offset, u32 value);

    /// Pin `pin` goes to `level`. The message that it causes, if any.
    std::optional<InterruptMessage> set_line(unsigned pin, bool level);
    /// The local APIC announces the end of `vector`: the first pin of that vector that still asks.
    std::optional<InterruptMessage> end_of_interrupt(u8 vector);
    /// Pin 0 passes the 8259s' INTR on (delivery mode ExtINT).
    bool passes_external() const;
    const char* not_modelled() const { return not_modelled_; }
    bool operator==(const IoApic&) const = default;

  private:
    struct Entry {
        u32 low = isa::apic::entry::masked, high = 0;
        bool operator==(const Entry&) const = default;
    };

    u32 read_register(u8 index) const;
    std::optional<InterruptMessage> level_request(unsigned pin);
    InterruptMessage message(const Entry& e) const;
    bool asserted(unsigned pin) const;

    std::array<Entry, isa::apic::io::pins> table_{};
    u32 lines_ = 0;
    u32 id_ = 0;
    u8 select_ = 0;
    const char* not_modelled_ = nullptr;
};

}  // namespace ringside::dev
