// The panels. Each draws a finished view into the present window and answers with commands; none
// knows another. One file each.
#pragma once
#include "ui/view/command.hpp"
#include "ui/view/window_view.hpp"
#include "ui/widgets/paint.hpp"
#include "ui/widgets/ring_diagram.hpp"

namespace ringside::ui {

/// What the step buttons go by.
enum class StepBy : u8 { Instruction, Guest, Event, Crossing };
/// The command for one step on (1) or back (-1).
Command step_command(StepBy by, int way);

/// What a person has set that is not part of any view: kept from frame to frame.
struct Settings {
    bool dark = true;
    bool motion = true;
    StepBy unit = StepBy::Instruction;
    float speed =
        2;  ///< decimal logarithm of instructions in a second; at the top: as fast as it goes
    bool operator==(const Settings&) const = default;
};
inline constexpr float slowest = -0.30103f, fastest = 7.0f;

void draw_toolbar(Paint& paint, const ToolbarView& view, Settings& settings, Commands& commands);
void draw_ring_map(Paint& paint, const RingMapView& view, TokenMotion& motion);
void draw_code(Paint& paint, const CodeView& view, Commands& commands);
void draw_registers(Paint& paint, const RegisterView& view);
void draw_happening(Paint& paint, const HappeningView& view);
void draw_event_log(Paint& paint, const HappeningView& view, Commands& commands);
void draw_timeline(Paint& paint, const TimelineView& view, Commands& commands);
void draw_serial(Paint& paint, const SerialView& view);
void draw_counters(Paint& paint, const CounterView& view);
void draw_observations(Paint& paint, const ObservationView& view);

}  // namespace ringside::ui
