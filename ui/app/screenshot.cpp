// Renders off the screen, so that the size does not depend on the display.
#define GL_GLEXT_PROTOTYPES
#include "ui/app/screenshot.hpp"

#include <GL/gl.h>
#include <GL/glext.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ui/app/style.hpp"

namespace ringside::ui {
namespace {

/// A frame buffer with one colour texture.
class OffScreen {
  public:
    OffScreen(int width, int height) : width_(width), height_(height) {
        glGenTextures(1, &texture_);
        glBindTexture(GL_TEXTURE_2D, texture_);
        glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE,
                     nullptr);
        glGenFramebuffers(1, &buffer_);
        glBindFramebuffer(GL_FRAMEBUFFER, buffer_);
        glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture_, 0);
    }
    ~OffScreen() {
        glBindFramebuffer(GL_FRAMEBUFFER, 0);
        glDeleteFramebuffers(1, &buffer_);
        glDeleteTextures(1, &texture_);
    }
    OffScreen(const OffScreen&) = delete;
    OffScreen& operator=(const OffScreen&) = delete;

    Picture read() const {
        Picture picture{width_, height_, std::vector<u8>(size_t(width_) * size_t(height_) * 3)};
        glPixelStorei(GL_PACK_ALIGNMENT, 1);
        glReadPixels(0, 0, width_, height_, GL_RGB, GL_UNSIGNED_BYTE, picture.rgb.data());
        // OpenGL's rows run from the bottom.
        const size_t row = size_t(width_) * 3;
        for (int top = 0, bottom = height_ - 1; top < bottom; ++top, --bottom)
            std::swap_ranges(picture.rgb.begin() + long(row * size_t(top)),
                             picture.rgb.begin() + long(row * size_t(top + 1)),
                             picture.rgb.begin() + long(row * size_t(bottom)));
        return picture;
    }

  private:
    int width_, height_;
    GLuint texture_ = 0, buffer_ = 0;
};

}  // namespace

Screenshot take_screenshot(Graphics& graphics, const WindowView& view, FrameState& state, int width,
                           int height) {
    const Theme theme = state.settings.dark ? dark_theme() : light_theme();
    const Faces& faces = graphics.faces_for(state.scale);
    apply_style(theme, state.scale);
    OffScreen target(width, height);
    Screenshot result;
    // The first frames let lists find their scroll positions; the last one is the picture.
    constexpr int settling = 3;
    for (int frame = 0; frame <= settling; ++frame) {
        Paint paint(theme, faces, state.scale);
        paint.motion = false;
        paint.recording = frame == settling;
        Commands none;
        graphics.begin_still_frame(width, height);
        draw_frame(paint, view, state, none);
        graphics.end_frame(theme.background, width, height);
        result.texts = std::move(paint.texts);
    }
    result.picture = target.read();
    return result;
}

std::string texts_json(const std::vector<DrawnText>& texts) {
    nlohmann::json all = nlohmann::json::array();
    for (const DrawnText& text : texts)
        all.push_back({{"text", text.text},
                       {"x", text.low.x},
                       {"y", text.low.y},
                       {"width", text.high.x - text.low.x},
                       {"height", text.high.y - text.low.y},
                       {"clipped", text.clipped}});
    return all.dump(1) + "\n";
}

}  // namespace ringside::ui
