// A window of each listing around its place.
#include "ui/view/make_code_view.hpp"

#include <algorithm>

#include "ui/view/number_text.hpp"

namespace ringside::ui {
namespace {

constexpr size_t rows_before = 60, rows_after = 60;

CodeMark mark_for(const Listing::Row& row, const CodePlaceNow& now) {
    if (now.wrong && now.wrong->contains(row.address)) return CodeMark::Wrong;
    if (!now.deprivileged) return CodeMark::None;
    const isa::InstructionRow& instruction = isa::row(row.op);
    if (instruction.unprivileged_sensitive()) return CodeMark::Silent;
    if (instruction.cpl == 0 || instruction.sensitivity == isa::Sensitivity::Privileged ||
        instruction.sensitivity == isa::Sensitivity::Conditional)
        return row.op == isa::Op::RDTSC ? CodeMark::None : CodeMark::Traps;
    return CodeMark::None;
}

CodeColumn column_of(const Listing& listing, const CodePlaceNow& now, World world, u64 eip,
                     bool active) {
    CodeColumn column;
    column.world = world;
    column.active = active;
    const std::string place = listing.place(u32(eip));
    column.title =
        std::string(world == World::GuestApplication ? "Guest application" : world_label(world)) +
        (place.empty() ? "" : " · " + place);
    if (world == World::GuestKernel)
        column.title = "Guest kernel" + (place.empty() ? "" : " · " + place);
    const auto here = listing.row_at(u32(eip));
    if (!here) {
        column.empty = "No listing covers " + hex(eip) + ".";
        return column;
    }
    const size_t from = *here > rows_before ? *here - rows_before : 0,
                 to = std::min(listing.rows().size(), *here + rows_after);
    for (size_t i = from; i < to; ++i) {
        const Listing::Row& row = listing.rows()[i];
        CodeRow shown;
        shown.kind = row.kind;
        shown.address = row.address;
        shown.text = row.text;
        shown.bytes = row.bytes;
        if (row.kind == CodeRowKind::Instruction && is_guest(world))
            shown.mark = mark_for(row, now);
        // While a translation runs, the instruction that it stands for is marked too.
        shown.current =
            (active || (is_guest(world) && now.world == World::Translated)) && i == *here;
        column.rows.push_back(std::move(shown));
    }
    column.focus = int(*here - from);
    return column;
}

CodeColumn translated_column(const std::vector<TranslatedRow>& block, u64 eip, bool active) {
    CodeColumn column;
    column.world = World::Translated;
    column.active = active;
    column.title = "Translated block";
    column.empty = "Translated code will be shown here when it runs.";
    u64 guest = 0;
    for (const TranslatedRow& t : block) {
        if (t.guest != guest) {
            guest = t.guest;
            CodeRow heading;
            heading.kind = CodeRowKind::Source;
            heading.text = "; from " + hex(guest);
            column.rows.push_back(heading);
        }
        CodeRow row;
        row.address = t.address;
        row.text = t.text;
        row.bytes = t.bytes;
        row.mark = t.mark;
        row.current = active && t.address == eip;
        if (t.address <= eip) column.focus = int(column.rows.size());
        column.rows.push_back(row);
    }
    return column;
}

}  // namespace

CodeView make_code_view(const CodeBook& book, const CodePlaceNow& now,
                        const std::vector<TranslatedRow>& translated) {
    CodeView view;
    const bool in_guest = is_guest(now.world), below = is_below_guest(now.world);
    if (now.guest_started) {
        view.columns.push_back(column_of(book.guest, now, in_guest ? now.world : World::GuestKernel,
                                         now.guest_eip, in_guest));
    } else {
        CodeColumn waiting;
        waiting.title = "Guest kernel";
        waiting.empty = "The guest has not run yet: the VMM sets itself up.";
        view.columns.push_back(waiting);
    }
    if (!translated.empty() && !below)
        view.columns.push_back(
            translated_column(translated, now.eip, now.world == World::Translated));
    else if (!book.native)
        view.columns.push_back(
            column_of(book.vmm, now, below ? now.world : World::Vmm, now.vmm_eip, below));
    return view;
}

}  // namespace ringside::ui
