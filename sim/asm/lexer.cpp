// Characters into tokens, and tokens into text again.
#include "sim/asm/lexer.hpp"

#include <array>
#include <cctype>

namespace ringside::assembler {
namespace {

bool word_start(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '?' ||
           c == '@' || c == '$';
}
bool word_rest(char c) { return word_start(c) || c == '#' || c == '~'; }

/// Longest first, so that `<<<` is not read as `<<` and `<`.
constexpr std::array symbols = {
    "<<<", ">>>", "<=>", "<<", ">>", "==", "!=", "<>", "<=", ">=", "&&", "||", "^^",
    "//",  "%%",  "+",   "-",  "*",  "/",  "%",  "&",  "|",  "^",  "~",  "!",  "<",
    ">",   "=",   "(",   ")",  "[",  "]",  "{",  "}",  ",",  ":",  "?",  "\\", "#"};

class Lexer {
  public:
    explicit Lexer(std::string_view line) : line_(line) {}

    Tokens run() {
        Tokens out;
        while (true) {
            const bool space = skip_space();
            if (at_ >= line_.size() || line_[at_] == ';') return out;
            Token token;
            token.column = static_cast<int>(at_) + 1;
            token.space_before = space;
            read(token);
            const bool stop = token.kind == TokenKind::bad;
            out.push_back(std::move(token));
            if (stop) return out;
        }
    }

  private:
    char peek(size_t ahead = 0) const {
        return at_ + ahead < line_.size() ? line_[at_ + ahead] : '\0';
    }
    bool skip_space() {
        const size_t from = at_;
        while (at_ < line_.size() && (peek() == ' ' || peek() == '\t' || peek() == '\r' ||
                                      peek() == '\f' || peek() == '\v'))
            ++at_;
        return at_ != from;
    }
    std::string take_word() {
        const size_t from = at_;
        while (at_ < line_.size() && word_rest(line_[at_])) ++at_;
        return std::string(line_.substr(from, at_ - from));
    }

    void read(Token& token) {
        const char c = peek();
        if (c == '\'' || c == '"' || c == '`') return read_string(token, c);
        if (c == '%' && read_percent(token)) return;
        // A lone question mark is an operator; inside a name it is a letter.
        if (word_start(c) && !(c == '?' && !word_rest(peek(1)))) {
            token.kind = TokenKind::word;
            token.text = take_word();
            return;
        }
        for (const char* symbol : symbols) {
            const std::string_view text = symbol;
            if (line_.substr(at_, text.size()) == text) {
                token.kind = TokenKind::symbol;
                token.text = text;
                at_ += text.size();
                return;
            }
        }
        token.kind = TokenKind::bad;
        const auto code = static_cast<unsigned char>(c);
        token.text = std::isprint(code)
                         ? std::string("unexpected character '") + c + "'"
                         : "unexpected byte " + std::to_string(code) + ": is this a text file?";
    }

    /// `%1`, `%{1}`, `%%name`, `%$name`, `%+`, `%name`; false: the operator `%` or `%%`.
    bool read_percent(Token& token) {
        const char next = peek(1);
        const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
        const auto letter = [](char c) {
            return std::isalpha(static_cast<unsigned char>(c)) || c == '_';
        };
        if (next == '{') {
            const size_t close = line_.find('}', at_);
            if (close == std::string_view::npos) {
                token.kind = TokenKind::bad;
                token.text = "'%{' without '}'";
                return true;
            }
            classify(token, std::string(line_.substr(at_ + 2, close - at_ - 2)));
            at_ = close + 1;
            return true;
        }
        if (digit(next) || ((next == '-' || next == '+') && digit(peek(2)))) {
            const size_t from = ++at_;
            ++at_;
            while (digit(peek())) ++at_;
            classify(token, std::string(line_.substr(from, at_ - from)));
            return true;
        }
        if (next == '%' && (letter(peek(2)) || peek(2) == '.' || peek(2) == '?')) {
            at_ += 2;
            token.kind = TokenKind::local;
            token.text = take_word();
            return true;
        }
        if (next == '$') {
            at_ += 2;
            token.kind = TokenKind::context;
            token.text = take_word();
            return true;
        }
        if (next == '+') {
            at_ += 2;
            token.kind = TokenKind::paste;
            token.text = "%+";
            return true;
        }
        if (letter(next)) {
            ++at_;
            token.kind = TokenKind::directive;
            token.text = take_word();
            return true;
        }
        return false;
    }

    static void classify(Token& token, std::string inside) {
        token.kind = TokenKind::parameter;
        if (!inside.empty() && inside[0] == '%') {
            token.kind = TokenKind::local;
            inside.erase(0, 1);
        } else if (!inside.empty() && inside[0] == '$') {
            token.kind = TokenKind::context;
            inside.erase(0, 1);
        }
        token.text = std::move(inside);
    }

    void read_string(Token& token, char quote) {
        token.kind = TokenKind::string;
        token.quote = quote;
        ++at_;
        while (at_ < line_.size() && line_[at_] != quote) {
            if (quote == '`' && line_[at_] == '\\')
                read_escape(token.text);
            else
                token.text += line_[at_++];
        }
        if (at_ >= line_.size()) {
            token.kind = TokenKind::bad;
            token.text = std::string("string without its closing ") + quote;
            return;
        }
        ++at_;
    }

    /// C-like escapes, in backquoted strings only.
    void read_escape(std::string& out) {
        ++at_;
        if (at_ >= line_.size()) return;
        const char c = line_[at_++];
        constexpr std::string_view names = "abtnvfre0";
        constexpr std::string_view values("\a\b\t\n\v\f\r\x1b\0", 9);
        if (c == 'x') {
            unsigned value = 0;
            for (int i = 0; i < 2 && std::isxdigit(static_cast<unsigned char>(peek())); ++i, ++at_)
                value = value * 16 +
                        static_cast<unsigned>(std::stoi(std::string(1, line_[at_]), nullptr, 16));
            out += static_cast<char>(value);
        } else if (c >= '0' && c <= '7') {
            unsigned value = static_cast<unsigned>(c - '0');
            for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i, ++at_)
                value = value * 8 + static_cast<unsigned>(line_[at_] - '0');
            out += static_cast<char>(value);
        } else if (const auto i = names.find(c); i != names.npos) {
            out += values[i];
        } else {
            out += c;
        }
    }

    std::string_view line_;
    size_t at_ = 0;
};

}  // namespace

Tokens lex(std::string_view line) { return Lexer(line).run(); }

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string spell(const Tokens& tokens) {
    std::string out;
    for (const Token& token : tokens) {
        if (token.space_before && !out.empty()) out += ' ';
        switch (token.kind) {
            case TokenKind::string: out += token.quote + token.text + token.quote; break;
            case TokenKind::parameter: out += "%{" + token.text + "}"; break;
            case TokenKind::local: out += "%%" + token.text; break;
            case TokenKind::context: out += "%$" + token.text; break;
            case TokenKind::directive: out += "%" + token.text; break;
            default: out += token.text;
        }
    }
    return out;
}

}  // namespace ringside::assembler
