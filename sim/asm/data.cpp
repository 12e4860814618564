// db, dw, dd, dq, dt, resb… and incbin.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "sim/asm/layout.hpp"
#include "sim/asm/names.hpp"

namespace ringside::assembler {
namespace {

struct Unit {
    const char* name;
    unsigned bytes;
};
constexpr std::array<Unit, 6> define_units = {
    {{"db", 1}, {"dw", 2}, {"dd", 4}, {"dq", 8}, {"dt", 10}, {"do", 16}}};
constexpr std::array<Unit, 5> reserve_units = {
    {{"resb", 1}, {"resw", 2}, {"resd", 4}, {"resq", 8}, {"rest", 10}}};
constexpr int max_dup_depth = 8;

template <class Table>
unsigned unit_of(const Table& table, const std::string& name) {
    for (const Unit& unit : table)
        if (name == unit.name) return unit.bytes;
    return 0;
}

/// 1.5, 1e3 needs a point to be told from a name; hexadecimal floats are not taken.
bool looks_like_float(const std::string& word) {
    return looks_like_number(word) && word.find('.') != word.npos &&
           word.find_first_of("xX") == word.npos;
}

}  // namespace

bool Layout::data(Cursor& cursor) {
    const std::string name = lower(cursor.token().text);
    if (const unsigned unit = unit_of(define_units, name)) {
        cursor.next();
        if (cursor.done())
            return fail(cursor.column(), "expected a value behind '" + name + "'"), true;
        depth_ = 0;
        data_items(cursor, unit, false);
        return true;
    }
    if (const unsigned unit = unit_of(reserve_units, name)) {
        cursor.next();
        reserve(cursor, unit);
        return true;
    }
    if (name == "incbin") {
        cursor.next();
        incbin(cursor);
        return true;
    }
    return false;
}

void Layout::data_items(Cursor& cursor, unsigned unit, bool in_parentheses) {
    const size_t before = reports_.mark();
    while (true) {
        const Token& token = cursor.token();
        const Token& after = cursor.ahead(1);
        const bool alone =
            after.is(",") || after.is(")") || (after.text.empty() && after.column == 0);
        if (token.kind == TokenKind::string && alone) {
            std::vector<u8> bytes(token.text.begin(), token.text.end());
            bytes.resize((bytes.size() + unit - 1) / unit * unit);
            emit(bytes.data(), bytes.size());
            cursor.next();
        } else if ((token.is("?") || (token.is_word() && token.text == "?")) && alone) {
            skip(unit);
            cursor.next();
        } else if (const bool minus = token.is("-");
                   (unit == 4 || unit == 8) && looks_like_float(minus ? after.text : token.text)) {
            const double number = std::strtod((minus ? after.text : token.text).c_str(), nullptr);
            const double value = minus ? -number : number;
            const auto narrow = static_cast<float>(value);
            u8 bytes[8];
            std::memcpy(bytes, unit == 4 ? static_cast<const void*>(&narrow) : &value, unit);
            emit(bytes, unit);
            cursor.next();
            if (minus) cursor.next();
        } else {
            const int column = cursor.column();
            const Value value = value_of(cursor);
            if (reports_.mark() != before) return;
            if (cursor.take_word("dup"))
                duplicate(cursor, value, unit);
            else
                data_value(value, unit, column);
        }
        if (reports_.mark() != before) return;
        if (in_parentheses && cursor.at(")")) return;
        if (cursor.done()) return;
        if (!cursor.take(",")) {
            fail(cursor.column(), "expected ',' or the end of the line");
            return;
        }
        if (cursor.done()) return;  // NASM lets a comma end the list
    }
}

void Layout::data_value(const Value& value, unsigned unit, int column) {
    u8 bytes[16] = {};
    if (value.known && unit < 8) {
        const i64 limit = i64{1} << (8 * unit);
        if (value.number < -limit || value.number >= limit) {
            fail(column, "the value " + std::to_string(value.number) + " does not fit in " +
                             std::to_string(unit) + (unit == 1 ? " byte" : " bytes"));
            return;
        }
    }
    for (unsigned i = 0; i < unit; ++i)
        bytes[i] = i < 8 ? static_cast<u8>(static_cast<u64>(value.number) >> (8 * i))
                         : static_cast<u8>(value.number < 0 ? 0xff : 0);
    emit(bytes, unit);
}

/// `4 dup (1, 2)`.
void Layout::duplicate(Cursor& cursor, const Value& count, unsigned unit) {
    if (!count.is_number() || count.number < 0 || static_cast<u64>(count.number) > max_output) {
        fail(cursor.column(), "the count of 'dup' must be a number from 0");
        return;
    }
    if (++depth_ > max_dup_depth) {
        fail(cursor.column(), "'dup' is nested too deeply");
        return;
    }
    if (!cursor.take("(")) {
        fail(cursor.column(), "expected '(' behind 'dup'");
        return;
    }
    const size_t start = cursor.position();
    const size_t before = reports_.mark();
    for (i64 i = 0; i < std::max<i64>(count.number, 1); ++i) {
        cursor.move_to(start);
        const u64 size = offset();
        data_items(cursor, unit, true);
        if (reports_.mark() != before || emitted_ > max_output) return;
        if (offset() == size) break;
    }
    if (count.number == 0) fail(cursor.column(), "'0 dup' makes nothing");
    if (!cursor.take(")")) fail(cursor.column(), "expected ')'");
    --depth_;
}

void Layout::reserve(Cursor& cursor, unsigned unit) {
    u64 count = 0;
    if (cursor.done()) {
        fail(cursor.column(), "expected how many to reserve");
        return;
    }
    if (!count_of(cursor, "the count", max_reserved / unit, count) || !expect_end(cursor)) return;
    skip(count * unit);
}

void Layout::incbin(Cursor& cursor) {
    const Token token = cursor.token();
    if (token.kind != TokenKind::string) {
        fail(cursor.column(), "expected a file name in quotes");
        return;
    }
    cursor.next();
    u64 from = 0, length = max_output;
    if (cursor.take(",") && !count_of(cursor, "the start", max_output, from)) return;
    if (cursor.take(",") && !count_of(cursor, "the length", max_output, length)) return;
    if (!expect_end(cursor)) return;
    const auto path = path_below(token.text);
    const auto file = path && options_.include ? options_.include(*path) : std::nullopt;
    if (!file) {
        fail(token.column, "there is no file '" + token.text + "' in the folder of the source");
        return;
    }
    const size_t size = file->text.size();
    const size_t first = std::min<size_t>(from, size);
    const size_t count = std::min<size_t>(length, size - first);
    emit(reinterpret_cast<const u8*>(file->text.data()) + first, count);
}

}  // namespace ringside::assembler
