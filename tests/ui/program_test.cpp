// The real program: pictures of the main lesson, and its window driven by keys.
#include <doctest/doctest.h>
#include <png.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tests/ui/program.hpp"
#include "ui/app/player.hpp"

using namespace ringside;
using namespace ringside::test;
using nlohmann::json;

namespace {

struct Pixels {
    unsigned width = 0, height = 0;
    std::vector<unsigned char> rgb;
};

Pixels read_png(const fs::path& file) {
    png_image image;
    std::memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    Pixels pixels;
    if (!png_image_begin_read_from_file(&image, file.string().c_str())) return pixels;
    image.format = PNG_FORMAT_RGB;
    pixels.rgb.resize(PNG_IMAGE_SIZE(image));
    pixels.width = image.width;
    pixels.height = image.height;
    if (!png_image_finish_read(&image, nullptr, pixels.rgb.data(), 0, nullptr)) pixels = {};
    return pixels;
}

/// The share of pixels that differ by more than a shade.
double difference(const Pixels& a, const Pixels& b) {
    if (a.width != b.width || a.height != b.height || a.rgb.empty()) return 1;
    size_t apart = 0;
    for (size_t i = 0; i + 2 < a.rgb.size(); i += 3) {
        bool same = true;
        for (size_t c = 0; c < 3; ++c) same = same && std::abs(a.rgb[i + c] - b.rgb[i + c]) <= 8;
        apart += !same;
    }
    return double(apart) / (double(a.rgb.size()) / 3);
}

struct Shot {
    json texts;
    Pixels pixels;
    bool whole(const std::string& text) const {
        return std::any_of(texts.begin(), texts.end(), [&](const json& t) {
            return t["text"] == text && t["clipped"] == false;
        });
    }
};

Shot shoot(const Folder& folder, const std::string& name, const std::string& arguments) {
    const fs::path png = folder.path() / (name + ".png"), texts = folder.path() / (name + ".json");
    const Ran ran = ringside_ui(arguments + " --screenshot " + quoted(png.string()) + " --texts " +
                                quoted(texts.string()));
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    // Kept to be looked at where RINGSIDE_PICTURES names a folder.
    if (const char* kept = std::getenv("RINGSIDE_PICTURES"))
        fs::copy_file(png, fs::path(kept) / (name + ".png"), fs::copy_options::overwrite_existing);
    return {json::parse(slurp(texts)), read_png(png)};
}

ui::Player opened(const std::string& scenario, const std::string& technique) {
    const auto installation = session::Installation::of(fs::read_symlink("/proc/self/exe"));
    REQUIRE(installation.ok());
    auto player = ui::Player::open(*installation, scenario, technique);
    REQUIRE_MESSAGE(player.ok(), (player.ok() ? "" : player.error().text()));
    return std::move(*player);
}

/// The event that the main lesson tells with a headline, counted as --at does.
ringside::u64 event_of(const std::string& headline) {
    ui::Player player = opened("popf", "trap-and-emulate");
    for (int i = 0; i < 20; ++i) {
        player.carry_out(ui::StepNotable{1});
        const ui::WindowView view = player.view();
        if (view.happening.headline != headline) continue;
        for (const ui::LogRow& row : view.happening.log)
            if (row.current) return row.event + 1;
    }
    FAIL("nothing is told as " << headline);
    return 0;
}

/// The number behind "instruction " in a title.
std::string instruction_of(const std::string& title) {
    const size_t at = title.find("instruction ");
    return at == std::string::npos ? "" : title.substr(at + 12, title.find(" · ", at) - at - 12);
}

}  // namespace

TEST_CASE("the main lesson is told in words that nothing cuts off") {
    const Folder folder;
    const Shot start = shoot(folder, "popf-start", "popf --technique trap-and-emulate");
    CHECK(start.whole("Ring 1 · guest kernel"));
    CHECK(start.whole("main:"));
    CHECK(start.whole("traps"));

    const ringside::u64 event = event_of("POPF ran at CPL 1 without trapping: IF was not changed");
    const Shot shot = shoot(folder, "popf-silent",
                            "popf --technique trap-and-emulate --at " + std::to_string(event));
    // The headline is wrapped: its rows are drawn one by one.
    const auto drawn = [&](const char* words) {
        return std::any_of(shot.texts.begin(), shot.texts.end(), [&](const json& t) {
            return t["text"].get<std::string>().find(words) != std::string::npos &&
                   t["clipped"] == false;
        });
    };
    CHECK(drawn("POPF ran at CPL 1 without"));
    CHECK(drawn("IF was not changed"));
    CHECK(shot.whole("POPF did not trap: IF was not changed"));
    CHECK(shot.whole("pushfd (popf.asm:22)"));
    CHECK(shot.whole("1 answer differs from the bare machine"));
    CHECK(difference(start.pixels, shot.pixels) > 0.01);
}

TEST_CASE("every technique of the lesson has its picture") {
    const Folder folder;
    const struct {
        const char* technique;
        const char* where;
    } rows[] = {{"native", "Ring 0 · guest kernel"},
                {"trap-and-emulate", "Ring 1 · guest kernel"},
                {"binary-translation", "Ring 1 · translated code"},
                {"paravirtual", "Ring 1 · guest kernel"},
                {"vt-x", "Ring 0 · guest kernel"},
                {"hosted-vt-x", "Ring 0 · guest kernel"},
                {"hosted-binary-translation", "Ring 1 · translated code"}};
    for (const auto& row : rows) {
        CAPTURE(row.technique);
        const Shot shot = shoot(folder, std::string("technique-") + row.technique,
                                std::string("popf --technique ") + row.technique);
        CHECK(shot.whole(row.where));
        CHECK(shot.pixels.width == 1280);
        CHECK(shot.pixels.height == 800);
    }
}

TEST_CASE("while the VMM runs for a translation, the guest's code is shown where it is") {
    ui::Player player = opened("popf", "binary-translation");
    bool translated = false, by_vmm = false;
    for (int i = 0; i < 60; ++i) {
        player.carry_out(ui::Step{ui::Unit::Event, 1});
        const ui::CodeView code = player.view().code;
        REQUIRE(code.columns.size() == 2);
        translated |= code.columns[1].world == ui::World::Translated;
        if (!translated) continue;
        by_vmm |= code.columns[1].world == ui::World::Vmm;
        CHECK(!code.columns[0].rows.empty());
    }
    CHECK(by_vmm);
}

TEST_CASE("a slot that the guest has not written does not differ, whatever it is loaded with") {
    ui::Player player = opened("probes-64", "vt-x");
    REQUIRE(player.go_to_event(40).ok());
    const ui::WindowView view = player.view();
    REQUIRE(!view.observations.rows.empty());
    CHECK(view.observations.verdict == "The guest has not recorded anything yet");
    for (const auto& row : view.observations.rows) CHECK(row.here.empty());
}

TEST_CASE("the picture is what the window shows") {
    const Folder folder;
    const Shot shot = shoot(folder, "compared", "popf --no-motion");
    const Window window("popf --no-motion --size 1280x800");
    REQUIRE(window.open());
    window.title_with("instruction ");
    const fs::path grab = folder.path() / "grab.png";
    double apart = 1;
    for (int i = 0; i < 30 && apart > 0.002; ++i) {
        const Ran ran =
            shell("import -window " + window.id() + " -depth 8 PNG24:" + quoted(grab.string()));
        REQUIRE_MESSAGE(ran.status == 0, ran.err);
        apart = difference(shot.pixels, read_png(grab));
    }
    CHECK(apart <= 0.002);
}

TEST_CASE("arrow keys step forward and back, and back is exact") {
    const Window window("popf --technique trap-and-emulate --no-motion");
    REQUIRE(window.open());
    const std::string start = window.title_with("instruction ");
    REQUIRE_FALSE(instruction_of(start).empty());
    window.key("Right");  // cli traps: a step, but nothing retires
    CHECK(window.title_with("Ring 0 · VMM").find("Ring 0 · VMM") != std::string::npos);
    window.key("Left");
    CHECK(window.title_with(start) == start);

    SUBCASE("by the guest's instructions, over the VMM") {
        window.key("Down");
        const std::string after = window.title_after(start);
        CHECK(after.find("Ring 1 · guest kernel") != std::string::npos);
        CHECK(instruction_of(after) != instruction_of(start));
        window.key("Up");
        CHECK(window.title_with(start) == start);
    }
    SUBCASE("by ring crossing") {
        window.key("ctrl+Right");
        CHECK(window.title_with("Ring 0 · VMM").find("Ring 0 · VMM") != std::string::npos);
        window.key("ctrl+Right");
        CHECK(window.title_with("Ring 1 · guest").find("Ring 1 · guest") != std::string::npos);
        window.key("ctrl+Left");
        CHECK(window.title_with("Ring 0 · VMM").find("Ring 0 · VMM") != std::string::npos);
    }
    SUBCASE("to the next instruction that failed in silence") {
        window.key("n");
        const std::string first = window.title_after(start);
        window.key("n");
        const std::string second = window.title_after(first);
        window.key("n");
        const std::string third = window.title_after(second);
        CHECK(third != second);
        CHECK(third.find("Ring 1 · guest kernel") != std::string::npos);
        window.key("shift+n");
        CHECK(window.title_with(second) == second);
    }
}

TEST_CASE("a run goes to the end while the window stays awake") {
    const Window window("popf --technique native --no-motion");
    REQUIRE(window.open());
    window.title_with("instruction ");
    window.key("End");
    const std::string end = window.title_with("ended");
    CHECK(end.find("ended") != std::string::npos);
    window.key("Home");
    CHECK(instruction_of(window.title_with("instruction 0 ")) == "0");
}

TEST_CASE("wrong arguments are told in one sentence, with status 2, and nothing is written") {
    const Folder folder;
    const std::string png = quoted((folder.path() / "a.png").string());
    const struct {
        std::string arguments;
        const char* words;
    } rows[] = {{"--tecnique native", "unknown option"},
                {"nosuch --screenshot " + png, "nosuch"},
                {"popf --technique magic --screenshot " + png, "magic"},
                {"popf --at 99999999 --screenshot " + png, "there is no event 99999999"},
                {"popf --at 0 --screenshot " + png, "there is no event 0"},
                {"popf --screenshot " + quoted((folder.path() / "no/such/a.png").string()),
                 "could not be written"}};
    for (const auto& row : rows) {
        CAPTURE(row.arguments);
        const Ran ran = ringside_ui(row.arguments);
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK(ran.err.find(row.words) != std::string::npos);
        CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    }
    CHECK(folder.names().empty());
}

TEST_CASE("without a display it says so and what to do instead") {
    const Ran ran = ringside_ui("popf", "env -u DISPLAY -u WAYLAND_DISPLAY");
    CHECK(ran.status == 2);
    CHECK(ran.err.find("no display") != std::string::npos);
    CHECK(ran.err.find("xvfb-run") != std::string::npos);
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
}

TEST_CASE("help needs no display") {
    const Ran ran = ringside_ui("--help", "env -u DISPLAY");
    CHECK(ran.status == 0);
    CHECK(ran.out.find("usage: ringside-ui [SCENARIO]") != std::string::npos);
}
