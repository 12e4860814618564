// Evaluation by recursive descent, a level of precedence at a time.
#include "sim/asm/expression.hpp"

#include <array>
#include <limits>

#include "sim/asm/names.hpp"

namespace ringside::assembler {

const Token& Cursor::token() const { return ahead(0); }

const Token& Cursor::ahead(size_t n) const {
    static const Token end{TokenKind::symbol, "", 0, false, 0, false, {}};
    return at_ + n < tokens_.size() ? tokens_[at_ + n] : end;
}

bool Cursor::at_word(std::string_view word) const {
    return token().is_word() && lower(token().text) == word;
}
bool Cursor::take(std::string_view symbol) { return at(symbol) ? (next(), true) : false; }
bool Cursor::take_word(std::string_view word) { return at_word(word) ? (next(), true) : false; }

int Cursor::column() const {
    if (!done()) return token().column;
    if (tokens_.empty()) return 0;
    return tokens_.back().column + static_cast<int>(tokens_.back().text.size());
}

namespace {

/// Weakest first. NASM Manual "Expressions".
constexpr int level_count = 8;
constexpr std::array<std::array<const char*, 10>, level_count> levels = {{
    {"||"},
    {"^^"},
    {"&&"},
    {"==", "=", "!=", "<>", "<", "<=", ">", ">=", "<=>"},
    {"|"},
    {"^"},
    {"&"},
    {"<<", ">>", "<<<", ">>>"},
}};
constexpr int max_depth = 150;

class Evaluator {
  public:
    Evaluator(Cursor& cursor, Scope& scope, Problem& problem)
        : cursor_(cursor), scope_(scope), problem_(problem) {}

    Value conditional() {
        if (++depth_ > max_depth) return fail("the expression is nested too deeply");
        Value value = binary(0);
        if (cursor_.take("?")) {
            const bool truth = number(value) != 0;
            Value yes = conditional();
            if (!cursor_.take(":")) return fail("expected ':' of '? :'");
            Value no = conditional();
            value = truth ? yes : no;
        }
        --depth_;
        return value;
    }

  private:
    Value fail(std::string message, std::string hint = {}) {
        if (!problem_.any()) problem_ = {cursor_.column(), std::move(message), std::move(hint)};
        return {};
    }

    /// The plain number in `value`; registers have none.
    i64 number(const Value& value) {
        if (value.has_registers()) fail("a register cannot be part of this calculation");
        return value.number;
    }

    static Value plain(i64 number, const Value& a, const Value& b) {
        Value out;
        out.number = number;
        out.known = a.known && b.known;
        out.moves = a.is_address() || b.is_address();
        return out;
    }

    Value binary(int level) {
        if (problem_.any()) return {};
        if (level == level_count) return sum();
        Value left = binary(level + 1);
        while (!problem_.any()) {
            const std::string op = operator_at(level);
            if (op.empty()) break;
            cursor_.next();
            const Value right = binary(level + 1);
            left = apply(op, left, right);
        }
        return left;
    }

    std::string operator_at(int level) const {
        if (cursor_.done() || cursor_.token().kind != TokenKind::symbol) return {};
        for (const char* symbol : levels[static_cast<size_t>(level)])
            if (symbol && cursor_.at(symbol)) return symbol;
        return {};
    }

    Value apply(const std::string& op, const Value& left, const Value& right) {
        const i64 a = number(left), b = number(right);
        const u64 ua = static_cast<u64>(a), ub = static_cast<u64>(b);
        i64 r = 0;
        if (op == "||") r = a || b;
        if (op == "^^") r = !a != !b;
        if (op == "&&") r = a && b;
        if (op == "==" || op == "=") r = a == b;
        if (op == "!=" || op == "<>") r = a != b;
        if (op == "<") r = a < b;
        if (op == "<=") r = a <= b;
        if (op == ">") r = a > b;
        if (op == ">=") r = a >= b;
        if (op == "<=>") r = a < b ? -1 : a > b;
        if (op == "|") r = a | b;
        if (op == "^") r = a ^ b;
        if (op == "&") r = a & b;
        if (op == "<<" || op == "<<<") r = ub > 63 ? 0 : static_cast<i64>(ua << ub);
        if (op == ">>") r = ub > 63 ? 0 : static_cast<i64>(ua >> ub);
        if (op == ">>>") r = a >> (ub > 63 ? 63 : ub);
        Value out = plain(r, left, right);
        // Two addresses of one section compare the same wherever the section goes.
        const bool shift = op.size() >= 2 && (op.starts_with("<<") || op.starts_with(">>"));
        if (!shift && op.find_first_of("<>=") != op.npos && (left - right).is_number())
            out.moves = false;
        return out;
    }

    Value sum() {
        Value left = product();
        while (!problem_.any()) {
            if (cursor_.take("+"))
                left = left + product();
            else if (cursor_.take("-"))
                left = left - product();
            else
                break;
        }
        return left;
    }

    Value product() {
        Value left = unary();
        while (!problem_.any()) {
            const std::string op =
                cursor_.token().kind == TokenKind::symbol ? cursor_.token().text : std::string();
            if (op != "*" && op != "/" && op != "//" && op != "%" && op != "%%") break;
            const int column = cursor_.column();
            cursor_.next();
            const Value right = unary();
            if (problem_.any()) break;
            if (op == "*" && right.is_number())
                left = with_known(scaled(left, right.number), right);
            else if (op == "*" && left.is_number())
                left = with_known(scaled(right, left.number), left);
            else
                left = divide(op, left, right, column);
        }
        return left;
    }

    static Value with_known(Value value, const Value& other) {
        value.known = value.known && other.known;
        return value;
    }

    Value divide(const std::string& op, const Value& left, const Value& right, int column) {
        const i64 a = number(left), b = number(right);
        if (op == "*")
            return plain(static_cast<i64>(static_cast<u64>(a) * static_cast<u64>(b)), left, right);
        if (b == 0) {
            // A forward reference is still zero in the first pass.
            if (right.known && !problem_.any()) problem_ = {column, "division by zero", {}};
            return plain(0, left, right);
        }
        const u64 ua = static_cast<u64>(a), ub = static_cast<u64>(b);
        const bool overflow = a == std::numeric_limits<i64>::min() && b == -1;
        i64 r = 0;
        if (op == "/") r = static_cast<i64>(ua / ub);
        if (op == "%") r = static_cast<i64>(ua % ub);
        if (op == "//") r = overflow ? a : a / b;
        if (op == "%%") r = overflow ? 0 : a % b;
        return plain(r, left, right);
    }

    Value unary() {
        if (++depth_ > max_depth) return fail("the expression is nested too deeply");
        Value value;
        if (cursor_.take("-")) {
            value = scaled(unary(), -1);
        } else if (cursor_.take("+")) {
            value = unary();
        } else if (cursor_.take("~")) {
            const Value inner = unary();
            value = plain(~number(inner), inner, {});
        } else if (cursor_.take("!")) {
            const Value inner = unary();
            value = plain(!number(inner), inner, {});
        } else {
            value = primary();
        }
        --depth_;
        return value;
    }

    Value primary() {
        const Token& token = cursor_.token();
        if (cursor_.done()) return fail("expected a value");
        if (token.kind == TokenKind::bad) return fail(token.text);
        if (cursor_.take("(")) {
            const Value inside = conditional();
            if (!problem_.any() && !cursor_.take(")")) return fail("expected ')'");
            return inside;
        }
        if (token.kind == TokenKind::string) {
            if (token.text.size() > 8)
                return fail("a character constant holds at most 8 characters");
            cursor_.next();
            Value value;
            value.number = static_cast<i64>(character_constant(token.text));
            return value;
        }
        if (token.kind != TokenKind::word)
            return fail("expected a value, not '" + spell({token}) + "'");
        return word(token);
    }

    Value word(const Token& token) {
        Value value;
        if (token.text == "$" || token.text == "$$") {
            cursor_.next();
            return token.text == "$" ? scope_.here() : scope_.section_start();
        }
        if (looks_like_number(token.text)) {
            u64 number = 0;
            if (!parse_number(token.text, number))
                return fail("'" + token.text + "' is not a number that fits 64 bits");
            cursor_.next();
            value.number = static_cast<i64>(number);
            return value;
        }
        if (const u32 reg = register_named(token.text)) {
            cursor_.next();
            value.terms.push_back({Term::reg, reg, 1});
            return value;
        }
        const std::string name = token.text[0] == '$' ? token.text.substr(1) : token.text;
        std::string problem, hint;
        value = scope_.symbol(name, problem, hint);
        if (!problem.empty()) return fail(std::move(problem), std::move(hint));
        cursor_.next();
        return value;
    }

    Cursor& cursor_;
    Scope& scope_;
    Problem& problem_;
    int depth_ = 0;
};

}  // namespace

Value evaluate(Cursor& cursor, Scope& scope, Problem& problem) {
    return Evaluator(cursor, scope, problem).conditional();
}

}  // namespace ringside::assembler
