// The rules of the repository that no compiler checks.
#include "tests/lint/rules.hpp"

#include <algorithm>
#include <functional>
#include <regex>
#include <sstream>

namespace ringside::lint {

namespace {
struct Layer {
    std::string folder;
    std::vector<std::string> below;  // prefixes that it may include besides its own
};

/// The table of layers. An include may go to the own folder and to those listed.
const std::vector<Layer>& layers() {
    using Folders = std::vector<std::string>;
    const Folders isa = {"sim/base/", "sim/isa/"};
    const auto with = [](Folders first, const Folders& more) {
        first.insert(first.end(), more.begin(), more.end());
        return first;
    };
    const Folders mem = with(isa, {"sim/trace/"});
    const Folders dev = with(mem, {"sim/mem/"});
    const Folders timing = with(dev, {"sim/decode/"});
    const Folders cpu = with(timing, {"sim/dev/", "sim/timing/"});
    const Folders machine = with(cpu, {"sim/cpu/"});
    const Folders session = with(machine, {"sim/machine/", "sim/asm/", "sim/image/"});
    const Folders outside = with(session, {"sim/session/"});
    const Folders freestanding = {"sim/base/types.hpp", "sim/base/bits.hpp", "sim/isa/"};
    static const std::vector<Layer> table = {
        {"sim/base/", {}},
        {"sim/isa/", {"sim/base/"}},
        {"sim/trace/", isa},
        {"sim/decode/", isa},
        {"sim/mem/", mem},
        {"sim/dev/", dev},
        {"sim/timing/", timing},
        {"sim/cpu/", cpu},
        {"sim/machine/", machine},
        {"sim/asm/", isa},
        {"sim/image/", isa},
        {"sim/session/", session},
        {"sim/gdb/", outside},
        {"sim/export/", outside},
        {"sim/cli/", {"sim/"}},
        {"ui/view/", {"sim/"}},
        {"ui/widgets/", isa},
        {"ui/panels/", with(isa, {"sim/session/", "ui/view/", "ui/widgets/"})},
        {"ui/app/", {"sim/", "ui/"}},
        {"scenarios/", freestanding},
        {"tests/", {"sim/", "ui/", "scenarios/"}},
    };
    return table;
}

bool is_source(const std::string& path) {
    for (const char* extension : {".hpp", ".cpp", ".h", ".c", ".S"})
        if (path.ends_with(extension)) return true;
    return false;
}

bool starts_with_any(std::string_view text, const std::vector<std::string>& prefixes) {
    return std::ranges::any_of(prefixes, [&](const std::string& p) { return text.starts_with(p); });
}

/// Calls `check(line, report)` for each line; what it reports becomes a violation with its place.
template <class Check>
Violations for_each_line(const File& file, Check check) {
    Violations out;
    std::istringstream lines(file.text);
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number)
        check(line, [&](const std::string& what) {
            out.push_back(file.path + ":" + std::to_string(number) + ": " + what);
        });
    return out;
}

struct Include {
    std::string name;
    bool quoted;
};

std::vector<Include> include_in(const std::string& line) {
    static const std::regex pattern(R"re(^\s*#\s*include\s*(["<])([^">]*)[">])re");
    std::smatch match;
    if (!std::regex_search(line, match, pattern)) return {};
    return {{match[2], match[1] == "\""}};
}

/// Does `path` of a file in `folder` end outside the root? Counts the levels, part by part.
bool leaves_root(std::string_view folder, std::string_view path) {
    long depth = std::ranges::count(folder, '/');
    while (!path.empty()) {
        const size_t end = std::min(path.find('/'), path.size());
        const std::string_view part = path.substr(0, end);
        path.remove_prefix(std::min(end + 1, path.size()));
        if (part == "..")
            --depth;
        else if (!part.empty() && part != ".")
            ++depth;
        if (depth < 0) return true;
    }
    return false;
}
}  // namespace

Violations upward_includes(const File& file) {
    if (!is_source(file.path)) return {};
    const auto layer = std::ranges::find_if(
        layers(), [&](const Layer& l) { return file.path.starts_with(l.folder); });
    return for_each_line(file, [&](const std::string& line, auto report) {
        for (const Include& include : include_in(line)) {
            if (!include.quoted) continue;
            if (!starts_with_any(include.name, {"sim/", "ui/", "scenarios/", "tests/"}))
                report("\"" + include.name + "\" does not start at the root");
            else if (layer == layers().end())
                report("this folder is no layer; add it to the table");
            else if (!include.name.starts_with(layer->folder) &&
                     !starts_with_any(include.name, layer->below))
                report(layer->folder + " may not include " + include.name);
        }
    });
}

Violations hosted_includes(const File& file) {
    const bool concerned = file.path.starts_with("sim/isa/") ||
                           file.path.starts_with("scenarios/") ||
                           file.path == "sim/base/types.hpp" || file.path == "sim/base/bits.hpp";
    if (!concerned || !is_source(file.path)) return {};
    const std::vector<std::string> own = {"sim/base/types.hpp", "sim/base/bits.hpp", "sim/isa/",
                                          "scenarios/"};
    return for_each_line(file, [&](const std::string& line, auto report) {
        for (const Include& include : include_in(line)) {
            const bool free = include.quoted
                                  ? starts_with_any(include.name, own)
                                  : include.name == "stdint.h" || include.name == "stddef.h";
            if (!free) report(include.name + " is not freestanding");
        }
    });
}

Violations stray_zydis(const File& file) {
    const bool allowed = starts_with_any(file.path, {"sim/decode/", "sim/asm/"});
    if (allowed || !is_source(file.path) || !starts_with_any(file.path, {"sim/", "ui/"})) return {};
    return for_each_line(file, [&](const std::string& line, auto report) {
        if (line.find("Zydis") != std::string::npos || line.find("Zycore") != std::string::npos)
            report("Zydis is named outside sim/decode and sim/asm");
    });
}

Violations leaving_paths(const File& file) {
    static const std::regex host(R"((^|[^\w.}/-])/(home|root|Users|work)/)");
    static const std::regex design(R"((^|[^\w])share[d]/)");
    static const std::regex above_root(R"((CMAKE|PROJECT|RINGSIDE|ringside)_SOURCE_DIR\}/\.\.)");
    static const std::regex path(R"([\w.-]*(/[\w.-]*)+)");
    const std::string folder = file.path.substr(0, file.path.rfind('/') + 1);
    return for_each_line(file, [&](const std::string& line, auto report) {
        if (std::regex_search(line, host)) report("a path of one person's machine");
        if (std::regex_search(line, design)) report("a path to what is not part of the repository");
        if (std::regex_search(line, above_root)) report("a path above the root");
        if (line.find("..") == std::string::npos) return;
        for (auto i = std::sregex_iterator(line.begin(), line.end(), path);
             i != std::sregex_iterator(); ++i)
            if (leaves_root(folder, i->str())) report(i->str() + " leaves the repository");
    });
}

Violations technique_names(const File& file) {
    if (!starts_with_any(file.path, {"sim/base/", "sim/isa/", "sim/decode/", "sim/mem/", "sim/dev/",
                                     "sim/cpu/", "sim/timing/", "sim/machine/"}))
        return {};
    static const std::regex name("binary[-_ ]?translation|paravirt|trap[-_ ]?and[-_ ]?emulate",
                                 std::regex::icase | std::regex::optimize);
    return for_each_line(file, [&](const std::string& line, auto report) {
        std::smatch match;
        if (std::regex_search(line, match, name))
            report("the core names the technique '" + match.str() + "'");
    });
}

}  // namespace ringside::lint
