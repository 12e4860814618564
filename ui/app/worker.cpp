// Commands are carried out in order; between them a running simulation advances in slices.
#include "ui/app/worker.hpp"

#include <chrono>
#include <utility>

namespace ringside::ui {

Worker::Worker(Player player, std::function<void()> news)
    : player_(std::move(player)), news_(std::move(news)) {
    publish();
    thread_ = std::thread([this] { work(); });
}

Worker::~Worker() {
    {
        const std::lock_guard lock(mutex_);
        leaving_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void Worker::send(Commands commands) {
    if (commands.empty()) return;
    {
        const std::lock_guard lock(mutex_);
        for (Command& command : commands) inbox_.push_back(std::move(command));
    }
    wake_.notify_all();
}

std::shared_ptr<const WindowView> Worker::picture() const {
    const std::lock_guard lock(mutex_);
    return picture_;
}

void Worker::settle() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return inbox_.empty() && !busy_; });
}

void Worker::publish() {
    auto view = std::make_shared<WindowView>(player_.view());
    view->revision = ++revision_;
    {
        const std::lock_guard lock(mutex_);
        picture_ = std::move(view);
    }
    if (news_) news_();
}

void Worker::work() {
    using namespace std::chrono_literals;
    for (;;) {
        Commands todo;
        {
            std::unique_lock lock(mutex_);
            const auto awake = [this] { return leaving_ || !inbox_.empty(); };
            // A slow run waits for its next instruction, but never for longer than a person
            // notices.
            if (player_.running())
                wake_.wait_for(lock, player_.pause(), awake);
            else
                wake_.wait(lock, awake);
            if (leaving_) return;
            todo.swap(inbox_);
            busy_ = true;
        }
        for (const Command& command : todo) player_.carry_out(command);
        const bool advanced = player_.running() && player_.run_slice();
        if (advanced || !todo.empty()) publish();
        {
            const std::lock_guard lock(mutex_);
            busy_ = false;
        }
        idle_.notify_all();
    }
}

}  // namespace ringside::ui
