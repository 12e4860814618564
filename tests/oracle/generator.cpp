#include "tests/oracle/trial_builder.hpp"

namespace ringside::oracle {

Generator::Generator(unsigned bits, std::vector<Encoding> encodings, Vendor vendor, u64 seed,
                     bool windows)
    : bits_(bits),
      encodings_(std::move(encodings)),
      vendor_(vendor),
      windows_(windows),
      random_(seed) {}

void Generator::add_some(TrialBuilder& builder, u64 count) {
    for (; count > 0; --count) {
        const u32 other = u32(random_() % encodings_.size());
        builder.add(encodings_[other], other);
    }
}

Trial Generator::next() {
    for (;;) {
        const u32 focus = u32(turn_++ % encodings_.size());
        const Encoding& e = encodings_[focus];
        const bool windowed = windows_ && bits_ == 32 && e.sample.address_size == 2 &&
                              e.sample.op != isa::Op::LEA && random_() % 8 != 0;
        // Sometimes others come first: they make flags and values that no start state has.
        for (u64 others = random_() % 3;; others = 0) {
            TrialBuilder builder(bits_, windowed, vendor_, random_);
            add_some(builder, others);
            if (builder.add(e, focus)) {
                add_some(builder, random_() % 4);
                return builder.finish();
            }
            if (others == 0) break;
        }
    }
}

void Generator::fill(std::span<u8, data_bytes> memory) {
    for (u8& b : memory) b = u8(random_());
}

}  // namespace ringside::oracle
