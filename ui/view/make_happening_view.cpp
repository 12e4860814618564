// An event is told in the instant after it; then the quiet goes on until the next.
#include "ui/view/make_happening_view.hpp"

#include <algorithm>

#include "ui/view/number_text.hpp"

namespace ringside::ui {
namespace {

constexpr long log_before = 60, log_after = 40;

/// The happening of the instruction that has just run, or -1. Of several the weightiest.
long fresh(const session::Story& story, const Present& now, const WordsFor& words) {
    const auto& all = story.happenings();
    long best = -1;
    int weight = -1;
    for (long i = story.after(now.events);
         i >= 0 && all[size_t(i)].instruction + 1 >= now.instruction; --i) {
        const Tone tone = words(size_t(i)).tone;
        const int w = tone == Tone::Wrong       ? 4
                      : tone == Tone::Silent    ? 3
                      : tone == Tone::Good      ? 2
                      : all[size_t(i)].crossing ? 1
                                                : 0;
        if (w > weight) weight = w, best = i;
    }
    return best;
}

std::string cost_text(const session::Story& story, const Present& now, long happening) {
    if (happening >= 0) {
        const session::Happening& h = story.happenings()[size_t(happening)];
        if (h.end > h.begin)
            return counted(h.end - h.begin, "cycle", "cycles") + " for the transition itself";
    }
    return now.step_cycles ? counted(now.step_cycles, "cycle", "cycles") + " for this step" : "";
}

void add_log(HappeningView& view, const session::Story& story, const Present& now,
             const WordsFor& words) {
    const auto& all = story.happenings();
    const long here = story.after(now.events);
    const long from = std::max(0l, here - log_before),
               to = std::min(long(all.size()), here + 1 + log_after);
    for (long i = from; i < to; ++i) {
        const EventWords w = words(size_t(i));
        LogRow row;
        row.event = all[size_t(i)].last;
        row.when = grouped(all[size_t(i)].begin);
        row.text = w.line;
        row.tone = w.tone;
        row.current = i == here;
        row.future = i > here;
        view.log.push_back(std::move(row));
    }
}

void tell_quiet(HappeningView& view, const session::Story& story, const Present& now,
                const WordsFor& words) {
    const std::string who = world_name(now.world);
    view.headline = now.instruction == 0 ? "The machine is about to start"
                                         : (now.world == World::Translated ? "" : "The ") + who +
                                               " runs in ring " + std::to_string(now.ring);
    if (now.world == World::Translated && now.instruction)
        view.headline = "Translated code runs in ring " + std::to_string(now.ring);
    const long last = story.after(now.events);
    if (last < 0) return;
    const u64 ago = now.instruction -
                    std::min(now.instruction, story.happenings()[size_t(last)].instruction + 1);
    const EventWords w = words(size_t(last));
    view.body = counted(ago, "instruction", "instructions") + " ago: " + w.line + ".";
}

}  // namespace

HappeningView make_happening_view(const session::Story& story, const Present& now,
                                  const WordsFor& words) {
    HappeningView view;
    const long event = fresh(story, now, words);
    if (event >= 0) {
        const EventWords w = words(size_t(event));
        view.tone = w.tone;
        view.headline = w.headline;
        view.body = w.body;
        view.why = w.why;
        view.source = w.source;
    } else {
        tell_quiet(view, story, now, words);
    }
    view.cost = cost_text(story, now, event);
    view.next = now.next;
    if (!now.ending.empty()) {
        view.body += (view.body.empty() ? "" : "\n") + now.ending;
        view.next.clear();
    }
    add_log(view, story, now, words);
    return view;
}

}  // namespace ringside::ui
