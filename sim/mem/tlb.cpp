#include "sim/mem/tlb.hpp"

namespace ringside::mem {

template <class Which>
void Tlb::drop(Which which) {
    instructions_.drop(which);
    data_.drop(which);
}

template <class Which>
void Tlb::drop_page(u64 page, Which which) {
    if (large_pages_) return drop([&](const TlbEntry& e) { return e.same_page(page) && which(e); });
    instructions_.drop_at_page(page, which);
    data_.drop_at_page(page, which);
}

void Tlb::flush() {
    drop([](const TlbEntry&) { return true; });
    large_pages_ = false;
}

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
