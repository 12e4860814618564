// Which of the theme's colours stands for a world, a tone, a kind of translated instruction.
#pragma once
#include "ui/view/code_view.hpp"
#include "ui/view/world.hpp"
#include "ui/widgets/theme.hpp"

namespace ringside::ui {

inline ImU32 colour_of(const Theme& theme, World world) { return theme.world[unsigned(world)]; }

inline ImU32 colour_of(const Theme& theme, Tone tone) {
    switch (tone) {
        case Tone::Plain: return theme.muted;
        case Tone::Crossing: return theme.text;
        case Tone::Silent: return theme.silent;
        case Tone::Wrong: return theme.wrong;
        case Tone::Good: return theme.good;
    }
    return theme.muted;
}

inline ImU32 colour_of(const Theme& theme, CodeMark mark) {
    switch (mark) {
        case CodeMark::None: return theme.text;
        case CodeMark::Silent: return theme.silent;
        case CodeMark::Wrong: return theme.wrong;
        case CodeMark::Traps: return theme.world[3];
        case CodeMark::Copied: return theme.good;
        case CodeMark::Rewritten: return theme.world[2];
        case CodeMark::CallOut: return theme.world[3];
        case CodeMark::InCache: return theme.silent;
        case CodeMark::Chain: return theme.muted;
    }
    return theme.text;
}

}  // namespace ringside::ui
