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

void Tlb::set_context(const TlbContext& context) {
    for (u8 n = 0; n < contexts_.size(); ++n)
        if (contexts_[n] == context) {
            current_ = n;
            return;
        }
    current_ = replaced_next_;
    drop([this](const TlbEntry& e) { return e.context == current_; });
    contexts_[current_] = context;
    replaced_next_ = u8(current_ % (contexts_.size() - 1) + 1);
}

void Tlb::flush_context(TlbTag tag) {
    drop([&](const TlbEntry& e) { return mine(e) && !e.global && e.tag == tag; });
}

void Tlb::flush_page(u64 page, TlbTag tag) {
    drop_page(page, [&](const TlbEntry& e) { return mine(e) && (e.global || e.tag == tag); });
}

void Tlb::flush_address(u64 page, TlbTag tag) {
    drop_page(page, [&](const TlbEntry& e) { return mine(e) && !e.global && e.tag == tag; });
}

void Tlb::flush_vpid(u16 vpid, bool keep_global) {
    drop([&](const TlbEntry& e) {
        return contexts_[e.context].vpid == vpid && !(keep_global && e.global);
    });
    if (instructions_.empty() && data_.empty()) large_pages_ = false;
}

void Tlb::flush_address_of(u16 vpid, u64 page) {
    drop_page(page, [this, vpid](const TlbEntry& e) { return contexts_[e.context].vpid == vpid; });
}

void Tlb::flush_all_vpids_but_0() {
    drop([this](const TlbEntry& e) { return contexts_[e.context].vpid != 0; });
}

void Tlb::flush_ept(u64 ept_root) {
    drop([&](const TlbEntry& e) { return contexts_[e.context].ept_root == ept_root; });
}

void Tlb::flush_all_epts() {
    drop([this](const TlbEntry& e) { return contexts_[e.context].ept_root != 0; });
}

}  // namespace ringside::mem
