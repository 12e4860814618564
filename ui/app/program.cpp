// One frame for a screenshot; a loop of them for a window.
#include "ui/app/program.hpp"

#include <GLFW/glfw3.h>

#include <filesystem>
#include <fstream>

#include "sim/session/installation.hpp"
#include "ui/app/arrangement.hpp"
#include "ui/app/screenshot.hpp"
#include "ui/app/style.hpp"
#include "ui/app/worker.hpp"

namespace ringside::ui {
namespace {

std::string title_of(const WindowView& view) {
    const ToolbarView& bar = view.toolbar;
    const auto name = [](const std::vector<Choice>& choices, int at) {
        return at < 0 ? std::string("?") : choices[size_t(at)].name;
    };
    const std::string ended = bar.outcome.empty() ? "" : ", ended: " + bar.outcome;
    return "Ringside: " + name(bar.scenarios, bar.scenario) + " under " +
           name(bar.techniques, bar.technique) + ", " + view.rings.where + ", " + bar.position +
           ended;
}

FrameState first_state(const Options& options) {
    FrameState state;
    state.settings.dark = !options.light;
    state.settings.motion = options.motion;
    state.scale = options.scale;
    return state;
}

Status save_screenshot(const Options& options, const WindowView& view) {
    auto graphics = Graphics::open(options.width, options.height, false);
    if (!graphics) return graphics.error();
    FrameState state = first_state(options);
    const Screenshot shot = take_screenshot(*graphics, view, state, options.width, options.height);
    if (options.texts) {
        std::ofstream out(*options.texts, std::ios::binary);
        out << texts_json(shot.texts);
        if (!out.flush())
            return Diagnostic{*options.texts, 0, 0, "the texts could not be written", ""};
    }
    return write_png(shot.picture, *options.screenshot);
}

/// One turn of the loop. \returns whether something still moves.
bool show_frame(Graphics& graphics, Worker& worker, FrameState& state) {
    const auto view = worker.picture();
    graphics.set_title(title_of(*view));
    const Theme theme = state.settings.dark ? dark_theme() : light_theme();
    const Faces& faces = graphics.faces_for(state.scale);
    apply_style(theme, state.scale);
    graphics.begin_frame();
    Paint paint(theme, faces, state.scale);
    paint.motion = state.settings.motion;
    paint.now = glfwGetTime();
    Commands commands;
    state.keys = graphics.take_keys();
    draw_frame(paint, *view, state, commands);
    int width = 0, height = 0;
    glfwGetFramebufferSize(graphics.window(), &width, &height);
    graphics.end_frame(theme.background, width, height);
    glfwSwapBuffers(graphics.window());
    worker.send(std::move(commands));
    return state.moving;
}

Status keep_window(const Options& options, Player player) {
    auto graphics = Graphics::open(options.width, options.height, true);
    if (!graphics) return graphics.error();
    FrameState state = first_state(options);
    if (const auto kept = load_arrangement()) state.layout = *kept;
    const Layout at_start = state.layout;
    {
        Worker worker(std::move(player), [] { glfwPostEmptyEvent(); });
        // Input is seen two frames later by some widgets, so a few frames follow every event.
        int frames_due = 3;
        while (!glfwWindowShouldClose(graphics->window())) {
            if (frames_due > 0)
                glfwPollEvents();
            else
                glfwWaitEventsTimeout(0.5), frames_due = 3;
            const bool moving = show_frame(*graphics, worker, state);
            frames_due = moving ? 3 : frames_due - 1;
        }
    }
    if (!(state.layout == at_start)) save_arrangement(state.layout);
    return {};
}

}  // namespace

Status run_program(const Options& options) {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto installation = session::Installation::of(self);
    if (!installation) return installation.error();
    auto player = Player::open(*installation, options.scenario.empty() ? "popf" : options.scenario,
                               options.technique);
    if (!player) return player.error();
    if (options.at_event) {
        const Status there = player->go_to_event(*options.at_event);
        if (!there) return there.error();
    }
    if (options.at_instruction) player->carry_out(GoToInstruction{*options.at_instruction});
    if (options.screenshot) return save_screenshot(options, player->view());
    return keep_window(options, std::move(*player));
}

}  // namespace ringside::ui
