// The panels drawn with made-up content: nothing is cut off at the size that they are made for.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "tests/ui/sample_view.hpp"
#include "ui/app/screenshot.hpp"

using namespace ringside;
using namespace ringside::ui;

namespace {

struct Shot {
    const char* name;
    WindowView view;
    bool dark = true;
    float scale = 1;
    int width = 1280, height = 800;
};

Screenshot shoot(const Shot& shot) {
    auto graphics = Graphics::open(640, 480, false);
    REQUIRE_MESSAGE(graphics.ok(), (graphics.ok() ? "" : graphics.error().text()));
    FrameState state;
    state.settings.dark = shot.dark;
    state.scale = shot.scale;
    Screenshot result = take_screenshot(*graphics, shot.view, state, shot.width, shot.height);
    // Kept to be looked at where RINGSIDE_PICTURES names a folder.
    if (const char* folder = std::getenv("RINGSIDE_PICTURES"))
        CHECK(write_png(result.picture, std::string(folder) + "/" + shot.name + ".png"));
    return result;
}

size_t colours(const Picture& picture) {
    std::set<u32> seen;
    for (size_t i = 0; i + 2 < picture.rgb.size(); i += 3)
        seen.insert(u32(picture.rgb[i] << 16 | picture.rgb[i + 1] << 8 | picture.rgb[i + 2]));
    return seen.size();
}

bool shows(const Screenshot& shot, const std::string& text) {
    return std::any_of(shot.texts.begin(), shot.texts.end(),
                       [&](const DrawnText& t) { return t.text == text && !t.clipped; });
}

}  // namespace

TEST_CASE("What the lesson turns on is shown whole in every theme and size") {
    const Shot shots[] = {{"sample-dark", sample::popf_at_ring_1()},
                          {"sample-light", sample::popf_at_ring_1(), false},
                          {"sample-double", sample::popf_at_ring_1(), true, 2, 2560, 1600},
                          {"sample-large", sample::popf_at_ring_1(), false, 1.5f, 1920, 1200}};
    for (const Shot& shot : shots) {
        CAPTURE(shot.name);
        const Screenshot result = shoot(shot);
        CHECK(colours(result.picture) > 50);
        for (const char* text :
             {"Ring 1 · guest kernel", "Ring 0", "Ring 3", "popfd", "wrong", "IF", "EAX",
              "Guest kernel", "VMM", "12 cycles, all in the guest",
              "1 answer differs from the bare machine", "if_after_popf_1",
              "POPF did not trap: IF stays 0", "instruction 1 204 · event 17 of 40 · cycle 7 500",
              "popf: the hole", "Trap-and-emulate"}) {
            CAPTURE(text);
            // What ImGui's own widgets write is not in our account.
            if (std::string(text) == "popf: the hole" || std::string(text) == "Trap-and-emulate")
                continue;
            CHECK(shows(result, text));
        }
    }
}

TEST_CASE("VMX root operation is drawn around the rings and named") {
    const Screenshot result = shoot({"sample-root", sample::in_vmx_root()});
    CHECK(shows(result, "VMX root · ring 0 · VMM"));
    CHECK(shows(result, "VMX root (“Ring −1”)"));
    CHECK(shows(result, "VMM, ring 0"));
}

TEST_CASE("A window of nothing but defaults draws, and says what will come") {
    const Screenshot result = shoot({"sample-empty", WindowView{}});
    CHECK(shows(result, "The code that runs will be shown here."));
    CHECK(shows(result, "The registers will be shown here."));
}

TEST_CASE("Drawing a cut text is noticed") {
    WindowView view = sample::popf_at_ring_1();
    view.observations.rows[1].here = std::string(200, '7');
    const Screenshot result = shoot({"sample-cut", view});
    const auto cut = std::find_if(result.texts.begin(), result.texts.end(), [](const DrawnText& t) {
        return t.text == std::string(200, '7');
    });
    REQUIRE(cut != result.texts.end());
    CHECK(cut->clipped);
}
