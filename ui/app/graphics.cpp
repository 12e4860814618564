// Opening and closing in the right order; frames.
#include "ui/app/graphics.hpp"

#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>

#include <utility>

#include "ui/app/fonts.hpp"
#include "ui/app/imgui_compat.hpp"

namespace ringside::ui {
namespace {

std::string last_glfw_error() {
    const char* words = nullptr;
    glfwGetError(&words);
    return words ? words : "no reason given";
}

Diagnostic no_window(const std::string& what) {
    Diagnostic d;
    d.message = what + " (" + last_glfw_error() + ")";
    d.hint = "run it under xvfb-run -a, or use `ringside compare` for the same as text";
    return d;
}

}  // namespace

Result<Graphics> Graphics::open(int width, int height, bool visible) {
    if (!glfwInit()) return no_window("there is no display to open a window on");
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
    glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
    glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
    glfwWindowHint(GLFW_VISIBLE, visible ? GLFW_TRUE : GLFW_FALSE);
    GLFWwindow* window = glfwCreateWindow(width, height, "Ringside", nullptr, nullptr);
    if (!window) {
        Diagnostic why = no_window("the display gives no OpenGL 3.3 window");
        glfwTerminate();
        return why;
    }
    glfwMakeContextCurrent(window);
    glfwSwapInterval(1);
    auto inbox = std::make_unique<Inbox>();
    glfwSetWindowUserPointer(window, inbox.get());
    // Before ImGui's own, which hands on to it.
    glfwSetKeyCallback(window, [](GLFWwindow* of, int key, int, int action, int modifiers) {
        const auto known = key_of(key);
        if (!known || action == GLFW_RELEASE) return;
        static_cast<Inbox*>(glfwGetWindowUserPointer(of))
            ->keys.push_back({*known, (modifiers & GLFW_MOD_SHIFT) != 0,
                              (modifiers & GLFW_MOD_CONTROL) != 0, action == GLFW_REPEAT});
    });
    IMGUI_CHECKVERSION();
    ImGuiContext* context = ImGui::CreateContext();
    ImGui::GetIO().IniFilename =
        nullptr;  // the arrangement is kept by Layout, in a file of its own
    ImGui::GetIO().ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    ImGui_ImplGlfw_InitForOpenGL(window, true);
    ImGui_ImplOpenGL3_Init("#version 330 core");
    return Graphics(window, context, std::move(inbox));
}

Graphics::Graphics(Graphics&& other) noexcept
    : window_(std::exchange(other.window_, nullptr)),
      context_(std::exchange(other.context_, nullptr)),
      inbox_(std::move(other.inbox_)),
      faces_(other.faces_),
      scale_(other.scale_),
      title_(std::move(other.title_)) {}

Graphics::~Graphics() {
    if (!window_) return;
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext(context_);
    glfwDestroyWindow(window_);
    glfwTerminate();
}

const Faces& Graphics::faces_for(float scale) {
    if (scale != scale_) {
        faces_ = load_faces(scale);
        // The texture is made anew from the new atlas at the next frame.
        if (scale_ != 0) ImGui_ImplOpenGL3_DestroyFontsTexture();
        if (scale_ != 0) ImGui_ImplOpenGL3_CreateFontsTexture();
        scale_ = scale;
    }
    return faces_;
}

void Graphics::begin_frame() {
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    ImGui::NewFrame();
}

void Graphics::begin_still_frame(int width, int height) {
    ImGui_ImplOpenGL3_NewFrame();
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = ImVec2(float(width), float(height));
    io.DisplayFramebufferScale = ImVec2(1, 1);
    io.DeltaTime = 1.0f / 60.0f;
    io.MousePos = ImVec2(-1e6f, -1e6f);
    ImGui::NewFrame();
}

void Graphics::end_frame(ImU32 background, int width, int height) {
    ImGui::Render();
    const ImVec4 colour = ImGui::ColorConvertU32ToFloat4(background);
    glViewport(0, 0, width, height);
    glClearColor(colour.x, colour.y, colour.z, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

std::vector<KeyPress> Graphics::take_keys() { return std::exchange(inbox_->keys, {}); }

void Graphics::set_title(const std::string& title) {
    if (title == title_) return;
    title_ = title;
    glfwSetWindowTitle(window_, title.c_str());
}

}  // namespace ringside::ui
