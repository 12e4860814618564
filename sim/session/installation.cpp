#include "sim/session/installation.hpp"

#include <algorithm>

#include "sim/base/nearest.hpp"

namespace ringside::session {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> scenario_files(const fs::path& tree) {
    std::vector<fs::path> files;
    std::error_code error;
    // The tree may itself be a link; links inside it are not followed.
    fs::recursive_directory_iterator walk(fs::canonical(tree, error), error);
    if (error) return files;
    for (auto it = fs::begin(walk); it != fs::end(walk); it.increment(error)) {
        if (error) break;
        if (it->path().filename() == "scenario.toml") files.push_back(it->path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

Result<Installation> Installation::of(const fs::path& executable) {
    const fs::path data = executable.parent_path().parent_path() / "share" / "ringside";
    std::error_code error;
    if (!fs::is_directory(data / "scenarios", error))
        return Diagnostic{data.string(), 0, 0, "the scenarios are missing from the installation",
                          "build again, or install the whole of share/ringside"};
    return Installation(data);
}

Result<std::vector<Scenario>> Installation::list() const {
    std::error_code error;
    const fs::path tree = fs::canonical(scenarios(), error);
    std::vector<Scenario> out;
    for (const fs::path& file : scenario_files(tree)) {
        Result<Scenario> one = load_scenario(file, tree);
        if (!one) return one.error();
        for (const Scenario& other : out)
            if (other.name == one->name)
                return Diagnostic{
                    file.string(), 0, 0,
                    "the name \"" + one->name + "\" is taken by " + other.file.string(), ""};
        out.push_back(std::move(*one));
    }
    std::sort(out.begin(), out.end(),
              [](const Scenario& a, const Scenario& b) { return a.name < b.name; });
    return out;
}

Result<Scenario> Installation::find(std::string_view name) const {
    std::error_code error;
    const fs::path tree = fs::canonical(scenarios(), error);
    fs::path path(name);
    if (fs::is_directory(path, error)) path /= "scenario.toml";
    if (path.filename() == "scenario.toml" && fs::is_regular_file(path, error)) {
        // Someone else's scenario: its sources may lie anywhere under its own folder.
        const fs::path file = fs::canonical(path, error);
        const bool ours = !file.lexically_relative(tree).empty() &&
                          *file.lexically_relative(tree).begin() != "..";
        return load_scenario(file, ours ? tree : file.parent_path());
    }
    std::vector<std::string> names;
    std::optional<Diagnostic> broken;
    for (const fs::path& file : scenario_files(tree)) {
        Result<Scenario> one = load_scenario(file, tree);
        if (one && one->name == name) return one;
        // A broken file is only in the way when it might be the one that was asked for.
        if (one)
            names.push_back(one->name);
        else if (file.parent_path().filename() == name)
            broken = one.error();
    }
    if (broken) return *broken;
    const std::string near = nearest(name, names);
    return Diagnostic{"", 0, 0, "there is no scenario \"" + std::string(name) + "\"",
                      near.empty() ? "see ringside list" : "did you mean \"" + near + "\"?"};
}

}  // namespace ringside::session
