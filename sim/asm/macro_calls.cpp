// Uses of multi-line macros.
#include <algorithm>

#include "sim/asm/names.hpp"
#include "sim/asm/preprocessor.hpp"

namespace ringside::assembler {
namespace {

/// Where the name of a macro may stand: at the beginning, or behind a label. Behind the end:
/// nowhere.
size_t macro_position(const Tokens& tokens, size_t attempt) {
    const bool colon = tokens.size() > 1 && tokens[1].is(":");
    if (attempt == 0) return colon ? tokens.size() : 0;
    if (colon) return 2;
    const std::string& first = tokens[0].text;
    // A word before the name is a label only if it is nothing else.
    const bool taken = is_mnemonic(first) || is_data_directive(first) || is_directive(first) ||
                       is_prefix(first) || !tokens[0].is_word();
    return taken ? tokens.size() : 1;
}

}  // namespace

/// [label[:]] NAME arguments
bool Preprocessor::call_macro(const Line& l) {
    if (macros_.empty()) return false;
    for (const size_t attempt : {size_t{0}, size_t{1}}) {
        const size_t at = macro_position(l.tokens, attempt);
        if (at >= l.tokens.size() || !l.tokens[at].is_word()) continue;
        const Token& name = l.tokens[at];
        const Tokens rest(l.tokens.begin() + static_cast<long>(at) + 1, l.tokens.end());
        bool wrong_count = false;
        const Macro* macro = find_macro(name.text, rest, wrong_count);
        if (macro) {
            if (at > 0) output_label(l, at);
            begin_call(l, at, *macro, rest);
            return true;
        }
        if (wrong_count) {
            fail(l, name.column,
                 "the macro '" + name.text + "' does not take this number of arguments");
            return true;
        }
    }
    return false;
}

void Preprocessor::output_label(const Line& l, size_t count) {
    Line label = l;
    label.tokens.resize(count);
    if (!label.tokens.back().is(":")) {
        label.tokens.push_back(label.tokens[0]);
        label.tokens.back().kind = TokenKind::symbol;
        label.tokens.back().text = ":";
    }
    output(std::move(label));
}

void Preprocessor::begin_call(const Line& l, size_t at, const Macro& macro, const Tokens& rest) {
    Frame frame;
    frame.kind = Frame::macro;
    frame.lines = macro.body;
    frame.name = macro.name;
    frame.low = macro.low;
    frame.conditions = conditions_.size();
    Call call;
    call.number = ++calls_;
    call.arguments = split_arguments(rest, macro.greedy ? static_cast<size_t>(macro.high) : 0);
    const auto low = static_cast<size_t>(macro.low);
    for (size_t i = call.arguments.size(); i >= low && i - low < macro.defaults.size(); ++i)
        call.arguments.push_back(macro.defaults[i - low]);
    call.label.assign(l.tokens.begin(), l.tokens.begin() + (at > 0 ? 1 : 0));
    frame.call = std::move(call);
    frame.use = std::make_shared<Use>(Use{macro.name, l.place, l.use});
    frames_.push_back(std::move(frame));
}

const Macro* Preprocessor::find_macro(const std::string& name, const Tokens& arguments,
                                      bool& wrong_count) {
    const auto found = macros_.find(lower(name));
    if (found == macros_.end()) return nullptr;
    for (const Macro& m : found->second) {
        if (!m.ignore_case && m.name != name) continue;
        // Inside itself a macro is not expanded: `%macro mov 2` may use the instruction. So the
        // depth of calls is at most the number of macros.
        const bool inside = std::any_of(frames_.begin(), frames_.end(), [&](const Frame& f) {
            return f.kind == Frame::macro && f.name == m.name && f.low == m.low;
        });
        if (inside) return nullptr;
        const auto count = static_cast<int>(
            split_arguments(arguments, m.greedy ? static_cast<size_t>(m.high) : 0).size());
        if (count >= m.low && count <= m.high) return &m;
        wrong_count = true;
    }
    // A macro may have the name of an instruction and another number of operands.
    if (is_mnemonic(name)) wrong_count = false;
    return nullptr;
}

}  // namespace ringside::assembler
