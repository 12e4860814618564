// How the board reaches a device behind a port, without knowing which of its members it is.
#pragma once
#include <array>

#include "sim/base/types.hpp"

namespace ringside::dev {

struct PortRange {
    unsigned first, last;
};

template <class Owner>
struct ByteAccess {
    u8 (*in)(Owner&, u16, Cycle);
    void (*out)(Owner&, u16, u8, Cycle);
};
/// Data registers take and give several bytes at once.
template <class Owner>
struct WideAccess {
    u32 (*in)(Owner&, unsigned, Cycle) = nullptr;
    void (*out)(Owner&, unsigned, u32, Cycle) = nullptr;
};

template <class Member>
struct OwnerOf;
template <class Owner, class Device>
struct OwnerOf<Device Owner::*> {
    using type = Owner;
};

template <auto member>
constexpr auto byte_access() {
    using Owner = typename OwnerOf<decltype(member)>::type;
    return ByteAccess<Owner>{
        [](Owner& b, u16 port, Cycle now) { return (b.*member).in(port, now); },
        [](Owner& b, u16 port, u8 byte, Cycle now) { (b.*member).out(port, byte, now); }};
}
template <auto member>
constexpr auto wide_access() {
    using Owner = typename OwnerOf<decltype(member)>::type;
    return WideAccess<Owner>{
        [](Owner& b, unsigned bytes, Cycle now) { return (b.*member).in_data(bytes, now); },
        [](Owner& b, unsigned bytes, u32 value, Cycle now) {
            (b.*member).out_data(bytes, value, now);
        }};
}

inline constexpr u8 no_route = 0xff;

/// Which of the routes a port has, for the ISA bus' first 400h ports: all that there are.
template <class Route, size_t n>
constexpr std::array<u8, 0x400> index_of_ports(const Route (&routes)[n]) {
    std::array<u8, 0x400> index{};
    index.fill(no_route);
    for (size_t i = 0; i < n; ++i)
        for (unsigned port = routes[i].ports.first; port <= routes[i].ports.last; ++port)
            index[port] = u8(i);
    return index;
}

}  // namespace ringside::dev
