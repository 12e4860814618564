// scenario.toml: what is read, and that every mistake is named with its place.
#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "sim/session/scenario.hpp"

using namespace ringside;
using namespace ringside::session;
namespace fs = std::filesystem;

namespace {

/// A tree of scenarios in a folder of its own, with one guest source.
struct Tree {
    fs::path root = fs::temp_directory_path() / ("ringside-scenarios-" + std::to_string(++made));
    Tree() {
        fs::create_directories(root / "guests" / "popf");
        std::ofstream(root / "guests" / "popf" / "popf.asm") << "start: hlt\n";
    }
    ~Tree() { fs::remove_all(root); }
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;
    fs::path file() const { return root / "guests" / "popf" / "scenario.toml"; }
    Result<Scenario> parse(const std::string& text) const {
        return parse_scenario(text, file(), root);
    }
    static inline int made = 0;
};

const std::string head = R"(name = "popf"
title = {en = "POPF", zh = "弹出标志"}
summary = "IF survives"
techniques = ["native", "trap-and-emulate"]
)";
const std::string guest = "[guest]\nsource = \"popf.asm\"\n";
std::string named(const std::string& name) {
    return "[[guest]]\nname = \"" + name + "\"\nsource = \"popf.asm\"\n\n";
}

}  // namespace

TEST_CASE("a full scenario file is read into its parts") {
    const Tree tree;
    const auto scenario = tree.parse(head + R"(kind = "lesson"
[guest]
source = "popf.asm"
defines = ["A"]
options = "stress"
[guest.variants.paravirtual]
defines = ["PARAVIRT"]
[vmm.trap-and-emulate]
options = "exits=all"
[machine]
ram_mib = 32
cpu = "prescott"
hz = 100000000
disk_kib = 40
network = true
[stop]
instructions = 1000
serial_bytes = 99
[[input]]
at = 5
serial = "hi"
[[check]]
serial_contains = "done"
[[check]]
observation = "after"
equals = 512
[[declared]]
technique = "trap-and-emulate"
observations = ["after"]
why = {en = "POPF drops IF", zh = "x"}
[[beat]]
on = "trap.emulate"
say = "Look."
[beat.ask]
question = "Why?"
choices = [{en = "a"}, {en = "b"}]
answer = 1
explain = "Because."
)");
    REQUIRE_MESSAGE(scenario.ok(), (scenario ? "" : scenario.error().text()));
    CHECK(scenario->name == "popf");
    CHECK(scenario->kind == ScenarioKind::Lesson);
    CHECK(scenario->title == Text{"POPF", "弹出标志"});
    CHECK(scenario->summary == Text{"IF survives", ""});
    REQUIRE(scenario->guests.size() == 1);
    const Guest& only = scenario->guests.front();
    CHECK(only.name == "popf");
    CHECK(only.options == "stress");
    CHECK(scenario->vmm_options.at("trap-and-emulate") == "exits=all");
    CHECK(only.build.source.filename() == "popf.asm");
    REQUIRE(only.variant("paravirtual") != nullptr);
    CHECK(only.variant("paravirtual")->build.defines == std::vector<std::string>{"A", "PARAVIRT"});
    CHECK(scenario->machine == MachineSetup{32, "prescott", 100'000'000, 40, true});
    CHECK(scenario->stop == StopLimits{1000, never, 99});
    CHECK(scenario->input == std::vector<SerialInput>{{5, "hi"}});
    REQUIRE(scenario->checks.size() == 2);
    CHECK(scenario->checks[1].observation == "after");
    CHECK(scenario->checks[1].equals == 512);
    REQUIRE(scenario->declared_for("trap-and-emulate", "popf") != nullptr);
    CHECK(scenario->declared_for("trap-and-emulate", "popf")->observations ==
          std::vector<std::string>{"after"});
    CHECK(scenario->declared_for("native", "") == nullptr);
    REQUIRE(scenario->beats.size() == 1);
    CHECK(scenario->beats[0].question->answer == 1);
}

TEST_CASE("a mistake in a scenario file is named with line, cause and the nearest key") {
    struct Row {
        std::string text;
        int line;
        std::string message;
        std::string hint;
    };
    const Row rows[] = {
        {"name = \"popf", 1, "", ""},
        {"nmae = \"popf\"\n" + head + guest, 1, "unknown key \"nmae\"", "did you mean \"name\"?"},
        {"title = \"x\"\n", 1, "the key \"name\" (a string) is missing", ""},
        {"name = 3\n", 1, "\"name\" must be a string, not an integer", ""},
        {"name = \"Popf!\"\n", 1, "\"name\" must be made of", ""},
        {head, 1, "the table \"guest\" with its \"source\" is missing", ""},
        {head + "kind = \"leson\"\n" + guest, 5, "\"kind\" must be one of scenario, lesson, lab",
         "did you mean \"lesson\"?"},
        {head + "[guest]\nsource = \"pop.asm\"\n", 6, "there is no file \"pop.asm\"", ""},
        {head + "[guest]\nsource = \"../../../etc/passwd\"\n", 6, "must be a file under", ""},
        {head + "[guest]\nsource = \"\"\n", 6, "must be a file under", ""},
        {head + "[guest]\nsource = \"popf.asm\"\ndefine = [\"A\"]\n", 7,
         "unknown key \"guest.define\"", "did you mean \"defines\"?"},
        {head + "[guest]\nsource = \"popf.asm\"\ndefines = \"A\"\n", 7,
         "\"guest.defines\" must be an array of strings, not a string", ""},
        {"name = \"a\"\ntitle = \"a\"\nsummary = \"a\"\ntechniques = [\n\"native\",\n\"vtx\"]\n" +
             guest,
         6, "there is no technique \"vtx\"", "did you mean \"vt-x\"?"},
        {"name = \"a\"\ntitle = \"a\"\nsummary = \"a\"\ntechniques = []\n" + guest, 4,
         "at least one technique", ""},
        {head + guest + "[machine]\nram_mib = 2\n", 8, "must be from 4 to 1024, not 2", ""},
        {head + guest + "[machine]\nram_mib = -1\n", 8, "must be from 4 to 1024, not -1", ""},
        {head + guest + "[machine]\nram_mib = 64.0\n", 8, "an integer, not a floating-point", ""},
        {head + guest + "[machine]\ndisk_kib = 65537\n", 8, "must be from 0 to 65536, not 65537",
         ""},
        {head + guest + "[machine]\nnetwork = 1\n", 8, "true or false", ""},
        {head + guest + "[machine]\nrma_mib = 64\n", 8, "unknown key \"machine.rma_mib\"",
         "did you mean \"ram_mib\"?"},
        {head + guest + "[stop]\ninstructions = 0\n", 8, "must be from 1", ""},
        {head + guest + "[[check]]\n", 7, "a check is exactly one of", ""},
        {head + guest + "[[check]]\nexit = 1\nserial_equals = \"\"\n", 7,
         "a check is exactly one of", ""},
        {head + guest + "[[check]]\nobservation = \"a\"\n", 7, "needs \"equals\"", ""},
        {head + guest + "[[check]]\nexit = 1\nequals = 1\n", 9, "needs \"observation\"", ""},
        {head + guest + "[[declared]]\ntechnique = \"nativ\"\nwhy = \"x\"\n", 8,
         "there is no technique \"nativ\"", "did you mean \"native\"?"},
        {head + guest + "[[declared]]\ntechnique = \"native\"\n", 7,
         "the key \"declared.why\" (a string) is missing", ""},
        {head + guest + "[stop]\nx = 1\n", 8, "unknown key \"stop.x\"",
         "known keys: instructions, cycles, serial_bytes"},
        {head + guest + "stop = 1\n", 7, "unknown key \"guest.stop\"", ""},
        {"check = 1\n" + head + guest, 1, "\"check\" must be an array of tables, not an integer",
         ""},
        {"check = [1]\n" + head + guest, 1, "\"check\" must be an array of tables", ""},
        {head + guest + "[[beat]]\non = \"x\"\nsay = {zh = \"x\"}\n", 9,
         "the key \"beat.say.en\" (a string) is missing", ""},
        {head + guest +
             "[[beat]]\non = \"x\"\nsay = \"x\"\n[beat.ask]\nquestion = \"x\"\nexplain = \"x\"\n"
             "choices = [{en = \"a\"}]\n",
         10, "at least two choices", ""},
        {std::string("\xff\xfe\0\1", 4), 1, "", ""},
        {head + "[[guest]]\nsource = \"popf.asm\"\n", 5, "the key \"guest.name\"", ""},
        {head + named("a") + named("a"), 10, "there are two guests \"a\"", ""},
        {head + named("A b"), 6, "\"guest.name\" must be made of small letters", ""},
        {head + named("a") + named("b") + named("c"), 5, "one guest or two", ""},
        {"guest = []\n" + head, 1, "one guest or two", ""},
        {head + named("left") + named("right") + "[[check]]\nguest = \"lefft\"\nexit = 0\n", 14,
         "the scenario has no guest \"lefft\"", "did you mean \"left\"?"},
        {head + named("left") + named("right") +
             "[[declared]]\ntechnique = \"native\"\nguest = \"x\"\nwhy = \"x\"\n",
         15, "the scenario has no guest \"x\"", ""},
        {head + guest + "mode = 16\n", 7, "\"guest.mode\" must be 32 or 64", ""},
        {head + guest + "options = 5\n", 7, "\"guest.options\" must be a string", ""},
        {head + guest + "options = \"a\\nb\"\n", 7, "printable ASCII", ""},
        {head + guest + "options = \"" + std::string(201, 'x') + "\"\n", 7, "at most 200", ""},
        {head + guest + "[vmm.vtx]\noptions = \"a\"\n", 7, "there is no technique \"vtx\"",
         "did you mean \"vt-x\"?"},
        {head + guest + "[vmm.native]\noptions = \"a\"\n", 7, "under \"native\" there is no VMM",
         ""},
        {head + guest + "[vmm.vt-x]\noption = \"a\"\n", 8, "unknown key \"vmm.vt-x.option\"",
         "did you mean \"options\"?"},
        {head + guest + "[vmm]\nvt-x = 1\n", 8, "\"vmm.vt-x\" must be a table", ""},
    };
    const Tree tree;
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto scenario = tree.parse(row.text);
        REQUIRE(!scenario.ok());
        const Diagnostic& error = scenario.error();
        CHECK(error.file == tree.file().string());
        CHECK(error.line == row.line);
        CHECK(error.column > 0);
        CHECK_MESSAGE(error.message.find(row.message) != std::string::npos, error.text());
        CHECK(!error.message.empty());
        if (!row.hint.empty()) CHECK(error.hint == row.hint);
    }
}

TEST_CASE("two guests are read in their order, with what is declared for one of them") {
    const Tree tree;
    const auto scenario = tree.parse(head + named("left") + R"([[guest]]
name = "right"
source = "popf.asm"
options = "stress fast"
[guest.variants.safe]
defines = ["SAFE"]
[[check]]
guest = "right"
exit = 0
[[declared]]
technique = "trap-and-emulate"
guest = "right"
observations = ["after"]
why = "POPF"
)");
    REQUIRE_MESSAGE(scenario.ok(), (scenario ? "" : scenario.error().text()));
    REQUIRE(scenario->guests.size() == 2);
    CHECK(scenario->guests[0].name == "left");
    CHECK(scenario->guests[0].variants.empty());
    CHECK(scenario->guests[1].options == "stress fast");
    CHECK(scenario->guests[1].variant("safe") != nullptr);
    CHECK(scenario->checks.front().guest == "right");
    CHECK(scenario->declared_for("trap-and-emulate", "left") == nullptr);
    CHECK(scenario->declared_for("trap-and-emulate", "right") != nullptr);
}

TEST_CASE("a scenario file that is not there is a diagnostic") {
    const Tree tree;
    const auto scenario = load_scenario(tree.root / "nowhere" / "scenario.toml", tree.root);
    REQUIRE(!scenario.ok());
    CHECK(scenario.error().message.find("cannot be read") == 0);
}
