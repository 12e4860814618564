// Collects diagnostics with their places; says where the macros were used.
#pragma once
#include <string>
#include <vector>

#include "sim/asm/token.hpp"
#include "sim/base/diagnostic.hpp"

namespace ringside::assembler {

class Reports {
  public:
    explicit Reports(size_t limit) : limit_(limit) {}

    u32 add_file(std::string name);
    const std::vector<std::string>& files() const { return files_; }

    /// `column` 0 means the whole line.
    void add(const Line& line, int column, std::string message, std::string hint = {});
    bool full() const { return all_.size() >= limit_; }
    bool empty() const { return all_.empty(); }
    const std::vector<Diagnostic>& all() const { return all_; }
    /// A pass over the statements starts again with the diagnostics of the passes before it.
    size_t mark() const { return all_.size(); }
    void back_to(size_t mark) { all_.resize(mark); }

  private:
    std::vector<std::string> files_;
    std::vector<Diagnostic> all_;
    size_t limit_;
};

}  // namespace ringside::assembler
