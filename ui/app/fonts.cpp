// The atlas holds Latin, punctuation, arrows and shapes: 1.86 loads no glyphs on demand.
#include "ui/app/fonts.hpp"

#include <filesystem>

namespace ringside::ui {
namespace {

constexpr ImWchar ranges[] = {0x0020, 0x00ff, 0x2010, 0x2027, 0x2190, 0x21ff,
                              0x2200, 0x22ff, 0x25a0, 0x25ff, 0};

/// Where Debian, Fedora, Arch and Homebrew put DejaVu.
constexpr const char* folders[] = {
    "/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu-sans-fonts",
    "/usr/share/fonts/dejavu-sans-mono-fonts", "/usr/share/fonts/TTF", "/opt/homebrew/share/fonts"};

ImFont* load(const char* file, float size) {
    ImFontAtlas* atlas = ImGui::GetIO().Fonts;
    ImFontConfig config;
    config.OversampleH = 2;
    config.OversampleV = 1;
    for (const char* folder : folders) {
        const std::filesystem::path path = std::filesystem::path(folder) / file;
        std::error_code error;
        if (std::filesystem::is_regular_file(path, error))
            if (ImFont* font =
                    atlas->AddFontFromFileTTF(path.string().c_str(), size, &config, ranges))
                return font;
    }
    ImFontConfig plain;
    plain.SizePixels = size;
    return atlas->AddFontDefault(&plain);
}

}  // namespace

Faces load_faces(float scale) {
    ImGui::GetIO().Fonts->Clear();
    const auto size = [scale](float points) { return float(int(points * scale + 0.5f)); };
    Faces faces;
    faces.body = load("DejaVuSans.ttf", size(15));
    faces.bold = load("DejaVuSans-Bold.ttf", size(15));
    faces.mono = load("DejaVuSansMono.ttf", size(15));
    faces.mono_bold = load("DejaVuSansMono-Bold.ttf", size(15));
    faces.lead = load("DejaVuSans.ttf", size(17));
    faces.head = load("DejaVuSans-Bold.ttf", size(20));
    faces.small = load("DejaVuSans.ttf", size(13));
    ImGui::GetIO().FontDefault = faces.body;
    return faces;
}

}  // namespace ringside::ui
