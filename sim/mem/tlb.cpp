#include "sim/mem/tlb.hpp"

namespace ringside::mem {

void Tlb::flush_non_global() {
    for (Half* h : {&instructions_, &data_})
        for (TlbEntry& e : *h)
            if (!e.global) e = {};
}

void Tlb::flush() {
    instructions_ = {};
    data_ = {};
}

void Tlb::flush_page(u64 page) {
    for (Half* h : {&instructions_, &data_})
        if (TlbEntry& e = (*h)[index(page)]; e.page == page) e = {};
}

}  // namespace ringside::mem
