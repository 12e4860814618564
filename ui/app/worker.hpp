// The thread that the simulator runs on. Frames give it commands and take pictures from it; neither
// waits for the other.
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "ui/app/player.hpp"

namespace ringside::ui {

class Worker {
  public:
    /// `news` is called on the worker's thread whenever there is a new picture.
    Worker(Player player, std::function<void()> news);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void send(Commands commands);
    /// Never null.
    std::shared_ptr<const WindowView> picture() const;
    /// Waits until every command sent so far has been carried out and pictured.
    void settle();

  private:
    void work();
    void publish();

    Player player_;
    std::function<void()> news_;
    mutable std::mutex mutex_;
    std::condition_variable wake_, idle_;
    Commands inbox_;
    bool busy_ = false, leaving_ = false;
    std::shared_ptr<const WindowView> picture_;
    u64 revision_ = 0;
    std::thread thread_;
};

}  // namespace ringside::ui
