// The rings are not quite concentric: their centres sink a little, so that each band is widest at
// the top, where its name stands.
//
//        ,---------------.   frame: VMX root operation
//        |   .-- 3 --.   |
//        |  /  .- 1 -. \ |
//        | |  | ( 0 )(CPU) |    the token on its way outwards
//        '---------------'
#include "ui/widgets/ring_diagram.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ringside::ui {
namespace {

constexpr std::array<float, 4> outer = {0.36f, 0.585f, 0.79f, 1.0f};  ///< of rings 0 to 3
constexpr std::array<float, 4> sink = {0.25f, 0.17f, 0.085f, 0.0f};
/// The CPU's way: a stop for each ring and one in the frame, from the middle of the outer ring, in
/// units of its radius. It passes beside the names.
struct Stop {
    float x, y;
};
constexpr std::array<Stop, 5> stops = {
    {{0.13f, 0.06f}, {0.46f, 0.12f}, {0.685f, 0.04f}, {0.89f, -0.06f}, {1.02f, -0.70f}}};
constexpr float frame_stop = 4;
constexpr double travel_seconds = 0.45;

struct Rings {
    ImVec2 centre;
    float radius;
    ImVec2 middle(unsigned ring) const { return ImVec2(centre.x, centre.y + sink[ring] * radius); }
    /// A point of the way: 0 is ring 0's stop, 4 the frame's.
    ImVec2 at(float place) const {
        const float whole = std::clamp(place, 0.0f, frame_stop);
        const size_t i = std::min(size_t(whole), stops.size() - 2);
        const float part = whole - float(i);
        const Stop a = stops[i], b = stops[i + 1];
        return ImVec2(centre.x + (a.x + (b.x - a.x) * part) * radius,
                      centre.y + (a.y + (b.y - a.y) * part) * radius);
    }
};

float place_of(const RingDiagram& d) {
    return d.frame && d.token_in_frame ? frame_stop : float(d.ring & 3);
}

float travelled(Paint& paint, TokenMotion& motion, float target) {
    if (motion.to < 0) motion = {target, target, paint.now};
    const double elapsed = paint.now - motion.started;
    const float t = paint.motion ? float(std::clamp(elapsed / travel_seconds, 0.0, 1.0)) : 1.0f;
    const float eased = t * t * (3 - 2 * t);
    const float here = motion.from + (motion.to - motion.from) * eased;
    if (target != motion.to) {
        motion = {here, target, paint.now};
        return paint.motion ? here : target;
    }
    return here;
}

void draw_band(Paint& paint, ImDrawList* list, const Rings& rings, const RingDiagram& d,
               unsigned ring) {
    const bool here = ring == d.ring && !(d.frame && d.token_in_frame);
    const float r = outer[ring] * rings.radius;
    const ImU32 fill =
        here ? blend(paint.theme.ring[ring], d.token, paint.theme.dark ? 0.42f : 0.34f)
             : paint.theme.ring[ring];
    list->AddCircleFilled(rings.middle(ring), r, fill, 96);
    list->AddCircle(rings.middle(ring), r, here ? d.token : paint.theme.border, 96,
                    paint.px(here ? 3.0f : 1.2f));
}

void name_band(Paint& paint, ImDrawList* list, const Rings& rings, const RingDiagram& d,
               unsigned ring) {
    const bool here = ring == d.ring && !(d.frame && d.token_in_frame);
    const float top = rings.middle(ring).y - outer[ring] * rings.radius;
    const float number = paint.faces.bold->FontSize, name = paint.faces.small->FontSize;
    const bool two = !d.inside[ring].empty();
    const float below = ring == 0 ? rings.middle(0).y + outer[0] * rings.radius
                                  : rings.middle(ring - 1).y - outer[ring - 1] * rings.radius;
    const float height = two ? number + name : number;
    // The innermost name stands low: the token comes to rest above it.
    const float y = ring == 0 ? (top + below) / 2 - paint.px(2)
                              : top + (below - top - height) / 2 + paint.px(1);
    const std::string label = "Ring " + std::to_string(ring);
    const ImU32 ink = here ? paint.theme.text : paint.theme.muted;
    paint.text_at(list, ImVec2(rings.centre.x, y), label, ink, paint.faces.bold, 0, Align::Centre);
    if (two)
        paint.text_at(list, ImVec2(rings.centre.x, y + number), d.inside[ring], ink,
                      paint.faces.small, 0, Align::Centre);
}

void draw_frame(Paint& paint, ImDrawList* list, const RingDiagram& d, ImVec2 low, ImVec2 high) {
    const bool here = d.token_in_frame;
    const ImU32 fill = here ? blend(paint.theme.root, d.token, 0.16f) : paint.theme.root;
    list->AddRectFilled(low, high, fill, paint.px(14));
    list->AddRect(low, high, here ? d.token : paint.theme.border, paint.px(14), 0,
                  paint.px(here ? 3.0f : 1.2f));
    const float x = low.x + paint.px(12);
    const float room = high.x - low.x - paint.px(24);
    const ImU32 ink = here ? paint.theme.text : paint.theme.muted;
    const float y = high.y - paint.faces.bold->FontSize - paint.px(8);
    const char* name = "VMX root (“Ring −1”)";
    const float wide = paint.text_at(list, ImVec2(x, y), name, ink, paint.faces.bold, room);
    paint.text_at(list, ImVec2(x + wide + paint.px(8), y + paint.px(1)), d.in_frame, ink,
                  paint.faces.small, std::max(room - wide - paint.px(8), paint.px(8)));
}

void draw_way(Paint& paint, ImDrawList* list, const Rings& rings, float from, float to,
              ImU32 colour, float thick) {
    if (from > to) std::swap(from, to);
    for (float at = from; at < to;) {
        const float next = std::min(to, std::floor(at) + 1);
        list->AddLine(rings.at(at), rings.at(next), colour, paint.px(thick));
        at = next;
    }
}

void draw_token(Paint& paint, ImDrawList* list, ImVec2 at, ImU32 colour) {
    const float r = paint.px(19);
    list->AddCircleFilled(ImVec2(at.x, at.y + paint.px(1.5f)), r + paint.px(1.5f),
                          IM_COL32(0, 0, 0, 90), 48);
    list->AddCircleFilled(at, r, colour, 48);
    list->AddCircle(at, r, paint.theme.text, 48, paint.px(2));
    paint.text_at(list, ImVec2(at.x, at.y - paint.faces.small->FontSize / 2), "CPU",
                  paint.theme.on_colour, paint.faces.small, 0, Align::Centre);
}

}  // namespace

void draw_ring_diagram(Paint& paint, const RingDiagram& d, TokenMotion& motion, ImVec2 low,
                       ImVec2 high) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float margin = paint.px(d.frame ? 12 : 6), foot = d.frame ? paint.px(24) : 0;
    const float wide = high.x - low.x, tall = high.y - low.y;
    Rings rings;
    rings.radius = std::max(paint.px(60), std::min(wide / 2 - margin, (tall - foot) / 2 - margin));
    rings.centre = ImVec2((low.x + high.x) / 2, low.y + (tall - foot) / 2);
    if (d.frame) draw_frame(paint, list, d, low, high);
    for (unsigned ring = 4; ring-- > 0;) draw_band(paint, list, rings, d, ring);
    for (unsigned ring = 4; ring-- > 0;) name_band(paint, list, rings, d, ring);
    const float place = travelled(paint, motion, place_of(d));
    // The way between rings: faint, so that a move is seen as a move along it.
    draw_way(paint, list, rings, 0, d.frame ? frame_stop : 3, faded(d.token, 0.35f), 2);
    if (std::abs(place - motion.to) > 0.001f)
        draw_way(paint, list, rings, motion.from, place, d.token, 4);
    draw_token(paint, list, rings.at(place), d.token);
}

}  // namespace ringside::ui
