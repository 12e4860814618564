#include "scenarios/vmms/common/virtual_pit.hpp"

#include "sim/isa/pc.hpp"

namespace ringside::vmm {

using namespace isa::pc;

namespace {

u32 from_bcd(u32 value) {
    u32 out = 0, weight = 1;
    for (; value; value >>= 4, weight *= 10) out += (value & 15) * weight;
    return out;
}
u32 to_bcd(u32 value) {
    u32 out = 0;
    for (unsigned shift = 0; value && shift < 16; shift += 4, value /= 10)
        out |= value % 10 << shift;
    return out;
}

}  // namespace

u32 VirtualPit::Counter::count(u32 now) const {
    if (!counting) return 0;
    const u32 elapsed = now - started;
    if (mode == 2) return reload - elapsed % reload;
    if (mode == 3) return (reload - 2 * elapsed % reload) & ~1u;  // counts by two
    const u32 around = bcd ? 10000 : 0x10000;                     // it goes on below zero
    return (reload + around - elapsed % around) % around;
}

/// "Mode Definitions".
bool VirtualPit::Counter::output(u32 now) const {
    const u32 elapsed = now - started;
    if (!counting) return mode != 0;
    if (mode == 2) return elapsed % reload != reload - 1;
    if (mode == 3) return elapsed % reload < (reload + 1) / 2;
    return mode == 0 ? elapsed >= reload : elapsed != reload;
}

bool VirtualPit::Counter::take_edge(u32 now) {
    const u32 elapsed = now - started;
    if (!counting || one_shot_done || elapsed < reload) return false;
    if (periodic())
        started += elapsed - elapsed % reload;  // several at once are one
    else
        one_shot_done = true;
    return true;
}

bool VirtualPit::Counter::next_edge(u32 now, u32& at) const {
    if (!counting || one_shot_done) return false;
    at = now - started < reload ? started + reload : now;
    return true;
}

void VirtualPit::Counter::load(u16 value, u32 now) {
    const u32 full = bcd ? 10000 : 0x10000;
    const u32 count = bcd ? from_bcd(value) : value;
    // A rate generator takes the new count at the end of the period; here at once.
    reload = count ? count : full;
    started = now;
    counting = true;
    one_shot_done = false;
}

/// "Write Operations".
void VirtualPit::Counter::write(u8 byte, u32 now) {
    if (access == pit::access_low) return load(byte, now);
    if (access == pit::access_high) return load(u16(byte << 8), now);
    if (high_byte_next_out)
        load(u16(low_byte | byte << 8), now);
    else
        low_byte = byte;
    high_byte_next_out = !high_byte_next_out;
}

void VirtualPit::Counter::latch_count(u32 now) {
    if (latched) return;
    latched = true;
    latch = u16(bcd ? to_bcd(count(now)) : count(now));
}
void VirtualPit::Counter::latch_status(u32 now) {
    if (status_latched) return;
    status_latched = true;
    status = u8((output(now) ? pit::status_out : 0) | (counting ? 0 : pit::status_null_count) |
                access << pit::access_shift | mode << pit::mode_shift | (bcd ? pit::bcd : 0));
}

/// "Read Operations".
u8 VirtualPit::Counter::read(u32 now) {
    if (status_latched) return status_latched = false, status;
    const u16 value = latched ? latch : u16(bcd ? to_bcd(count(now)) : count(now));
    const bool high =
        access == pit::access_high || (access == pit::access_word && high_byte_next_in);
    if (access == pit::access_word) high_byte_next_in = !high_byte_next_in;
    if (access != pit::access_word || high) latched = false;
    return u8(high ? value >> 8 : value);
}

/// "Control Word Format", "Read-Back Command".
void VirtualPit::control(u8 byte, u32 now) {
    const unsigned which = byte >> pit::counter_shift;
    if (which == pit::read_back) {
        for (unsigned n = 0; n < 3; ++n) {
            if (!(byte & 2u << n)) continue;
            if (!(byte & pit::keep_count)) counters_[n].latch_count(now);
            if (!(byte & pit::keep_status)) counters_[n].latch_status(now);
        }
        return;
    }
    Counter& counter = counters_[which];
    const u8 access = (byte >> pit::access_shift) & 3;
    if (access == pit::access_latch) return counter.latch_count(now);
    counter = {};
    counter.access = access;
    counter.mode = (byte >> pit::mode_shift) & 7;
    if (counter.mode > 5) counter.mode &= 3;  // modes 2 and 3 have two names
    counter.bcd = byte & pit::bcd;
}

u8 VirtualPit::in(u16 port, u32 now) {
    if (port == port::port_b) return u8(port_b_ | (counters_[2].output(now) ? pit::out2 : 0));
    return port == port::pit_control ? 0xff : counters_[port - port::pit_counter0].read(now);
}

void VirtualPit::out(u16 port, u8 byte, u32 now) {
    if (port == port::port_b)
        port_b_ = byte & (pit::gate2 | pit::speaker);
    else if (port == port::pit_control)
        control(byte, now);
    else
        counters_[port - port::pit_counter0].write(byte, now);
}

}  // namespace ringside::vmm
