// Nested resizable splits that hold the panels. Written as text, so that a file can keep them.
//
//   (down 0.6 (across 0.25 rings code) timeline|serial)     one behind the other: tabs
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::ui {

enum class Pane : u8 {
    Rings,
    Code,
    Registers,
    Happening,
    Log,
    Timeline,
    Observations,
    Counters,
    Serial
};
inline constexpr size_t pane_count = 9;
const char* pane_name(Pane pane);   ///< as the layout's text spells it
const char* pane_title(Pane pane);  ///< as people read it

struct Box {
    float x = 0, y = 0, width = 0, height = 0;
    bool contains(float px, float py) const {
        return px >= x && px < x + width && py >= y && py < y + height;
    }
};

/// A place with one panel, or several behind each other.
struct PlacedPanes {
    size_t node = 0;
    std::vector<Pane> panes;
    size_t shown = 0;
    Box box;
};
/// A gap between two parts that can be dragged.
struct PlacedSplit {
    size_t node = 0;
    bool across = false;
    Box gap;
    Box whole;  ///< of both parts
};

class Layout {
  public:
    /// Every pane must occur exactly once; else nothing.
    static std::optional<Layout> parse(std::string_view text);
    static Layout standard();
    std::string text() const;

    void place(const Box& room, float gap, std::vector<PlacedPanes>& panes,
               std::vector<PlacedSplit>& splits) const;
    /// Exchanges what two places hold.
    void swap(size_t node, size_t other);
    /// Brings a panel of a place to the front.
    void show(size_t node, size_t index);
    /// The share of the first part; kept between 0.08 and 0.92.
    void resize(size_t node, float share);
    bool operator==(const Layout&) const = default;

  private:
    struct Node {
        bool leaf = true;
        std::vector<Pane> panes;
        size_t shown = 0;
        bool across = false;
        float share = 0.5f;
        size_t first = 0, second = 0;
        bool operator==(const Node&) const = default;
    };
    struct Parser;
    void place_node(size_t node, const Box& room, float gap, std::vector<PlacedPanes>& panes,
                    std::vector<PlacedSplit>& splits) const;
    std::string node_text(size_t node) const;

    std::vector<Node> nodes_;
    size_t root_ = 0;
};

}  // namespace ringside::ui
