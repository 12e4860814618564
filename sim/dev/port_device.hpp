// What every device behind byte ports offers. A device is a value: no pointer, no clock of its own.
#pragma once
#include <concepts>

#include "sim/base/types.hpp"

namespace ringside::dev {

/// `in` and `out` may change the device, `peek` tells what `in` would give and changes nothing;
/// `next_event` is the cycle at which the device would next do something unasked, or `never`.
template <class D>
concept PortDevice = std::copyable<D> && std::equality_comparable<D> &&
    requires(D device, const D& looked_at, u16 port, u8 byte, Cycle now) {
    { device.in(port, now) } -> std::same_as<u8>;
    { device.out(port, byte, now) } -> std::same_as<void>;
    { looked_at.peek(port, now) } -> std::same_as<u8>;
    { looked_at.next_event() } -> std::same_as<Cycle>;
};

}  // namespace ringside::dev
