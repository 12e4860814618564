#include "sim/session/trips.hpp"

#include <algorithm>

namespace ringside::session {

namespace {
constexpr std::string_view home = "guest";
}

void Trips::pass(std::string_view name, Cycle now) {
    if (name == at_) return;
    if (!at_.empty()) add_leg(name, now - since_);
    at_ = name;
    since_ = now;
}

void Trips::add_leg(std::string_view to, u64 cycles) {
    auto leg = std::find_if(legs_.begin(), legs_.end(),
                            [&](const Leg& one) { return one.from == at_ && one.to == to; });
    if (leg == legs_.end()) leg = legs_.insert(leg, {at_, std::string(to)});
    ++leg->count;
    leg->cycles += cycles;

    if (at_ == home) {
        path_ = {std::string(to)};
        path_cycles_.clear();
        return;
    }
    if (path_.empty()) return;
    path_.emplace_back(to);
    path_cycles_.push_back(cycles);
    if (to == home)
        come_home();
    else if (path_cycles_.size() == longest)
        path_.clear();
}

void Trips::come_home() {
    if (trips_.size() == most_kinds && !trips_.contains(path_)) return;
    Taken& taken = trips_[path_];
    ++taken.count;
    taken.cycles.resize(path_cycles_.size());
    for (size_t i = 0; i < path_cycles_.size(); ++i) taken.cycles[i] += path_cycles_[i];
}

std::vector<Trip> Trips::trips() const {
    std::vector<Trip> out;
    for (const auto& [path, taken] : trips_) out.push_back({path, taken.count, taken.cycles});
    std::stable_sort(out.begin(), out.end(),
                     [](const Trip& a, const Trip& b) { return a.count > b.count; });
    return out;
}

}  // namespace ringside::session
