// Host pointers for translations that the TLB holds: derived, never state.
#pragma once
#include <array>

#include "sim/mem/tlb.hpp"

namespace ringside::cpu {

/// Valid for reads (writes) of linear page `read_page` (`write_page`) at one privilege.
struct HostLine {
    u64 read_page = ~u64{0}, write_page = ~u64{0};
    u8* host = nullptr;  ///< written through only where write_page allows it
};

struct HostLineSet {
    std::array<HostLine, mem::Tlb::entries> data{};
};

/// The page that instructions were last fetched from.
struct FetchLine {
    u64 page = ~u64{0}, frame = 0;
};

struct HostLines {
    HostLineSet supervisor, user;
    FetchLine supervisor_fetch, user_fetch;
    u64 ram_version = ~u64{0};  ///< Ram::version when the pointers were taken

    /// No more writing through a pointer to this page.
    void drop_writes(const u8* page) {
        for (HostLineSet* set : {&supervisor, &user})
            for (HostLine& line : set->data)
                if (line.host == page) line.write_page = ~u64{0};
    }
    void clear() {
        supervisor = user = {};
        supervisor_fetch = user_fetch = {};
    }
};

}  // namespace ringside::cpu
