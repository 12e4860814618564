// One frame into a picture, by the frame function that the window uses.
#pragma once
#include "ui/app/frame.hpp"
#include "ui/app/graphics.hpp"
#include "ui/app/picture.hpp"

namespace ringside::ui {

struct Screenshot {
    Picture picture;
    std::vector<DrawnText> texts;
};

/// Nothing moves in it: the token has arrived, lists have scrolled to where they belong.
Screenshot take_screenshot(Graphics& graphics, const WindowView& view, FrameState& state, int width,
                           int height);
/// The texts as a JSON array of {text, x, y, width, height, clipped}.
std::string texts_json(const std::vector<DrawnText>& texts);

}  // namespace ringside::ui
