// Painting only: the view has already cut the spans to what is in sight.
#include "ui/widgets/timeline_bar.hpp"

#include <algorithm>
#include <cmath>

namespace ringside::ui {
namespace {

struct Frame {
    ImVec2 low, high;  ///< of the lanes, without their names
    double begin, end;
    float lane_height;

    float x(double when) const {
        const double span = std::max(end - begin, 1e-9);
        return low.x + float((when - begin) / span) * (high.x - low.x);
    }
    double when(float px) const {
        return begin + double((px - low.x) / std::max(1.0f, high.x - low.x)) * (end - begin);
    }
    float middle(int lane) const { return low.y + (float(lane) + 0.5f) * lane_height; }
};

void draw_arrow(ImDrawList* list, ImVec2 from, ImVec2 to, ImU32 colour, float thick) {
    list->AddLine(from, to, colour, thick);
    const float way = to.y > from.y ? 1.0f : -1.0f, head = thick * 2.8f;
    list->AddTriangleFilled(ImVec2(to.x, to.y + way * thick),
                            ImVec2(to.x - head, to.y - way * head),
                            ImVec2(to.x + head, to.y - way * head), colour);
}

/// 1, 2 or 5 times a power of ten, so that about `count` steps fill `span`.
double round_step(double span, double count) {
    const double raw = std::max(span / std::max(count, 1.0), 1.0);
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (raw <= factor * power) return factor * power;
    return 10 * power;
}

std::string with_thousands(double value) {
    std::string digits = std::to_string(static_cast<long long>(value));
    for (int at = int(digits.size()) - 3; at > 0; at -= 3) digits.insert(size_t(at), " ");
    return digits;
}

void draw_scale(Paint& paint, ImDrawList* list, const Frame& f) {
    const float room = f.high.x - f.low.x;
    const double step = round_step(f.end - f.begin, double(room / paint.px(120)));
    for (double at = std::ceil(f.begin / step) * step; at <= f.end; at += step) {
        const float x = f.x(at);
        list->AddLine(ImVec2(x, f.low.y), ImVec2(x, f.high.y), faded(paint.theme.border, 0.7f));
        const std::string label = with_thousands(at);
        if (x + paint.width(label, paint.faces.small) + paint.px(6) < f.high.x)
            paint.text_at(list, ImVec2(x + paint.px(4), f.high.y + paint.px(2)), label,
                          paint.theme.faint, paint.faces.small);
    }
}

void draw_lanes(Paint& paint, ImDrawList* list, const Frame& f, const TimelineBar& bar,
                float names) {
    for (size_t i = 0; i < bar.lanes.size(); ++i) {
        const float y = f.low.y + float(i) * f.lane_height;
        list->AddRectFilled(ImVec2(f.low.x, y + 1), ImVec2(f.high.x, y + f.lane_height - 1),
                            blend(paint.theme.panel, bar.lanes[i].colour, 0.06f), paint.px(3));
        const float text_y = y + (f.lane_height - paint.faces.body->FontSize) / 2;
        list->AddRectFilled(ImVec2(f.low.x - names, y + f.lane_height * 0.28f),
                            ImVec2(f.low.x - names + paint.px(5), y + f.lane_height * 0.72f),
                            bar.lanes[i].colour, paint.px(2));
        paint.text_at(list, ImVec2(f.low.x - names + paint.px(11), text_y), bar.lanes[i].name,
                      paint.theme.text, paint.faces.body, names - paint.px(15));
    }
}

void draw_spans(Paint& paint, ImDrawList* list, const Frame& f, const TimelineBar& bar) {
    for (const LaneSpan& span : bar.spans) {
        if (span.lane < 0 || size_t(span.lane) >= bar.lanes.size()) continue;
        const float x0 = std::max(f.low.x, f.x(span.begin));
        const float x1 = std::min(f.high.x, std::max(f.x(span.end), x0 + 1.0f));
        const float half = f.lane_height * 0.30f, y = f.middle(span.lane);
        const ImU32 colour = bar.lanes[size_t(span.lane)].colour;
        list->AddRectFilled(ImVec2(x0, y - half), ImVec2(x1, y + half),
                            span.begin <= bar.cursor ? colour : faded(colour, 0.40f), paint.px(2));
    }
}

const LaneMark* draw_marks(Paint& paint, ImDrawList* list, const Frame& f, const TimelineBar& bar,
                           ImVec2 mouse) {
    const LaneMark* under = nullptr;
    float last_arrow = -1e9f;
    for (const LaneMark& mark : bar.marks) {
        const float x = f.x(mark.when);
        if (x < f.low.x || x > f.high.x) continue;
        const ImU32 colour = mark.when <= bar.cursor ? mark.colour : faded(mark.colour, 0.5f);
        const float y0 = f.middle(mark.from), y1 = f.middle(mark.to);
        if (mark.from == mark.to) {
            const float r = paint.px(mark.loud ? 6.0f : 3.5f);
            list->AddQuadFilled(ImVec2(x, y0 - r), ImVec2(x + r, y0), ImVec2(x, y0 + r),
                                ImVec2(x - r, y0), colour);
            if (mark.loud)
                list->AddQuad(ImVec2(x, y0 - r), ImVec2(x + r, y0), ImVec2(x, y0 + r),
                              ImVec2(x - r, y0), paint.theme.panel, paint.px(1));
        } else if (x - last_arrow > paint.px(2)) {
            draw_arrow(list, ImVec2(x, y0), ImVec2(x, y1), colour, paint.px(1.6f));
            last_arrow = x;
        }
        if (std::abs(mouse.x - x) < paint.px(5) && mouse.y > std::min(y0, y1) - f.lane_height / 2 &&
            mouse.y < std::max(y0, y1) + f.lane_height / 2)
            under = &mark;
    }
    return under;
}

/// Labels where there is room: the loud ones first, then the others around them.
void draw_labels(Paint& paint, ImDrawList* list, const Frame& f, const TimelineBar& bar) {
    std::vector<std::pair<float, float>> taken;
    ImFont* face = paint.faces.small;
    // What is nearest to the present has the first choice.
    std::vector<const LaneMark*> order;
    for (const LaneMark& mark : bar.marks) order.push_back(&mark);
    const auto distance = [&bar](const LaneMark* m) {
        constexpr double to_come = 1e18;  // what has happened goes before what will
        return m->when < bar.cursor ? bar.cursor - m->when : to_come + (m->when - bar.cursor);
    };
    std::stable_sort(order.begin(), order.end(), [&](const LaneMark* a, const LaneMark* b) {
        return a->loud != b->loud ? a->loud : distance(a) < distance(b);
    });
    for (const LaneMark* one : order) {
        const LaneMark& mark = *one;
        const bool loud = mark.loud;
        if (mark.label.empty()) continue;
        const float wide = paint.width(mark.label, face);
        const float x = f.x(mark.when) + paint.px(loud ? 10 : 7), end = x + wide + paint.px(4);
        if (x < f.low.x || end > f.high.x) continue;
        const auto meets = [x, end](const auto& other) {
            return x < other.second && other.first < end;
        };
        if (std::any_of(taken.begin(), taken.end(), meets)) continue;
        const float y = (f.middle(mark.from) + f.middle(mark.to) - face->FontSize) / 2;
        list->AddRectFilled(ImVec2(x - paint.px(2), y - 1),
                            ImVec2(x + wide + paint.px(2), y + face->FontSize + 1),
                            faded(paint.theme.panel, 0.88f), paint.px(3));
        paint.text_at(list, ImVec2(x, y), mark.label, loud ? mark.colour : paint.theme.text, face);
        taken.emplace_back(x - paint.px(6), end);
        if (taken.size() > 60) return;
    }
}

void draw_cursor(Paint& paint, ImDrawList* list, const Frame& f, double cursor) {
    const float x = std::clamp(f.x(cursor), f.low.x, f.high.x), r = paint.px(6);
    list->AddLine(ImVec2(x, f.low.y - paint.px(4)), ImVec2(x, f.high.y), paint.theme.text,
                  paint.px(2));
    list->AddTriangleFilled(ImVec2(x - r, f.low.y - r - paint.px(2)),
                            ImVec2(x + r, f.low.y - r - paint.px(2)),
                            ImVec2(x, f.low.y + paint.px(1)), paint.theme.text);
}

/// "near" and "all", below the names of the lanes.
void draw_ranges(Paint& paint, const TimelineBar& bar, ImVec2 at, TimelineWish& wish) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const bool all = bar.begin <= 0 && bar.end >= bar.recorded;
    for (const bool whole : {false, true}) {
        const char* word = whole ? "all" : "near";
        const float wide = paint.width(word, paint.faces.small);
        ImGui::SetCursorScreenPos(at);
        const ImVec2 size(wide + paint.px(10), paint.faces.small->FontSize + paint.px(3));
        if (ImGui::InvisibleButton(word, size)) {
            const double begin = std::max(0.0, bar.cursor - bar.near * 0.6);
            wish.show = whole ? std::pair(0.0, 0.0) : std::pair(begin, begin + bar.near);
        }
        hint(paint, whole ? "Show all that has been recorded"
                          : "Show the time around the present (Ctrl and wheel zoom)");
        const bool on = whole == all, hot = ImGui::IsItemHovered();
        if (on || hot)
            list->AddRectFilled(at, ImVec2(at.x + size.x, at.y + size.y), paint.theme.control,
                                paint.px(4));
        paint.text_at(list, ImVec2(at.x + paint.px(5), at.y + paint.px(1)), word,
                      on ? paint.theme.text : paint.theme.muted, paint.faces.small);
        at.x += size.x + paint.px(4);
    }
    paint.text_at(list, ImVec2(at.x + paint.px(2), at.y + paint.px(1)), "cycles", paint.theme.faint,
                  paint.faces.small);
}

/// A click goes there; the wheel goes through time, with Ctrl it zooms; the right button drags.
void read_mouse(const Frame& f, const TimelineBar& bar, const LaneMark* under, ImVec2 mouse,
                TimelineWish& wish) {
    const ImGuiIO& io = ImGui::GetIO();
    if (ImGui::IsMouseClicked(0)) {
        if (under)
            wish.go_to_mark = under->id;
        else
            wish.go_to = std::clamp(f.when(mouse.x), 0.0, bar.recorded);
    }
    if (io.MouseWheel != 0 && io.KeyCtrl) {
        const double centre = f.when(mouse.x);
        const double factor = std::pow(0.8, double(io.MouseWheel));
        const double begin = std::max(0.0, centre - (centre - f.begin) * factor);
        wish.show = {begin, std::max(begin + 50, centre + (f.end - centre) * factor)};
    } else if (io.MouseWheel != 0) {
        wish.step = io.MouseWheel < 0 ? 1 : -1;
    } else if (ImGui::IsMouseDragging(1, 2) && io.MouseDelta.x != 0) {
        const double moved = f.when(f.low.x) - f.when(f.low.x + io.MouseDelta.x);
        const double begin = std::max(0.0, f.begin + moved);
        wish.show = {begin, begin + (f.end - f.begin)};
    }
}

}  // namespace

TimelineWish draw_timeline_bar(Paint& paint, const TimelineBar& bar) {
    TimelineWish wish;
    const ImVec2 at = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
    const float names = paint.px(118), foot = paint.faces.small->FontSize + paint.px(4),
                head = paint.px(8);
    if (room.x < names * 1.5f || room.y < foot + head + paint.px(20) || bar.lanes.empty())
        return wish;
    Frame f;
    f.low = ImVec2(at.x + names, at.y + head);
    f.high = ImVec2(at.x + room.x - paint.px(4), at.y + room.y - foot);
    f.begin = bar.begin;
    f.end = std::max(bar.end, bar.begin + 1);
    f.lane_height = (f.high.y - f.low.y) / float(bar.lanes.size());

    ImDrawList* list = ImGui::GetWindowDrawList();
    draw_lanes(paint, list, f, bar, names);
    draw_scale(paint, list, f);
    draw_ranges(paint, bar, ImVec2(at.x, f.high.y + paint.px(1)), wish);
    list->PushClipRect(ImVec2(f.low.x, at.y), ImVec2(f.high.x, at.y + room.y), true);
    draw_spans(paint, list, f, bar);
    ImGui::SetCursorScreenPos(ImVec2(f.low.x, at.y));
    ImGui::InvisibleButton("##lanes", ImVec2(f.high.x - f.low.x, room.y));
    const bool over = ImGui::IsItemHovered();
    const ImVec2 mouse = over ? ImGui::GetIO().MousePos : ImVec2(-1e6f, -1e6f);
    const LaneMark* under = draw_marks(paint, list, f, bar, mouse);
    draw_labels(paint, list, f, bar);
    list->PopClipRect();
    draw_cursor(paint, list, f, bar.cursor);
    if (over && under) hint(paint, under->label + " at cycle " + with_thousands(under->when));
    if (over) read_mouse(f, bar, under, mouse, wish);
    return wish;
}

}  // namespace ringside::ui
