// The board: what answers at memory addresses. Local APIC and I/O APIC have 32-bit registers only.
#include "sim/base/bits.hpp"
#include "sim/dev/board.hpp"

namespace ringside::dev {

namespace {
constexpr u64 word_bytes = 4;
constexpr u32 offset_in_page(HostPhys at) { return u32(at.value & (isa::apic::page - 1)); }
}  // namespace

u64 Board::read_memory(HostPhys at, unsigned bytes, Cycle now) {
    reach(now);
    u64 value = 0;
    // Word by word; of a narrower read the register's bytes, of an unclaimed place all ones.
    for (unsigned done = 0; done < bytes;) {
        const HostPhys word{(at.value + done) & ~(word_bytes - 1)};
        const unsigned skip = unsigned((at.value + done) & (word_bytes - 1));
        const unsigned take = std::min<unsigned>(word_bytes - skip, bytes - done);
        u64 content = ~u64{0};
        if (local_apic_.claims(word)) {
            content = local_apic_.read(offset_in_page(word), now);
        } else if (IoApic::claims(word)) {
            content = io_apic_.peek(offset_in_page(word));
        } else if (rom_.claims(word)) {
            content = 0;
            for (unsigned n = 0; n < word_bytes; ++n) content |= u64{rom_.from(word)[n]} << (8 * n);
        }
        value |= (content >> (8 * skip) & width_mask(take)) << (8 * done);
        done += take;
    }
    settle();
    return value;
}

u64 Board::peek_memory(HostPhys at, unsigned bytes, Cycle now) const {
    Board copy = *this;
    return copy.read_memory(at, bytes, now);
}

void Board::write_memory(HostPhys at, unsigned bytes, u64 value, Cycle now) {
    if (rom_.claims(at)) return;  // a ROM does not listen
    reach(now);
    if (bytes != word_bytes || at.value % word_bytes != 0)
        not_modelled_ = "a write to an APIC that is not one aligned 32-bit word";
    else if (IoApic::claims(at))
        pass_on(io_apic_.write(offset_in_page(at), u32(value)));
    else if (const auto ended = local_apic_.write(offset_in_page(at), u32(value), now))
        pass_on(io_apic_.end_of_interrupt(*ended));
    settle();
}

void Board::set_apic_base(u64 value) {
    local_apic_.set_base(value);
    settle();
}

}  // namespace ringside::dev
