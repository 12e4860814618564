// What will arrive at a device from outside, each at its time: scripted input.
#pragma once
#include <algorithm>
#include <memory>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::dev {

/// A byte that arrives on the line at a time.
struct ArrivingByte {
    Cycle when = 0;
    u8 byte = 0;
    bool operator==(const ArrivingByte&) const = default;
};

/// In order of time. The list is immutable and shared by copies; each has its own place in it.
/// `Item` has a member `when`.
template <class Item>
class Arrivals {
  public:
    /// Adds to what will arrive; nothing comes before what is already expected.
    void expect(const std::vector<Item>& items) {
        std::vector<Item> all(rest_begin(), rest_end());
        for (Item next : items) {
            if (!all.empty()) next.when = std::max(next.when, all.back().when);
            all.push_back(std::move(next));
        }
        items_ = std::make_shared<const std::vector<Item>>(std::move(all));
        taken_ = 0;
    }
    bool empty() const { return !items_ || taken_ == items_->size(); }
    /// When the next one arrives, or `never`.
    Cycle next() const { return empty() ? never : (*items_)[taken_].when; }
    /// The next one; there must be one.
    const Item& take() { return (*items_)[taken_++]; }

    bool operator==(const Arrivals& o) const {
        if (items_ == o.items_ && taken_ == o.taken_) return true;
        return std::equal(rest_begin(), rest_end(), o.rest_begin(), o.rest_end());
    }

  private:
    const Item* rest_begin() const { return items_ ? items_->data() + taken_ : nullptr; }
    const Item* rest_end() const { return items_ ? items_->data() + items_->size() : nullptr; }

    std::shared_ptr<const std::vector<Item>> items_;
    size_t taken_ = 0;
};

}  // namespace ringside::dev
