// Renders the made-up windows in both themes: `ui_gallery FOLDER`. For looking at, and for
// test_layout.
#include <cstdio>
#include <fstream>
#include <string>

#include "tests/ui/sample_view.hpp"
#include "ui/app/screenshot.hpp"

namespace {

using namespace ringside::ui;

bool shoot(Graphics& graphics, const WindowView& view, bool dark, float scale, int width,
           int height, const std::string& base) {
    FrameState state;
    state.settings.dark = dark;
    state.scale = scale;
    const Screenshot shot = take_screenshot(graphics, view, state, width, height);
    std::ofstream(base + ".json") << texts_json(shot.texts);
    const auto status = write_png(shot.picture, base + ".png");
    if (!status) std::fprintf(stderr, "%s\n", status.error().text().c_str());
    return status.ok();
}

}  // namespace

int main(int count, char** words) {
    if (count != 2) return std::fprintf(stderr, "usage: ui_gallery FOLDER\n"), 2;
    auto graphics = Graphics::open(1280, 800, false);
    if (!graphics) return std::fprintf(stderr, "%s\n", graphics.error().text().c_str()), 2;
    const std::string folder = words[1];
    const bool good =
        shoot(*graphics, sample::popf_at_ring_1(), true, 1, 1280, 800, folder + "/dark") &&
        shoot(*graphics, sample::popf_at_ring_1(), false, 1, 1280, 800, folder + "/light") &&
        shoot(*graphics, sample::in_vmx_root(), true, 1, 1280, 800, folder + "/root") &&
        shoot(*graphics, sample::popf_at_ring_1(), true, 2, 2560, 1600, folder + "/double");
    return good ? 0 : 1;
}
