#include "sim/machine/checkpoints.hpp"

#include <algorithm>

namespace ringside::machine {

/// Beyond what it shares with its predecessor; the first one's memory is the program's own. A page
/// that is the same in two of them is the same in all that lie between.
u64 Checkpoints::bytes_of(Moments::const_iterator one) const {
    u64 bytes = sizeof(Moments::value_type);
    if (one != moments_.begin())
        bytes += one->second.machine.ram.bytes_apart(std::prev(one)->second.machine.ram);
    return bytes;
}

void Checkpoints::count_bytes() {
    bytes_ = 0;
    for (auto one = moments_.begin(); one != moments_.end(); ++one) bytes_ += bytes_of(one);
}

void Checkpoints::keep(const Moment& moment) {
    const u64 step = moment.machine.steps;
    const bool is_last = moments_.empty() || step > last();
    if (moment.pinned)
        moments_.insert_or_assign(step, moment);
    else if (!moments_.try_emplace(step, moment).second)
        return;
    if (is_last)
        bytes_ += bytes_of(std::prev(moments_.end()));
    else
        count_bytes();
    if (room_ == Room::Slide) return slide();
    while (full()) {
        const size_t before = moments_.size();
        thin_out();
        if (moments_.size() == before && spacing_ > last()) return;  // only pinned ones are left
    }
}

void Checkpoints::slide() {
    while (full() && moments_.size() > 1) {
        moments_.erase(moments_.begin());
        count_bytes();
    }
}

/// The last one goes like the others: there will be others soon.
void Checkpoints::thin_out() {
    spacing_ *= 2;
    std::erase_if(moments_,
                  [&](const auto& m) { return m.first % spacing_ != 0 && !m.second.pinned; });
    count_bytes();
}

const Moment* Checkpoints::nearest_before(u64 step) const {
    const auto after = moments_.upper_bound(step);
    return after == moments_.begin() ? nullptr : &std::prev(after)->second;
}

void Checkpoints::forget_after(u64 step) {
    moments_.erase(moments_.upper_bound(step), moments_.end());
    count_bytes();
}

void Checkpoints::restart(u64 spacing) {
    moments_.clear();
    spacing_ = std::max<u64>(spacing, 1);
    bytes_ = 0;
}

}  // namespace ringside::machine
