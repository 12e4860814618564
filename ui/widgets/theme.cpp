// The two themes.
#include "ui/widgets/theme.hpp"

namespace ringside::ui {
namespace {

constexpr ImU32 rgb(unsigned hex, unsigned alpha = 255) {
    return IM_COL32((hex >> 16) & 255, (hex >> 8) & 255, hex & 255, alpha);
}

}  // namespace

Theme dark_theme() {
    Theme t;
    t.dark = true;
    t.background = rgb(0x101318);
    t.panel = rgb(0x1a1f27);
    t.title = rgb(0x222934);
    t.border = rgb(0x333c4a);
    t.text = rgb(0xf1f4f8);
    t.muted = rgb(0xa9b4c2);
    t.faint = rgb(0x6f7b8b);
    t.highlight = rgb(0x2b3648);
    t.control = rgb(0x2a323e);
    t.control_hot = rgb(0x3a4656);
    t.accent = rgb(0xf0e442);
    t.wrong = rgb(0xff6b4a);
    t.silent = rgb(0xf0e442);
    t.good = rgb(0x2fc79b);
    t.on_colour = rgb(0x0b0d10);
    t.world = {rgb(0x2fc79b), rgb(0x56b4e9), rgb(0xd98ab8),
               rgb(0xf0a52e), rgb(0xa99cf5), rgb(0xc3cf6b)};
    t.ring = {rgb(0x46536a), rgb(0x39465a), rgb(0x2d3848), rgb(0x232c38)};
    t.root = rgb(0x2a2115);
    t.transition = rgb(0x8a94a3);
    return t;
}

Theme light_theme() {
    Theme t;
    t.dark = false;
    t.background = rgb(0xe4e8ee);
    t.panel = rgb(0xffffff);
    t.title = rgb(0xf1f4f8);
    t.border = rgb(0xc4ccd6);
    t.text = rgb(0x14181d);
    t.muted = rgb(0x4a5563);
    t.faint = rgb(0x7d8896);
    t.highlight = rgb(0xdce9f7);
    t.control = rgb(0xd3dae4);
    t.control_hot = rgb(0xbfc9d6);
    t.accent = rgb(0x9a5b00);
    t.wrong = rgb(0xc23b00);
    t.silent = rgb(0x8a5a00);
    t.good = rgb(0x00795a);
    t.on_colour = rgb(0xffffff);
    t.world = {rgb(0x00795a), rgb(0x0064a4), rgb(0xa8437e),
               rgb(0xb25f00), rgb(0x5a46b4), rgb(0x5d6a00)};
    t.ring = {rgb(0xb9c6d8), rgb(0xcbd6e4), rgb(0xdde5ee), rgb(0xedf1f6)};
    t.root = rgb(0xfff3df);
    t.transition = rgb(0x8792a1);
    return t;
}

ImU32 faded(ImU32 colour, float alpha) {
    const unsigned a = unsigned(float((colour >> IM_COL32_A_SHIFT) & 255) * alpha + 0.5f);
    return (colour & ~IM_COL32_A_MASK) | (a << IM_COL32_A_SHIFT);
}

ImU32 blend(ImU32 a, ImU32 b, float share_of_b) {
    const ImVec4 x = ImGui::ColorConvertU32ToFloat4(a);
    const ImVec4 y = ImGui::ColorConvertU32ToFloat4(b);
    const float s = share_of_b;
    return ImGui::ColorConvertFloat4ToU32(
        ImVec4(x.x + (y.x - x.x) * s, x.y + (y.y - x.y) * s, x.z + (y.z - x.z) * s, 1.0f));
}

}  // namespace ringside::ui
