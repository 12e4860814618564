// Reading lines from files, macros and repetitions; what happens to each.
#include "sim/asm/preprocessor.hpp"

#include <algorithm>

#include "sim/asm/lexer.hpp"
#include "sim/asm/names.hpp"

namespace ringside::assembler {
namespace {

constexpr u64 max_lines = 200'000;
constexpr size_t max_output_lines = 100'000;

std::vector<Line> lines_of(const Source& source, u32 file) {
    std::vector<Line> out;
    const std::string_view text = source.text;
    int number = 0;
    for (size_t at = 0; at < text.size();) {
        Line line;
        line.place = {file, number + 1, 0};
        std::string joined;
        while (true) {
            const size_t end = std::min(text.find('\n', at), text.size());
            std::string_view one = text.substr(at, end - at);
            at = end + 1;
            ++number;
            if (!one.empty() && one.back() == '\r') one.remove_suffix(1);
            // A backslash at the end continues the line.
            const bool goes_on = !one.empty() && one.back() == '\\' && at < text.size();
            joined += goes_on ? one.substr(0, one.size() - 1) : one;
            if (!goes_on) break;
            joined += ' ';
        }
        line.tokens = lex(joined);
        if (!line.tokens.empty()) out.push_back(std::move(line));
    }
    return out;
}

/// `%name` at the beginning of the line, in lower case.
std::string directive_of(const Line& l) {
    return !l.tokens.empty() && l.tokens[0].kind == TokenKind::directive ? lower(l.tokens[0].text)
                                                                         : std::string();
}

}  // namespace

std::vector<Line> preprocess(const Source& source, const Options& options, Reports& reports) {
    return Preprocessor(options, reports).run(source);
}

Preprocessor::Preprocessor(const Options& options, Reports& reports)
    : options_(options), reports_(reports), bits_(options.bits) {
    for (const auto& [name, text] : options.defines) {
        Define d;
        d.name = name;
        d.body = lex(text);
        defines_.define(std::move(d));
    }
    section_line_ = lex("[section .text]");
    defines_.dynamic = [this](const std::string& name) { return dynamic(name); };
}

void Preprocessor::fail(const Line& l, int column, std::string message, std::string hint) {
    reports_.add(l, column, std::move(message), std::move(hint));
}

std::vector<Line> Preprocessor::run(const Source& source) {
    push_file(source);
    Line l;
    while (!stopped_ && !reports_.full() && next_line(l)) line(l);
    if (!stopped_ && (macro_ || rep_))
        fail(collecting_, 0, macro_ ? "'%macro' without '%endmacro'" : "'%rep' without '%endrep'");
    return std::move(out_);
}

void Preprocessor::push_file(const Source& source) {
    Frame frame;
    frame.lines = lines_of(source, reports_.add_file(source.name));
    frame.conditions = conditions_.size();
    if (!frames_.empty()) frame.use = current_.use;
    frames_.push_back(std::move(frame));
}

bool Preprocessor::next_line(Line& l) {
    while (!frames_.empty()) {
        Frame& frame = frames_.back();
        if (frame.at < frame.lines.size()) {
            l = frame.lines[frame.at++];
            if (frame.use) l.use = frame.use;
            if (++lines_read_ <= max_lines) return true;
            fail(l, 0, "the macros of this program expand without end");
            return false;
        }
        if (frame.kind == Frame::rep && frame.repeats > 1 && !frame.lines.empty()) {
            --frame.repeats;
            frame.at = 0;
            continue;
        }
        finish_frame();
    }
    return false;
}

void Preprocessor::finish_frame() {
    const size_t open = frames_.back().conditions;
    if (frames_.back().kind != Frame::rep && conditions_.size() > open) {
        fail(conditions_.back().where, 0, "'%if' without '%endif'");
        conditions_.resize(open);
    }
    frames_.pop_back();
}

void Preprocessor::line(Line& l) {
    current_ = l;
    const std::string name = directive_of(l);
    if (macro_) return collect(l, name);
    // Parameters in a %rep get their values in each round: %rotate may change them.
    if (rep_) return collect(l, name);
    if (active() || name.starts_with("elif")) {
        Problem problem;
        if (const Call* call = innermost_call())
            l.tokens = substitute_parameters(l.tokens, call, problem);
        if (problem.any()) return fail(l, problem.column, problem.message, problem.hint);
        replace_contexts(l.tokens);
    }
    if (!name.empty() && condition_directive(l, name)) return;
    if (!active()) return;
    if (!name.empty()) return directive(l, name);
    if (l.tokens.empty()) return;
    Problem problem;
    l.tokens = defines_.expand(l.tokens, problem);
    if (problem.any()) return fail(l, problem.column, problem.message, problem.hint);
    if (l.tokens.empty() || call_macro(l)) return;
    output(std::move(l));
}

/// Lines of the body of a %macro or %rep, until its end.
void Preprocessor::collect(const Line& l, const std::string& name) {
    const bool begins = macro_ ? name == "macro" || name == "imacro" : name == "rep";
    const bool ends = macro_ ? name == "endmacro" || name == "endm" : name == "endrep";
    if (begins) ++nested_;
    if (ends && --nested_ == 0) {
        if (macro_) {
            auto& same = macros_[lower(macro_->name)];
            std::erase_if(same, [&](const Macro& m) {
                return m.name == macro_->name && m.low == macro_->low && m.high == macro_->high;
            });
            same.push_back(std::move(*macro_));
            macro_.reset();
        } else {
            Frame frame = std::move(*rep_);
            rep_.reset();
            if (frame.repeats == 0) return;
            frame.conditions = conditions_.size();
            frames_.push_back(std::move(frame));
        }
        return;
    }
    (macro_ ? macro_->body : rep_->lines).push_back(l);
}

void Preprocessor::output(Line l) {
    if (out_.size() >= max_output_lines) {
        fail(l, 0, "the program has more than " + std::to_string(max_output_lines) + " lines");
        stopped_ = true;
        return;
    }
    const std::string first = lower(l.tokens[0].text);
    if (first == "section" || first == "segment") {
        section_line_ = lex("[]");
        section_line_.insert(section_line_.begin() + 1, l.tokens.begin(), l.tokens.end());
    }
    if (first == "bits" && l.tokens.size() > 1) {
        u64 bits = 0;
        if (parse_number(l.tokens[1].text, bits)) bits_ = static_cast<unsigned>(bits);
    }
    remember_constant(l);
    out_.push_back(std::move(l));
}

Call* Preprocessor::innermost_call() {
    for (size_t i = frames_.size(); i-- > 0;) {
        if (frames_[i].call) return &*frames_[i].call;
        if (frames_[i].kind == Frame::file) return nullptr;
    }
    return nullptr;
}

void Preprocessor::replace_contexts(Tokens& tokens) {
    for (Token& t : tokens) {
        if (t.kind != TokenKind::context) continue;
        size_t up = 0;
        while (up < t.text.size() && t.text[up] == '$') ++up;
        if (up >= contexts_.size()) {
            t.kind = TokenKind::bad;
            t.text = "'%$" + t.text + "' without '%push'";
            continue;
        }
        const Context& context = contexts_[contexts_.size() - 1 - up];
        t.kind = TokenKind::word;
        t.text = "..@" + std::to_string(context.number) + "." + t.text.substr(up);
    }
}

std::optional<Tokens> Preprocessor::dynamic(const std::string& given) {
    if (!given.starts_with("__")) return std::nullopt;
    std::string name = given;
    if (name.starts_with("__?") && name.ends_with("?__") && name.size() > 6)
        name = "__" + name.substr(3, name.size() - 6) + "__";
    const int line = current_.shown().line;
    if (name == "__LINE__") return Tokens{number_token(line, 0, true)};
    if (name == "__BITS__") return Tokens{number_token(bits_, 0, true)};
    if (name == "__SECT__") return section_line_;
    if (name == "__OUTPUT_FORMAT__")
        return Tokens{word_token(options_.format == Format::elf ? "elf32" : "bin", 0, true)};
    if (name == "__FILE__") {
        Token file = word_token(reports_.files()[current_.place.file], 0, true);
        file.kind = TokenKind::string;
        file.quote = '"';
        return Tokens{file};
    }
    return std::nullopt;
}

}  // namespace ringside::assembler
