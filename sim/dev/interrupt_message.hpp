// What travels on the APIC bus.
#pragma once
#include "sim/isa/apic.hpp"

namespace ringside::dev {

struct InterruptMessage {
    u8 vector = 0;
    isa::apic::Delivery delivery = isa::apic::Delivery::Fixed;
    bool level = false;    ///< level-triggered: its EOI is announced
    bool logical = false;  ///< how to read
    u8 destination = 0;
    bool operator==(const InterruptMessage&) const = default;
};

}  // namespace ringside::dev
