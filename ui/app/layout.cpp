// The tree of splits: parsing, writing, placing, swapping.
#include "ui/app/layout.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "sim/base/check.hpp"

namespace ringside::ui {
namespace {

struct PaneWords {
    const char* name;
    const char* title;
};
constexpr std::array<PaneWords, pane_count> words = {{
    {"rings", "Where the CPU is"},
    {"code", "Code"},
    {"registers", "Registers"},
    {"happening", "What is happening"},
    {"log", "Events"},
    {"timeline", "Timeline"},
    {"observations", "What the guest saw"},
    {"counters", "Cost so far"},
    {"serial", "Serial console"},
}};

constexpr const char* standard_text =
    "(down 0.55 (across 0.24 rings (across 0.61 code happening))"
    " (across 0.335 registers (down 0.40 timeline (across 0.5 observations "
    "log|counters|serial))))";

float kept_in(float share) { return std::clamp(share, 0.08f, 0.92f); }

}  // namespace

const char* pane_name(Pane pane) { return words[size_t(pane)].name; }
const char* pane_title(Pane pane) { return words[size_t(pane)].title; }

struct Layout::Parser {
    std::string_view text;
    Layout& layout;
    std::array<int, pane_count> seen{};
    size_t at = 0;
    unsigned depth = 0;

    std::string_view word() {
        while (at < text.size() && (text[at] == ' ' || text[at] == '\n')) ++at;
        const size_t from = at;
        if (at < text.size() && (text[at] == '(' || text[at] == ')'))
            return text.substr(from, ++at - from);
        while (at < text.size() && text[at] != ' ' && text[at] != '\n' && text[at] != '(' &&
               text[at] != ')')
            ++at;
        return text.substr(from, at - from);
    }

    bool take(std::string_view name, Node& node) {
        for (size_t i = 0; i < pane_count; ++i) {
            if (name != words[i].name) continue;
            node.panes.push_back(Pane(i));
            return seen[i]++ == 0;
        }
        return false;
    }

    /// "log|counters|serial"
    std::optional<size_t> leaf(std::string_view names) {
        Node node;
        for (size_t bar = 0; bar != std::string_view::npos;) {
            bar = names.find('|');
            if (!take(names.substr(0, bar), node)) return {};
            if (bar != std::string_view::npos) names.remove_prefix(bar + 1);
        }
        layout.nodes_.push_back(node);
        return layout.nodes_.size() - 1;
    }

    std::optional<size_t> node() {
        const std::string_view first = word();
        if (first != "(") return leaf(first);
        if (++depth > pane_count) return {};
        Node split;
        split.leaf = false;
        const std::string_view way = word();
        if (way != "across" && way != "down") return {};
        split.across = way == "across";
        const std::string number(word());
        char* end = nullptr;
        split.share = std::strtof(number.c_str(), &end);
        if (number.empty() || *end != '\0' || !(split.share > 0 && split.share < 1)) return {};
        split.share = kept_in(split.share);
        const auto a = node();
        if (!a) return {};
        const auto b = node();
        if (!b || word() != ")") return {};
        split.first = *a;
        split.second = *b;
        layout.nodes_.push_back(split);
        --depth;
        return layout.nodes_.size() - 1;
    }
};

std::optional<Layout> Layout::parse(std::string_view text) {
    Layout layout;
    Parser parser{text, layout};
    const auto root = parser.node();
    if (!root || !parser.word().empty()) return {};
    if (std::any_of(parser.seen.begin(), parser.seen.end(), [](int n) { return n != 1; }))
        return {};
    layout.root_ = *root;
    return layout;
}

Layout Layout::standard() {
    auto layout = parse(standard_text);
    RINGSIDE_CHECK(layout.has_value());
    return *layout;
}

std::string Layout::node_text(size_t index) const {
    const Node& node = nodes_[index];
    if (node.leaf) {
        std::string names;
        for (const Pane pane : node.panes)
            names += (names.empty() ? "" : "|") + std::string(pane_name(pane));
        return names;
    }
    char share[16];
    std::snprintf(share, sizeof share, "%.3f", double(node.share));
    return std::string(node.across ? "(across " : "(down ") + share + " " + node_text(node.first) +
           " " + node_text(node.second) + ")";
}

std::string Layout::text() const { return node_text(root_); }

void Layout::place_node(size_t index, const Box& room, float gap, std::vector<PlacedPanes>& panes,
                        std::vector<PlacedSplit>& splits) const {
    const Node& node = nodes_[index];
    if (node.leaf) {
        panes.push_back({index, node.panes, node.shown, room});
        return;
    }
    Box a = room, b = room, between = room;
    if (node.across) {
        a.width = float(int((room.width - gap) * node.share));
        between.x = room.x + a.width;
        between.width = gap;
        b.x = between.x + gap;
        b.width = room.width - a.width - gap;
    } else {
        a.height = float(int((room.height - gap) * node.share));
        between.y = room.y + a.height;
        between.height = gap;
        b.y = between.y + gap;
        b.height = room.height - a.height - gap;
    }
    splits.push_back({index, node.across, between, room});
    place_node(node.first, a, gap, panes, splits);
    place_node(node.second, b, gap, panes, splits);
}

void Layout::place(const Box& room, float gap, std::vector<PlacedPanes>& panes,
                   std::vector<PlacedSplit>& splits) const {
    place_node(root_, room, gap, panes, splits);
}

void Layout::swap(size_t node, size_t other) {
    std::swap(nodes_[node].panes, nodes_[other].panes);
    std::swap(nodes_[node].shown, nodes_[other].shown);
}

void Layout::show(size_t node, size_t index) {
    nodes_[node].shown = std::min(index, nodes_[node].panes.size() - 1);
}

void Layout::resize(size_t node, float share) { nodes_[node].share = kept_in(share); }

}  // namespace ringside::ui
