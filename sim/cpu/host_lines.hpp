// Host pointers for translations that the TLB holds: derived, never state.
#pragma once
#include <array>

#include "sim/mem/tlb.hpp"

namespace ringside::cpu {

/// Valid for reads (writes) of linear page `read_page` (`write_page`) at one privilege.
struct alignas(32) HostLine {
    u64 read_page = ~u64{0}, write_page = ~u64{0};
    u64 bias = 0;  ///< host address minus linear address

    /// Written through only where write_page allows it.
    u8* at(u64 linear) const { return reinterpret_cast<u8*>(linear + bias); }  // NOLINT
    /// The page's bytes lie at `host`.
    void point(u64 page, u8* host) { bias = u64(reinterpret_cast<uintptr_t>(host)) - (page << 12); }
};

/// One line for each entry of the data TLB.
class HostLineSet {
  public:
    static constexpr u64 lines = mem::Tlb::Data::entries;
    /// Where the line of a linear page is, filled or not.
    const HostLine& of(u64 page) const { return data_[page % lines]; }
    /// The same, to be filled.
    HostLine& fill(u64 page) {
        used_[page % lines / 64] |= bit(page % lines % 64);
        return data_[page % lines];
    }
    void drop(u64 page) { data_[page % lines] = {}; }
    template <class Each>
    void for_each_used(Each each) {
        for (u64 word = 0; word < used_.size(); ++word)
            for (u64 left = used_[word]; left; left &= left - 1)
                each(data_[word * 64 + u64(__builtin_ctzll(left))]);
    }
    void clear() {
        for_each_used([](HostLine& line) { line = {}; });
        used_ = {};
    }

  private:
    std::array<HostLine, lines> data_{};
    std::array<u64, lines / 64> used_{};
};

/// The page that instructions were last fetched from.
struct FetchLine {
    u64 page = ~u64{0}, frame = 0;
};

struct HostLines {
    HostLineSet supervisor, user;
    HostLineSet& of(bool as_user) { return as_user ? user : supervisor; }
    HostLineSet none;  ///< never filled: for accesses that must be looked at one by one
    FetchLine supervisor_fetch, user_fetch;
    u64 ram_version = ~u64{0};  ///< Ram::version when the pointers were taken

    /// No more writing through a pointer to this page.
    void drop_writes(const u8* page) {
        for (HostLineSet* set : {&supervisor, &user})
            set->for_each_used([page](HostLine& line) {
                if (line.at(line.read_page << 12) == page) line.write_page = ~u64{0};
            });
    }
    void drop(u64 page) {
        supervisor.drop(page);
        user.drop(page);
    }
    void clear() {
        supervisor.clear();
        user.clear();
        supervisor_fetch = user_fetch = {};
    }
};

}  // namespace ringside::cpu
