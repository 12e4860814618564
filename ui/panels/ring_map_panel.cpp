// Where the CPU is.
#include <algorithm>

#include "ui/panels/colours.hpp"
#include "ui/panels/panels.hpp"
#include "ui/widgets/rows.hpp"

namespace ringside::ui {

void draw_ring_map(Paint& paint, const RingMapView& view, TokenMotion& motion) {
    const ImU32 colour = colour_of(paint.theme, view.world);
    badge(paint, view.where, colour, paint.theme.on_colour, paint.faces.head);
    paint.paragraph(view.sentence, paint.theme.text);
    paint.gap(2);
    RingDiagram diagram;
    diagram.frame = view.vmx;
    diagram.token_in_frame = view.vmx && view.in_root;
    diagram.ring = view.ring;
    diagram.token = colour;
    diagram.inside = view.who;
    diagram.in_frame = view.root_who;
    const ImVec2 low = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
    draw_ring_diagram(paint, diagram, motion, low,
                      ImVec2(low.x + room.x, low.y + std::max(room.y, paint.px(120))));
}

}  // namespace ringside::ui
