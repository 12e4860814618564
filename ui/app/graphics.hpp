// The GLFW window, its OpenGL context and ImGui's, alive together.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "sim/base/result.hpp"
#include "ui/app/key_press.hpp"
#include "ui/widgets/paint.hpp"

struct GLFWwindow;
struct ImGuiContext;

namespace ringside::ui {

class Graphics {
  public:
    /// Opens a window of that size, or says in one sentence why there is none.
    static Result<Graphics> open(int width, int height, bool visible);
    ~Graphics();
    Graphics(Graphics&& other) noexcept;
    Graphics& operator=(Graphics&&) = delete;

    GLFWwindow* window() const { return window_; }
    /// Builds the font atlas again when `scale` is not the one it was built for.
    const Faces& faces_for(float scale);
    /// Starts a frame of the window's present size.
    void begin_frame();
    /// Starts a frame of a given size: no mouse, time stands still.
    void begin_still_frame(int width, int height);
    /// Ends the frame and paints it into the present frame buffer, over `background`.
    void end_frame(ImU32 background, int width, int height);
    /// The keys pressed since it was last asked.
    std::vector<KeyPress> take_keys();
    void set_title(const std::string& title);

  private:
    /// Where the window's callback puts keys: it must not move with the object.
    struct Inbox {
        std::vector<KeyPress> keys;
    };
    Graphics(GLFWwindow* window, ImGuiContext* context, std::unique_ptr<Inbox> inbox)
        : window_(window), context_(context), inbox_(std::move(inbox)) {}

    GLFWwindow* window_;
    ImGuiContext* context_;
    std::unique_ptr<Inbox> inbox_;

    Faces faces_;
    float scale_ = 0;
    std::string title_;
};

}  // namespace ringside::ui
