// One line: label, prefixes, `times`, and what they stand before.
#include <algorithm>

#include "sim/asm/layout.hpp"
#include "sim/asm/names.hpp"
#include "sim/base/nearest.hpp"

namespace ringside::assembler {
namespace {

constexpr int settle_pass = 8;  ///< later, encodings do not become shorter any more
constexpr u64 max_times = u64{1} << 24;
constexpr int max_times_depth = 4;

bool begins_statement(std::string_view word) {
    return is_mnemonic(word) || is_prefix(word) || is_data_directive(word) || is_directive(word);
}

std::string nearest_hint(const std::string& name) {
    const std::string near = nearest(name, statement_names());
    return near.empty() ? near : "did you mean '" + near + "'?";
}

}  // namespace

void Layout::statement(const Line& line, size_t index) {
    line_ = &line;
    index_ = index;
    depth_ = 0;
    Cursor cursor(line.tokens);
    statement_offset_ = offset();
    for (const Token& token : line.tokens)
        if (token.kind == TokenKind::bad) {
            fail(token.column, token.text);
            return;
        }

    // The old primitive form [section .text].
    if (cursor.at("[") && line.tokens.size() > 2 && line.tokens.back().is("]")) {
        Tokens inside(line.tokens.begin() + 1, line.tokens.end() - 1);
        Cursor inner(inside);
        if (!directive(inner))
            fail(line.tokens[1].column, "unknown directive '" + inside[0].text + "'");
        return;
    }

    std::string label;
    const int label_column = cursor.column();
    if (!take_label(cursor, label)) return;
    if (!label.empty() && cursor.at_word("equ")) return equ(label, cursor);
    if (!label.empty()) {
        const bool special = label.starts_with("..");
        const bool local = !special && label[0] == '.';
        define(full_name(label), here(), false, label_column);
        if (!special && !local) parent_ = label;
    }
    if (cursor.done()) return;

    const size_t section_before = current_;
    const u64 before = offset();
    body(cursor);
    if (current_ != section_before || current_ == absolute_section || offset() == before) return;
    const u64 length = offset() - before;
    if (pass_ > settle_pass && length < longest_[index_])
        growth_[index_].immediate = growth_[index_].displacement = true;
    longest_[index_] = std::max(longest_[index_], length);
    if (!section().exec || section().nobits) return;
    const Place shown = line.shown();
    if (!line_entries_.empty()) {
        LineEntry& last = line_entries_.back();
        if (last.file == shown.file && last.line == shown.line &&
            last.address + last.length == section().address + before) {
            last.length += static_cast<u32>(length);
            return;
        }
    }
    line_entries_.push_back(
        {section().address + before, static_cast<u32>(length), shown.file, shown.line});
}

/// A name before a colon, or before another statement, or alone at the beginning of a line.
bool Layout::take_label(Cursor& cursor, std::string& label) {
    const Token& token = cursor.token();
    if (!token.is_word()) {
        if (token.kind == TokenKind::directive)
            return fail(token.column, "unknown preprocessor directive '%" + token.text + "'");
        if (token.kind == TokenKind::parameter || token.kind == TokenKind::local)
            return fail(token.column, "'" + spell({token}) + "' has a meaning only inside %macro");
        return fail(token.column, "expected a label, an instruction or a directive");
    }
    const bool colon = cursor.ahead(1).is(":");
    if (!colon && begins_statement(token.text)) return true;
    if (colon && (is_prefix(token.text) && register_named(token.text)))
        return fail(token.column, "a segment register cannot be a label");
    if (register_named(token.text))
        return fail(token.column, "a line cannot begin with the register '" + token.text + "'");
    if (looks_like_number(token.text) || token.text == "$" || token.text == "$$")
        return fail(token.column, "expected a label, an instruction or a directive, not a number");
    const bool statement_follows =
        cursor.ahead(1).is_word() && begins_statement(cursor.ahead(1).text);
    const bool dotted = token.text[0] == '.';
    if (!colon && !statement_follows && !dotted) {
        std::string hint = nearest_hint(token.text);
        const bool alone =
            cursor.ahead(1).kind == TokenKind::symbol && cursor.ahead(1).text.empty();
        if (hint.empty() && alone) hint = "a label alone on its line needs a colon";
        return fail(token.column, "unknown instruction '" + token.text + "'", hint);
    }
    label = token.text[0] == '$' ? token.text.substr(1) : token.text;
    if (label.size() > 1000) return fail(token.column, "the label is longer than 1000 characters");
    cursor.next();
    cursor.take(":");
    return true;
}

void Layout::equ(const std::string& label, Cursor& cursor) {
    const int column = cursor.column();
    cursor.next();
    const size_t before = reports_.mark();
    const std::string name = full_name(label);
    if (!labels_.contains(name)) open_equs_.insert(name);
    Value value = value_of(cursor);
    if (reports_.mark() != before) return;
    if (value.known) open_equs_.erase(name);
    if (cursor.at(":")) {
        fail(cursor.column(), "an 'equ' holds a number, not a far pointer");
        return;
    }
    if (!expect_end(cursor)) return;
    // Not known yet is no reason to call the next pass the last one.
    if (!value.known) changed_ = true;
    if (!value.known && pass_ == 1) return;
    define(name, std::move(value), true, column);
}

void Layout::body(Cursor& cursor) {
    if (!cursor.token().is_word()) {
        fail(cursor.column(), "expected an instruction or a directive");
        return;
    }
    if (cursor.at_word("equ")) {
        fail(cursor.column(), "'equ' needs a name before it");
        return;
    }
    if (cursor.take_word("times")) return repeat(cursor);
    if (data(cursor) || directive(cursor)) return;
    std::vector<std::string> prefixes;
    while (cursor.token().is_word() && is_prefix(cursor.token().text)) {
        prefixes.push_back(lower(cursor.token().text));
        cursor.next();
        if (prefixes.size() > 14) {
            fail(cursor.column(), "an instruction is at most 15 bytes long");
            return;
        }
    }
    instruction(cursor, std::move(prefixes));
}

void Layout::repeat(Cursor& cursor) {
    u64 count = 0;
    if (++depth_ > max_times_depth) {
        fail(cursor.column(), "'times' is nested too deeply");
        return;
    }
    if (!count_of(cursor, "the count of 'times'", max_times, count)) return;
    if (cursor.done()) {
        fail(cursor.column(), "expected what 'times' repeats");
        return;
    }
    const size_t start = cursor.position();
    const size_t before = reports_.mark();
    u64 last = 0;
    for (u64 i = 0; i < count; ++i) {
        if (reports_.mark() != before || emitted_ > max_output) return;
        // `$` stays the beginning of the whole line, as NASM has it.
        const u64 first = offset();
        cursor.move_to(start);
        body(cursor);
        const u64 size = offset() - first;
        // Twice the same: the rest is the same too, since only a distance can change, and it always
        // does.
        if (size == 0 || (i > 0 && size == last && copy_last(size, count - i - 1))) return;
        last = size;
    }
}

/// Repeats the last `size` bytes if the ones before them are equal.
bool Layout::copy_last(u64 size, u64 times) {
    if (current_ != absolute_section && !section().nobits) {
        const auto end = section().bytes.end();
        const auto half = end - static_cast<long>(size);
        if (!std::equal(half, end, half - static_cast<long>(size))) return false;
        const std::vector<u8> piece(half, end);
        for (; times > 0 && emitted_ <= max_output; --times) emit(piece.data(), piece.size());
        return true;
    }
    skip(times > max_reserved / size ? max_reserved + 1 : size * times);
    return true;
}

void Layout::instruction(Cursor& cursor, std::vector<std::string> prefixes) {
    Instruction in;
    in.column = cursor.column();
    in.prefixes = std::move(prefixes);
    in.bits = bits_;
    if (cursor.done()) {
        // Prefixes alone: the bytes of the prefixes, as NASM has it.
        in.mnemonic = "nop";
        if (in.prefixes.empty()) return;
        std::vector<u8> bytes;
        Problem problem;
        encode(in, growth_[index_], bytes, problem);
        if (!bytes.empty()) bytes.pop_back();
        emit(bytes.data(), bytes.size());
        return;
    }
    if (!cursor.token().is_word()) {
        fail(cursor.column(), "expected an instruction");
        return;
    }
    in.mnemonic = cursor.token().text;
    if (!is_mnemonic(in.mnemonic)) {
        fail(in.column, "unknown instruction '" + in.mnemonic + "'", nearest_hint(in.mnemonic));
        return;
    }
    cursor.next();
    if (current_ != absolute_section) in.address = section().address + offset();
    Problem problem;
    while (!cursor.done() && !problem.any()) {
        in.operands.push_back(parse_operand(cursor, *this, {bits_, default_relative_}, problem));
        if (problem.any() || cursor.done()) break;
        if (!cursor.take(",")) {
            problem = {cursor.column(), "expected ',' or the end of the line", {}};
            // Two names side by side: the first was probably meant to be a register or keyword.
            const Token& token = cursor.token();
            if (token.is_word()) problem.message += ", not '" + token.text + "'";
        } else if (cursor.done()) {
            problem = {cursor.column(), "expected an operand behind the comma", {}};
        }
    }
    std::vector<u8> bytes;
    if (!problem.any()) encode(in, growth_[index_], bytes, problem);
    if (problem.any()) {
        fail(problem.column ? problem.column : in.column, problem.message, problem.hint);
        return;
    }
    emit(bytes.data(), bytes.size());
}

}  // namespace ringside::assembler
