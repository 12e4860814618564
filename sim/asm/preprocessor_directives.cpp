// %define, %assign, %macro, %rep, %include, %error and the other directives but the conditions.
#include <algorithm>

#include "sim/asm/names.hpp"
#include "sim/asm/preprocessor.hpp"
#include "sim/base/nearest.hpp"

namespace ringside::assembler {
namespace {

constexpr u64 max_rep = 1'000'000;
constexpr size_t max_include_depth = 32;

const std::vector<std::string>& directive_names() {
    static const std::vector<std::string> names = {
        "%define",    "%idefine", "%xdefine",  "%ixdefine", "%undef",   "%assign",  "%iassign",
        "%macro",     "%imacro",  "%endmacro", "%unmacro",  "%rep",     "%endrep",  "%exitrep",
        "%exitmacro", "%rotate",  "%include",  "%if",       "%elif",    "%else",    "%endif",
        "%ifdef",     "%ifndef",  "%ifidn",    "%ifidni",   "%ifmacro", "%ifnum",   "%ifstr",
        "%ifid",      "%ifempty", "%iftoken",  "%error",    "%fatal",   "%warning", "%push",
        "%pop",       "%repl",    "%strlen",   "%strcat",   "%substr",  "%defstr",  "%deftok"};
    return names;
}

/// What %if and %assign may know: constants, no addresses.
class ConstantScope : public Scope {
  public:
    explicit ConstantScope(const std::unordered_map<std::string, i64>& constants)
        : constants_(constants) {}
    Value symbol(std::string_view name, std::string& problem, std::string& hint) override {
        Value value;
        const auto found = constants_.find(std::string(name));
        if (found == constants_.end()) {
            problem = "'" + std::string(name) + "' has no value that is known here";
            hint = "only %define, %assign and equ above this line count; addresses come later";
        } else {
            value.number = found->second;
        }
        return value;
    }
    Value here() override { return unknown(); }
    Value section_start() override { return unknown(); }

  private:
    static Value unknown() {
        Value value;
        value.known = false;
        return value;
    }
    const std::unordered_map<std::string, i64>& constants_;
};

}  // namespace

void Preprocessor::directive(const Line& l, const std::string& name) {
    if (name == "define" || name == "idefine" || name == "xdefine" || name == "ixdefine" ||
        name == "assign" || name == "iassign")
        return define(l, name);
    if (name == "undef") return undefine(l);
    if (name == "macro" || name == "imacro") return begin_macro(l, name == "imacro");
    if (name == "unmacro" || name == "unimacro") return remove_macro(l);
    if (name == "rep") return begin_rep(l);
    if (name == "exitrep") return exit_frame(l, Frame::rep);
    if (name == "exitmacro") return exit_frame(l, Frame::macro);
    if (name == "rotate") return rotate(l);
    if (name == "include") return include(l);
    if (name == "error" || name == "fatal") return message(l);
    if (name == "warning" || name == "note" || name == "pragma" || name == "line") return;
    if (name == "push" || name == "pop" || name == "repl") return contexts(l, name);
    if (string_directive(l, name)) return;
    const std::string near = nearest("%" + name, directive_names());
    std::string what = "unknown preprocessor directive '%" + l.tokens[0].text + "'";
    if (name == "endmacro" || name == "endm") what = "'%endmacro' without '%macro'";
    if (name == "endrep") what = "'%endrep' without '%rep'";
    fail(l, l.tokens[0].column, what,
         near.empty() || near == "%" + name ? "" : "did you mean '" + near + "'?");
}

bool Preprocessor::expand_rest(const Line& l, size_t from, Tokens& out) {
    Problem problem;
    const Tokens rest(l.tokens.begin() + static_cast<long>(std::min(from, l.tokens.size())),
                      l.tokens.end());
    out = defines_.expand(rest, problem);
    if (problem.any()) fail(l, problem.column, problem.message, problem.hint);
    return !problem.any();
}

bool Preprocessor::constant(const Line& l, const Tokens& tokens, i64& number) {
    ConstantScope scope(constants_);
    Cursor cursor(tokens);
    Problem problem;
    const Value value = evaluate(cursor, scope, problem);
    if (!problem.any() && !cursor.done())
        problem = {cursor.column(),
                   "unexpected '" + spell({cursor.token()}) + "' behind the expression",
                   {}};
    if (!problem.any() && value.has_registers()) problem = {0, "a register has no value here", {}};
    if (!problem.any() && !value.known)
        problem = {0, "addresses are not known to the preprocessor", "use 'times' for padding"};
    if (problem.any())
        fail(l, problem.column ? problem.column : l.tokens[0].column, problem.message,
             problem.hint);
    number = value.number;
    return !problem.any();
}

void Preprocessor::remember_constant(const Line& l) {
    size_t at = 1;
    if (l.tokens.size() > 3 && l.tokens[1].is(":")) at = 2;
    if (l.tokens.size() <= at + 1 || !l.tokens[at].is_word() || lower(l.tokens[at].text) != "equ")
        return;
    const Tokens rest(l.tokens.begin() + static_cast<long>(at) + 1, l.tokens.end());
    ConstantScope scope(constants_);
    Cursor cursor(rest);
    Problem problem;
    const Value value = evaluate(cursor, scope, problem);
    if (!problem.any() && value.known && value.is_number() && cursor.done())
        constants_[l.tokens[0].text] = value.number;
}

void Preprocessor::define(const Line& l, const std::string& name) {
    if (l.tokens.size() < 2 || !l.tokens[1].is_word())
        return fail(l, l.tokens[0].column, "'%" + name + "' needs a name");
    Define d;
    d.name = l.tokens[1].text;
    d.ignore_case = name[0] == 'i';
    size_t at = 2;
    const bool assign = name.ends_with("assign");
    if (!assign && at < l.tokens.size() && l.tokens[at].is("(") && !l.tokens[at].space_before) {
        d.has_parentheses = true;
        for (++at; at < l.tokens.size() && !l.tokens[at].is(")"); ++at) {
            if (l.tokens[at].is_word())
                d.parameters.push_back(l.tokens[at].text);
            else if (!l.tokens[at].is(",") && !l.tokens[at].is("="))
                return fail(l, l.tokens[at].column, "expected the name of a parameter");
        }
        if (at >= l.tokens.size()) return fail(l, l.tokens[1].column, "expected ')'");
        ++at;
    }
    if (assign || name.ends_with("xdefine")) {
        Tokens body;
        if (!expand_rest(l, at, body)) return;
        if (assign) {
            i64 value = 0;
            if (!constant(l, body, value)) return;
            body = {number_token(value, l.tokens[1].column, true)};
        }
        d.body = std::move(body);
    } else {
        d.body.assign(l.tokens.begin() + static_cast<long>(std::min(at, l.tokens.size())),
                      l.tokens.end());
    }
    defines_.define(std::move(d));
}

void Preprocessor::undefine(const Line& l) {
    if (l.tokens.size() != 2 || !l.tokens[1].is_word())
        return fail(l, l.tokens[0].column, "'%undef' needs one name");
    defines_.undefine(l.tokens[1].text);
}

/// %macro NAME low-high+.nolist default, default
void Preprocessor::begin_macro(const Line& l, bool ignore_case) {
    Macro m;
    m.ignore_case = ignore_case;
    Cursor cursor(l.tokens);
    cursor.next();
    collecting_ = l;
    nested_ = 1;
    const auto number = [&](int& value) {
        u64 wide = 0;
        if (!cursor.token().is_word() || !parse_number(cursor.token().text, wide) || wide > 1000)
            return false;
        value = static_cast<int>(wide);
        cursor.next();
        return true;
    };
    if (!cursor.token().is_word()) {
        fail(l, cursor.column(), "'%macro' needs a name");
    } else {
        m.name = cursor.token().text;
        cursor.next();
        if (!number(m.low))
            fail(l, cursor.column(), "'%macro' needs the number of parameters behind its name");
        m.high = m.low;
        if (cursor.take("-") &&
            !(cursor.take("*") ? (m.high = Macro::any_number, true) : number(m.high)))
            fail(l, cursor.column(), "expected the greatest number of parameters, or '*'");
        if (m.high < m.low)
            fail(l, cursor.column(), "the greatest number of parameters is below the least");
        m.greedy = cursor.take("+") && m.high != Macro::any_number;
        cursor.take_word(".nolist");
        const Tokens rest(
            l.tokens.begin() + static_cast<long>(std::min(cursor.position(), l.tokens.size())),
            l.tokens.end());
        m.defaults = split_arguments(rest, 0);
    }
    macro_ = std::move(m);
}

void Preprocessor::remove_macro(const Line& l) {
    if (l.tokens.size() < 2) return fail(l, l.tokens[0].column, "'%unmacro' needs a name");
    macros_.erase(lower(l.tokens[1].text));
}

void Preprocessor::begin_rep(const Line& l) {
    Tokens rest;
    i64 count = 0;
    collecting_ = l;
    nested_ = 1;
    rep_ = Frame();
    rep_->kind = Frame::rep;
    if (!expand_rest(l, 1, rest) || !constant(l, rest, count)) return;
    if (count < 0 || static_cast<u64>(count) > max_rep)
        return fail(l, l.tokens[0].column,
                    "'%rep' repeats from 0 to " + std::to_string(max_rep) + " times, not " +
                        std::to_string(count));
    rep_->repeats = static_cast<u64>(count);
}

void Preprocessor::exit_frame(const Line& l, Frame::Kind kind) {
    size_t found = frames_.size();
    while (found > 0 && frames_[found - 1].kind != kind && frames_[found - 1].kind != Frame::file)
        --found;
    if (found == 0 || frames_[found - 1].kind != kind)
        return fail(
            l, l.tokens[0].column,
            kind == Frame::rep ? "'%exitrep' outside '%rep'" : "'%exitmacro' outside '%macro'");
    conditions_.resize(std::min(conditions_.size(), frames_[found - 1].conditions));
    frames_.resize(found - 1);
}

void Preprocessor::rotate(const Line& l) {
    Call* call = innermost_call();
    Tokens rest;
    i64 by = 0;
    if (!call) return fail(l, l.tokens[0].column, "'%rotate' outside '%macro'");
    if (!expand_rest(l, 1, rest) || !constant(l, rest, by) || call->arguments.empty()) return;
    const auto size = static_cast<i64>(call->arguments.size());
    const i64 left = ((by % size) + size) % size;
    std::rotate(call->arguments.begin(), call->arguments.begin() + left, call->arguments.end());
}

void Preprocessor::include(const Line& l) {
    Tokens rest;
    if (!expand_rest(l, 1, rest)) return;
    if (rest.size() != 1 || rest[0].kind != TokenKind::string)
        return fail(l, l.tokens[0].column, "'%include' needs one file name in quotes");
    const std::string& name = rest[0].text;
    const auto path = path_below(name);
    if (!path)
        return fail(l, rest[0].column, "'" + name + "' lies outside the folder of the source",
                    "only files below that folder can be included");
    const auto files = std::count_if(frames_.begin(), frames_.end(),
                                     [](const Frame& f) { return f.kind == Frame::file; });
    if (static_cast<size_t>(files) > max_include_depth) {
        stopped_ = true;
        return fail(l, rest[0].column,
                    "files are included more than " + std::to_string(max_include_depth) +
                        " deep: does one include itself?");
    }
    const auto source = options_.include ? options_.include(*path) : std::nullopt;
    if (!source) return fail(l, rest[0].column, "there is no file '" + name + "' to include");
    push_file(*source);
}

void Preprocessor::message(const Line& l) {
    std::string text;
    for (size_t i = 1; i < l.tokens.size(); ++i)
        text += (l.tokens[i].space_before && !text.empty() ? " " : "") + l.tokens[i].text;
    fail(l, l.tokens[0].column, text.empty() ? "the program says %error" : text);
    if (lower(l.tokens[0].text) == "fatal") stopped_ = true;
}

void Preprocessor::contexts(const Line& l, const std::string& name) {
    const std::string given = l.tokens.size() > 1 ? l.tokens[1].text : "";
    if (name == "push") {
        if (contexts_.size() > 1000)
            return fail(l, l.tokens[0].column, "'%push' is nested too deeply");
        contexts_.push_back({given, ++calls_});
        return;
    }
    if (contexts_.empty()) return fail(l, l.tokens[0].column, "'%" + name + "' without '%push'");
    if (name == "repl") {
        contexts_.back().name = given;
        return;
    }
    if (!given.empty() && contexts_.back().name != given)
        return fail(l, l.tokens[1].column,
                    "'%pop " + given + "' meets '%push " + contexts_.back().name + "'");
    contexts_.pop_back();
}

}  // namespace ringside::assembler
