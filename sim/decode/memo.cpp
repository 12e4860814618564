#include "sim/decode/memo.hpp"

#include <algorithm>
#include <cstring>

#include "sim/base/bits.hpp"

namespace ringside::decode {

Decoded DecodeMemo::decode(std::span<const u8> bytes, unsigned bits) {
    // Two bytes and their number tell most instructions apart; the rest share a slot.
    if (bytes.size() < 4) return decode::decode(bytes, bits);
    u32 word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    Entry& e = entries_[((word & 0xffffff) * 0x9e3779b1u >> 16 ^ bits) % slots];
    const bool known = e.fixed && e.bits == bits && e.decoded.insn.length <= bytes.size() &&
                       std::equal(e.bytes.begin(), e.bytes.begin() + e.fixed, bytes.begin());
    if (known) {
        Decoded d = e.decoded;
        u64 immediate = 0;
        std::memcpy(&immediate, bytes.data() + e.fixed, d.immediate_bytes);
        if (d.immediate_bytes) d.insn.immediate = i64(sign_extend(immediate, d.immediate_bytes));
        return d;
    }
    const Decoded d = decode::decode(bytes, bits);
    if (d.status != Decoded::Ok || d.insn.undefined) return d;
    // An immediate that is not simply the bytes, sign-extended, is remembered with its value.
    u64 immediate = 0;
    const unsigned fixed = d.insn.length - d.immediate_bytes;
    std::memcpy(&immediate, bytes.data() + fixed, d.immediate_bytes);
    const bool plain =
        d.immediate_bytes && d.insn.immediate == i64(sign_extend(immediate, d.immediate_bytes));
    std::copy_n(bytes.begin(), d.insn.length, e.bytes.begin());
    e.decoded = d;
    if (!plain) e.decoded.immediate_bytes = 0;
    e.fixed = u8(plain ? fixed : d.insn.length);
    e.bits = u8(bits);
    return d;
}

}  // namespace ringside::decode
