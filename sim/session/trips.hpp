// The trips out of a guest and back, leg by leg: how often each was made and how long it took.
//
//   guest --> vmm --> host --> device_process --> host --> vmm --> guest
//
// A program says where a leg begins by a probe point: trip.guest, trip.vmm and so on. A leg lasts
// until the next of them. A trip begins where the first leg out of a guest ends.
#pragma once
#include <map>
#include <string_view>
#include <vector>

#include "sim/session/report.hpp"

namespace ringside::session {

class Trips {
  public:
    static constexpr size_t longest = 12;  ///< legs of a trip; longer ones are told by legs alone
    static constexpr size_t most_kinds = 64;  ///< of trips that are told

    /// The processor is at the point `name` from now on. The same name again: the leg goes on.
    void pass(std::string_view name, Cycle now);
    const std::vector<Leg>& legs() const { return legs_; }
    /// The most frequent first.
    std::vector<Trip> trips() const;

  private:
    struct Taken {
        u64 count = 0;
        std::vector<u64> cycles;
    };
    void add_leg(std::string_view to, u64 cycles);
    void come_home();

    std::string at_;  ///< empty before the first point
    Cycle since_ = 0;
    std::vector<Leg> legs_;
    std::vector<std::string> path_;  ///< of the trip that goes on; empty: none, or too long
    std::vector<u64> path_cycles_;
    std::map<std::vector<std::string>, Taken> trips_;
};

}  // namespace ringside::session
