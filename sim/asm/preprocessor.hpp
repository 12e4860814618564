// Text into lines of tokens: comments, continuation, macros, conditions, repetition, includes.
#pragma once
#include <unordered_map>

#include "sim/asm/assembler.hpp"
#include "sim/asm/macros.hpp"
#include "sim/asm/reports.hpp"

namespace ringside::assembler {

/// The whole program with nothing of the preprocessor left in it.
std::vector<Line> preprocess(const Source& source, const Options& options, Reports& reports);

/// Lines that are being read: of a file, of a macro's body, or of a %rep.
struct Frame {
    enum Kind : u8 { file, macro, rep } kind = file;
    std::vector<Line> lines;
    size_t at = 0;
    u64 repeats = 0;
    std::optional<Call> call;
    std::shared_ptr<const Use> use;
    std::string name;       ///< of the macro
    int low = 0;            ///< its least number of parameters
    size_t conditions = 0;  ///< open %if when the frame began
};
struct Condition {
    bool active = false;  ///< the lines are taken
    bool done = false;    ///< a branch has been taken, or none may be
    bool had_else = false;
    Line where;
};
struct Context {
    std::string name;
    u64 number = 0;
};

class Preprocessor {
  public:
    Preprocessor(const Options& options, Reports& reports);
    std::vector<Line> run(const Source& source);

  private:
    // preprocessor.cpp
    void push_file(const Source& source);
    bool next_line(Line& line);
    void finish_frame();
    void line(Line& l);
    void collect(const Line& l, const std::string& directive);
    void output(Line l);
    void replace_contexts(Tokens& tokens);
    std::optional<Tokens> dynamic(const std::string& name);
    Call* innermost_call();
    void remember_constant(const Line& l);
    bool active() const { return conditions_.empty() || conditions_.back().active; }
    void fail(const Line& l, int column, std::string message, std::string hint = {});

    // macro_calls.cpp
    bool call_macro(const Line& l);
    void output_label(const Line& l, size_t count);
    void begin_call(const Line& l, size_t at, const Macro& macro, const Tokens& rest);
    const Macro* find_macro(const std::string& name, const Tokens& arguments, bool& wrong_count);

    // preprocessor_directives.cpp
    void directive(const Line& l, const std::string& name);
    void define(const Line& l, const std::string& name);
    void undefine(const Line& l);
    void begin_macro(const Line& l, bool ignore_case);
    void remove_macro(const Line& l);
    void include(const Line& l);
    void begin_rep(const Line& l);
    void exit_frame(const Line& l, Frame::Kind kind);
    void rotate(const Line& l);
    void message(const Line& l);
    void contexts(const Line& l, const std::string& name);
    bool expand_rest(const Line& l, size_t from, Tokens& out);
    bool constant(const Line& l, const Tokens& tokens, i64& value);

    // strings.cpp
    bool string_directive(const Line& l, const std::string& name);

    // conditions.cpp
    bool condition_directive(const Line& l, const std::string& name);
    bool holds(const Line& l, const std::string& predicate);
    bool identical(const Line& l, bool ignore_case);

    const Options& options_;
    Reports& reports_;
    Defines defines_;
    std::map<std::string, std::vector<Macro>> macros_;  ///< by lower-case name
    std::unordered_map<std::string, i64> constants_;    ///< `equ` that are known, for %if
    std::vector<Frame> frames_;
    std::vector<Condition> conditions_;
    std::vector<Context> contexts_;
    std::vector<Line> out_;
    std::optional<Macro> macro_;  ///< being collected
    std::optional<Frame> rep_;    ///< being collected
    Line collecting_;             ///< where that began
    int nested_ = 0;
    u64 calls_ = 0;
    u64 lines_read_ = 0;
    Line current_;
    Tokens section_line_;  ///< what __SECT__ stands for
    unsigned bits_ = 32;
    bool stopped_ = false;
};

}  // namespace ringside::assembler
