// The guest's program beside the VMM's, each at its present or last place.
#pragma once
#include <set>

#include "ui/view/code_book.hpp"
#include "ui/view/code_view.hpp"

namespace ringside::ui {

struct CodePlaceNow {
    World world{};
    u64 eip = 0;        ///< linear
    u64 guest_eip = 0;  ///< where the guest's program is or was last; 0: it has not started
    u64 vmm_eip = 0;    ///< the same for the VMM
    bool guest_started = false;
    bool deprivileged = false;  ///< the guest kernel runs outside ring 0
    const std::set<u64>* wrong =
        nullptr;  ///< addresses whose sensitive instruction gave a wrong answer
};

/// A translated block: bytes of the cache with what each came from.
struct TranslatedRow {
    u64 address = 0;
    std::string text, bytes;
    CodeMark mark = CodeMark::None;
    u64 guest = 0;  ///< the guest instruction that it stands for
};

/// `translated`: the block around the EIP when translated code runs, or the last one that did.
CodeView make_code_view(const CodeBook& book, const CodePlaceNow& now,
                        const std::vector<TranslatedRow>& translated);

}  // namespace ringside::ui
