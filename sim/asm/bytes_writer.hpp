// Little-endian words appended to a vector of bytes: what the file formats are made of.
#pragma once
#include <string_view>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::assembler {

class BytesWriter {
  public:
    void u8_(u64 v) { word(v, 1); }
    void u16_(u64 v) { word(v, 2); }
    void u32_(u64 v) { word(v, 4); }
    void text(std::string_view s) {
        out_.insert(out_.end(), s.begin(), s.end());
        out_.push_back(0);
    }
    /// DWARF 4 "Variable Length Data".
    void uleb(u64 v) {
        do {
            const u8 low = v & 0x7f;
            v >>= 7;
            out_.push_back(static_cast<u8>(low | (v ? 0x80 : 0)));
        } while (v);
    }
    void sleb(i64 v) {
        for (bool more = true; more;) {
            const u8 low = static_cast<u8>(v & 0x7f);
            v >>= 7;
            more = !((v == 0 && !(low & 0x40)) || (v == -1 && (low & 0x40)));
            out_.push_back(static_cast<u8>(low | (more ? 0x80 : 0)));
        }
    }
    void bytes(const std::vector<u8>& b) { out_.insert(out_.end(), b.begin(), b.end()); }
    void pad_to(size_t size) {
        if (out_.size() < size) out_.resize(size);
    }
    /// Writes over a 32-bit word that was left open.
    void patch32(size_t at, u64 v) {
        for (size_t i = 0; i < 4; ++i) out_[at + i] = static_cast<u8>(v >> (8 * i));
    }
    size_t size() const { return out_.size(); }
    std::vector<u8> take() { return std::move(out_); }

  private:
    void word(u64 v, unsigned count) {
        for (unsigned i = 0; i < count; ++i) out_.push_back(static_cast<u8>(v >> (8 * i)));
    }
    std::vector<u8> out_;
};

}  // namespace ringside::assembler
