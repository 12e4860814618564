// scenario.toml → Scenario.
#include <algorithm>

#include "sim/base/nearest.hpp"
#include "sim/session/scenario.hpp"
#include "sim/session/techniques.hpp"
#include "sim/session/toml_reader.hpp"

namespace ringside::session {
namespace {

namespace fs = std::filesystem;

/// {en = "…", zh = "…"}, or one string for every language.
Text read_text(TomlReader& from, std::string_view key, bool required) {
    Text out;
    if (from.is_table(key)) {
        const toml::table* table = from.table(key);
        TomlReader reader(from.file(), *table, from.named(key));
        out.en = reader.text("en", true);
        out.zh = reader.text("zh", false);
        reader.finish();
        return out;
    }
    out.en = from.text(key, required);
    return out;
}

bool is_name(std::string_view text) {
    if (text.empty()) return false;
    for (char c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
    return true;
}

bool lies_in(const fs::path& path, const fs::path& tree) {
    const fs::path relative = path.lexically_relative(tree);
    return !relative.empty() && *relative.begin() != "..";
}

class ScenarioReader {
  public:
    ScenarioReader(TomlFile& file, fs::path path, fs::path tree)
        : file_(file), path_(std::move(path)), tree_(std::move(tree)) {}

    Scenario read(const toml::table& root) {
        TomlReader reader(file_, root, "");
        Scenario out;
        out.file = path_;
        out.tree = tree_;
        out.name = reader.text("name", true);
        if (!file_.error && !is_name(out.name))
            file_.fail(reader.place("name"),
                       "\"name\" must be made of small letters, digits and hyphens, not \"" +
                           out.name + "\"");
        out.kind =
            static_cast<ScenarioKind>(reader.choice("kind", {"scenario", "lesson", "lab"}, 0));
        out.title = read_text(reader, "title", true);
        out.summary = read_text(reader, "summary", true);
        read_guests(reader, out);
        out.techniques = read_techniques(reader);
        read_vmms(reader, out);
        read_machine(reader, out.machine);
        read_stop(reader, out.stop);
        for (const toml::table* one : reader.tables("input")) out.input.push_back(read_input(*one));
        for (const toml::table* one : reader.tables("check"))
            out.checks.push_back(read_check(*one, out));
        for (const toml::table* one : reader.tables("declared"))
            out.declared.push_back(read_declared(*one, out));
        for (const toml::table* one : reader.tables("beat")) out.beats.push_back(read_beat(*one));
        reader.finish();
        return out;
    }

  private:
    fs::path read_source(TomlReader& reader, std::string_view key) {
        const std::string text = reader.text(key, true);
        if (file_.error) return {};
        fs::path source = (path_.parent_path() / text).lexically_normal();
        if (text.empty() || !lies_in(source, tree_)) {
            file_.fail(reader.place(key), "\"" + reader.named(key) + "\" must be a file under " +
                                              tree_.filename().string() + ", not \"" + text + "\"");
        } else if (std::error_code error; !fs::is_regular_file(source, error)) {
            file_.fail(reader.place(key), "there is no file \"" + text + "\" beside this one");
        }
        return source;
    }

    /// One [guest], or a [[guest]] with a name for each.
    void read_guests(TomlReader& root, Scenario& out) {
        if (!root.has("guest")) {
            file_.fail(root.place(""), "the table \"guest\" with its \"source\" is missing");
        } else if (root.is_table("guest")) {
            TomlReader reader(file_, *root.table("guest"), "guest");
            out.guests.push_back(read_guest(reader, out.name));
        } else {
            for (const toml::table* one : root.tables("guest")) {
                TomlReader reader(file_, *one, "guest");
                const std::string name = reader.text("name", true);
                check_guest_name(reader.place("name"), name, out);
                out.guests.push_back(read_guest(reader, name));
            }
            if (out.guests.empty() || out.guests.size() > most_guests)
                file_.fail(root.place("guest"),
                           "a scenario has one guest or two: each prints on a serial port of its "
                           "own, and there are two");
        }
    }

    void check_guest_name(const toml::source_region& place, const std::string& name,
                          const Scenario& so_far) {
        if (file_.error) return;
        if (!is_name(name))
            file_.fail(place,
                       "\"guest.name\" must be made of small letters, digits and hyphens, "
                       "not \"" +
                           name + "\"");
        for (const Guest& other : so_far.guests)
            if (other.name == name) file_.fail(place, "there are two guests \"" + name + "\"");
    }

    Guest read_guest(TomlReader& reader, const std::string& name) {
        Guest out;
        out.name = name;
        out.build.source = read_source(reader, "source");
        out.build.defines = reader.texts("defines");
        out.options = read_options(reader);
        out.mode = unsigned(reader.number("mode", 32, 0, 0xffff));
        if (out.mode != 32 && out.mode != 64)
            file_.fail(reader.place("mode"),
                       "\"guest.mode\" must be 32 or 64: the bits of the guest's code, once it has "
                       "started");
        if (const toml::table* variants = reader.table("variants")) {
            TomlReader names(file_, *variants, "guest.variants");
            for (const std::string& one : names.keys())
                if (const toml::table* table = names.table(one))
                    out.variants.push_back(read_variant(one, *table, out.build));
        }
        reader.finish();
        return out;
    }

    std::string read_options(TomlReader& reader) {
        std::string out = reader.text("options", false);
        if (const std::string trouble = trouble_with_options(out); !trouble.empty())
            file_.fail(reader.place("options"), trouble);
        return out;
    }

    /// Which of the guests a check or a declaration is about; empty: all of them.
    std::string read_guest_name(TomlReader& reader, const Scenario& scenario) {
        std::string out = reader.text("guest", false);
        if (file_.error || out.empty()) return out;
        std::vector<std::string> names;
        for (const Guest& one : scenario.guests) names.push_back(one.name);
        if (std::find(names.begin(), names.end(), out) != names.end()) return out;
        const std::string near = nearest(out, names);
        file_.fail(reader.place("guest"), "the scenario has no guest \"" + out + "\"",
                   near.empty() ? "" : "did you mean \"" + near + "\"?");
        return out;
    }

    Variant read_variant(const std::string& name, const toml::table& table,
                         const GuestBuild& base) {
        TomlReader reader(file_, table, "guest.variants." + name);
        Variant out{name, base, {}};
        if (reader.has("source")) out.build.source = read_source(reader, "source");
        for (std::string& define : reader.texts("defines"))
            out.build.defines.push_back(std::move(define));
        out.summary = read_text(reader, "summary", false);
        reader.finish();
        return out;
    }

    void check_technique(const toml::source_region& place, const std::string& name) {
        if (file_.error || find_technique(name)) return;
        const std::string near = nearest(name, technique_names());
        file_.fail(place, "there is no technique \"" + name + "\"",
                   near.empty() ? "" : "did you mean \"" + near + "\"?");
    }

    std::vector<std::string> read_techniques(TomlReader& root) {
        std::vector<std::string> out = root.texts("techniques");
        if (out.empty())
            file_.fail(root.place("techniques"),
                       "\"techniques\" must be an array with at least one technique's name");
        for (size_t i = 0; i < out.size(); ++i)
            check_technique(root.place_in("techniques", i), out[i]);
        return out;
    }

    /// [vmm.TECHNIQUE]: what is said to the VMM of a technique.
    void read_vmms(TomlReader& root, Scenario& out) {
        const toml::table* table = root.table("vmm");
        if (!table) return;
        TomlReader names(file_, *table, "vmm");
        for (const std::string& name : names.keys()) {
            check_technique(names.place(name), name);
            if (const auto technique = find_technique(name);
                !file_.error && technique->image.empty())
                file_.fail(names.place(name), "under \"" + name + "\" there is no VMM");
            if (const toml::table* one = names.table(name)) {
                TomlReader reader(file_, *one, "vmm." + name);
                out.vmm_options[name] = read_options(reader);
                reader.finish();
            }
        }
    }

    void read_machine(TomlReader& root, MachineSetup& out) {
        const toml::table* table = root.table("machine");
        if (!table) return;
        TomlReader reader(file_, *table, "machine");
        out.ram_mib = static_cast<u32>(reader.number("ram_mib", out.ram_mib, 4, 1024));
        out.cpu = reader.text("cpu", false);
        out.hz = reader.number("hz", out.hz, 1'000'000, 10'000'000'000);
        out.disk_kib = static_cast<u32>(reader.number("disk_kib", out.disk_kib, 0, 65536));
        out.network = reader.flag("network", out.network);
        reader.finish();
    }

    void read_stop(TomlReader& root, StopLimits& out) {
        const toml::table* table = root.table("stop");
        if (!table) return;
        TomlReader reader(file_, *table, "stop");
        constexpr u64 most = u64{1} << 62;
        out.instructions = reader.number("instructions", out.instructions, 1, most);
        out.cycles = reader.number("cycles", out.cycles, 1, most);
        out.serial_bytes = reader.number("serial_bytes", out.serial_bytes, 1, 1 << 28);
        reader.finish();
    }

    SerialInput read_input(const toml::table& table) {
        TomlReader reader(file_, table, "input");
        SerialInput out;
        out.at = reader.number("at", 0, 0, u64{1} << 62);
        out.bytes = reader.text("serial", true);
        reader.finish();
        return out;
    }

    Check read_check(const toml::table& table, const Scenario& scenario) {
        TomlReader reader(file_, table, "check");
        Check out;
        out.guest = read_guest_name(reader, scenario);
        int kinds = 0;
        if (reader.has("serial_equals"))
            ++kinds, out.serial_equals = reader.text("serial_equals", true);
        if (reader.has("serial_contains"))
            ++kinds, out.serial_contains = reader.text("serial_contains", true);
        if (reader.has("exit")) ++kinds, out.exit_value = reader.number("exit", 0, 0, 0xffff'ffff);
        if (reader.has("observation")) {
            ++kinds, out.observation = reader.text("observation", true);
            if (!reader.has("equals"))
                file_.fail(table.source(), "\"check.observation\" needs \"equals\", its value");
            out.equals = reader.number("equals", 0, 0, 0xffff'ffff);
        } else if (reader.has("equals")) {
            file_.fail(reader.place("equals"), "\"check.equals\" needs \"observation\", its name");
        }
        reader.finish();
        if (kinds != 1)
            file_.fail(
                table.source(),
                "a check is exactly one of serial_equals, serial_contains, exit, observation");
        return out;
    }

    Declared read_declared(const toml::table& table, const Scenario& scenario) {
        TomlReader reader(file_, table, "declared");
        Declared out;
        out.technique = reader.text("technique", true);
        check_technique(reader.place("technique"), out.technique);
        out.guest = read_guest_name(reader, scenario);
        out.outcome = static_cast<Outcome>(
            reader.choice("outcome", {"completed", "failed", "limit", "unsupported"}, 0));
        out.observations = reader.texts("observations");
        out.serial_differs = reader.flag("serial_differs", false);
        out.why = read_text(reader, "why", true);
        reader.finish();
        return out;
    }

    Beat read_beat(const toml::table& table) {
        TomlReader reader(file_, table, "beat");
        Beat out;
        out.on = reader.text("on", true);
        out.say = read_text(reader, "say", true);
        out.point = reader.text("point", false);
        if (const toml::table* ask = reader.table("ask")) {
            TomlReader question(file_, *ask, "beat.ask");
            Question& q = out.question.emplace();
            q.ask = read_text(question, "question", true);
            for (const toml::table* one : question.tables("choices")) {
                TomlReader choice(file_, *one, "beat.ask.choices");
                q.choices.push_back({choice.text("en", true), choice.text("zh", false)});
                choice.finish();
            }
            if (q.choices.size() < 2)
                file_.fail(ask->source(), "\"beat.ask.choices\" must have at least two choices");
            else
                q.answer = question.number("answer", 0, 0, q.choices.size() - 1);
            q.explain = read_text(question, "explain", true);
            question.finish();
        }
        reader.finish();
        return out;
    }

    TomlFile& file_;
    fs::path path_;
    fs::path tree_;
};

}  // namespace

Result<Scenario> parse_scenario(std::string_view text, const fs::path& file, const fs::path& tree) {
    TomlFile toml_file{file.string(), {}};
    toml::table root;
    try {
        root = toml::parse(text, file.string());
    } catch (const toml::parse_error& error) {
        toml_file.fail(error.source(), std::string(error.description()));
        return *toml_file.error;
    }
    const fs::path path = fs::absolute(file).lexically_normal();
    ScenarioReader reader(toml_file, path, fs::absolute(tree).lexically_normal());
    Scenario out = reader.read(root);
    if (toml_file.error) return *toml_file.error;
    return out;
}

}  // namespace ringside::session
