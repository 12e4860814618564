#include "sim/mem/tlb.hpp"

namespace ringside::mem {

template <class Which>
void Tlb::drop(Which which) {
    for (Half* h : {&instructions_, &data_})
        for (TlbEntry& e : *h)
            if (which(e)) e = {};
}

template <class Which>
void Tlb::drop_page(u64 page, Which which) {
    if (large_pages_) return drop([&](const TlbEntry& e) { return e.same_page(page) && which(e); });
    for (Half* h : {&instructions_, &data_})
        if (TlbEntry& e = (*h)[index(page)]; e.page == page && which(e)) e = {};
}

void Tlb::flush() { *this = {}; }

void Tlb::flush_non_global() {
    drop([](const TlbEntry& e) { return !e.global; });
}

void Tlb::flush_context(TlbTag tag) {
    drop([tag](const TlbEntry& e) { return !e.global && e.tag == tag; });
}

void Tlb::flush_page(u64 page, TlbTag tag) {
    drop_page(page, [tag](const TlbEntry& e) { return e.global || e.tag == tag; });
}

void Tlb::flush_address(u64 page, TlbTag tag) {
    drop_page(page, [tag](const TlbEntry& e) { return !e.global && e.tag == tag; });
}

}  // namespace ringside::mem
