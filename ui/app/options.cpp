// Reads words into Options; anything unknown is an error with the nearest option.
#include "ui/app/options.hpp"

#include <charconv>

#include "sim/base/nearest.hpp"

namespace ringside::ui {
namespace {

const std::vector<std::string> known = {
    "--technique", "--screenshot", "--at",   "--at-instruction", "--texts", "--size",
    "--scale",     "--light",      "--dark", "--no-motion",      "--help",  "--version"};

Diagnostic bad(std::string message, std::string hint = "") {
    Diagnostic d;
    d.message = std::move(message);
    d.hint = std::move(hint);
    return d;
}

template <class Number>
bool read_number(std::string_view word, Number& value) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc{} && end == word.data() + word.size();
}

bool read_size(std::string_view word, int& width, int& height) {
    const size_t x = word.find('x');
    if (x == std::string_view::npos) return false;
    return read_number(word.substr(0, x), width) && read_number(word.substr(x + 1), height) &&
           width >= 640 && height >= 480 && width <= 7680 && height <= 4320;
}

/// Takes the words one after the other; the first error stays.
struct Reader {
    const std::vector<std::string>& words;
    size_t next = 0;
    std::optional<Diagnostic> error;

    std::string value(const std::string& option, const char* what) {
        if (next < words.size()) return words[next++];
        if (!error) error = bad(option + " needs " + what);
        return "";
    }
    u64 number(const std::string& option, const char* what) {
        const std::string word = value(option, what);
        u64 n = 0;
        if (!error && !read_number(word, n))
            error = bad(option + " needs " + what + ", not \"" + word + "\"");
        return n;
    }
};

void read_option(Reader& in, const std::string& word, Options& o) {
    if (word == "--help" || word == "-h")
        o.help = true;
    else if (word == "--version")
        o.version = true;
    else if (word == "--light")
        o.light = true;
    else if (word == "--dark")
        o.light = false;
    else if (word == "--no-motion")
        o.motion = false;
    else if (word == "--technique")
        o.technique = in.value(word, "a technique's name");
    else if (word == "--screenshot")
        o.screenshot = in.value(word, "a file name");
    else if (word == "--texts")
        o.texts = in.value(word, "a file name");
    else if (word == "--at")
        o.at_event = in.number(word, "the number of an event");
    else if (word == "--at-instruction")
        o.at_instruction = in.number(word, "a count of instructions");
    else if (word == "--size") {
        const std::string size = in.value(word, "a size such as 1280x800");
        if (!in.error && !read_size(size, o.width, o.height))
            in.error = bad("--size needs a size from 640x480 to 7680x4320, not \"" + size + "\"");
    } else if (word == "--scale") {
        const std::string text = in.value(word, "a number from 1 to 3");
        if (!in.error && (!read_number(text, o.scale) || !(o.scale >= 1 && o.scale <= 3)))
            in.error = bad("--scale needs a number from 1 to 3, not \"" + text + "\"");
    } else {
        const std::string near = nearest(word, known);
        in.error = bad("unknown option \"" + word + "\"",
                       near.empty() ? "see --help" : "did you mean " + near + "?");
    }
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& words) {
    Options options;
    Reader in{words, 0, {}};
    while (in.next < words.size() && !in.error) {
        const std::string word = words[in.next++];
        if (word.size() > 1 && word[0] == '-')
            read_option(in, word, options);
        else if (options.scenario.empty() && !word.empty())
            options.scenario = word;
        else
            in.error = bad("one scenario at a time: \"" + word + "\" comes after \"" +
                           options.scenario + "\"");
    }
    if (in.error) return *in.error;
    if (options.help || options.version) return options;
    if (options.at_event && options.at_instruction)
        return bad("--at and --at-instruction name two different instants");
    if (options.texts && !options.screenshot) return bad("--texts goes with --screenshot");
    return options;
}

const char* help_text() {
    return R"(ringside-ui: the window of Ringside, a front-row seat to x86 CPU virtualization

usage: ringside-ui [SCENARIO] [options]

  SCENARIO               a name from `ringside list`, or a path to a scenario's folder (default: popf)
  --technique T          native, trap-and-emulate, binary-translation, paravirtual, vt-x,
                         hosted-vt-x, hosted-binary-translation
  --screenshot FILE      render one frame into a PNG and leave
  --at EVENT             start at this event, counted from 1 as the event log does
  --at-instruction N     start after N instructions
  --size WxH             size of the window or picture (default: 1280x800)
  --scale S              size of everything, 1 to 3 (default: 1)
  --light, --dark        theme (default: dark)
  --no-motion            nothing travels: things jump to their new place
  --texts FILE           with --screenshot: the texts that were drawn, as JSON
  --help, --version

keys: Left and Right step back and forward by instruction, with Shift by event, with Ctrl by ring crossing;
Up and Down by instructions of the guest, passing over the VMM; N goes to the next sensitive instruction that did
not trap, Shift+N to the one before; a click on a line of the guest runs to it; the wheel goes through time;

Home and End go to the start and the end of the run; Space runs and pauses; T changes the theme; M turns
motion on and off; Ctrl + and Ctrl - scale; R resets the layout.

examples:
  ringside-ui popf --technique trap-and-emulate
  ringside-ui popf --technique vt-x --screenshot popf.png --at 12

Without a display: xvfb-run -a ringside-ui … --screenshot FILE, or `ringside compare SCENARIO` for the numbers as text.
)";
}

}  // namespace ringside::ui
