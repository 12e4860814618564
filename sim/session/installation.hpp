// Where the scenarios and the VMM images lie, and which scenarios there are.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/result.hpp"
#include "sim/session/scenario.hpp"
#include "sim/session/techniques.hpp"

namespace ringside::session {

/// The folder share/ringside beside the program's folder: scenarios/, vmms/, assets/.
class Installation {
  public:
    explicit Installation(std::filesystem::path data) : data_(std::move(data)) {}
    /// The installation that the running program belongs to; `executable` is its path.
    static Result<Installation> of(const std::filesystem::path& executable);

    std::filesystem::path scenarios() const { return data_ / "scenarios"; }
    std::filesystem::path assets() const { return data_ / "assets"; }
    /// The file of a VMM, by the name that its technique has for it.
    std::filesystem::path vmm(std::string_view image) const { return data_ / "vmms" / image; }

    /// All scenarios by name, or the first diagnostic of a file that is wrong.
    Result<std::vector<Scenario>> list() const;
    /// A scenario by its name, or by a path to its folder or scenario.toml.
    Result<Scenario> find(std::string_view name) const;

  private:
    std::filesystem::path data_;
};

}  // namespace ringside::session
