// The passes over the statements, names and addresses, and the bytes that come out.
#include "sim/asm/layout.hpp"

#include <algorithm>

#include "sim/asm/names.hpp"
#include "sim/asm/section_order.hpp"
#include "sim/base/bits.hpp"
#include "sim/base/nearest.hpp"

namespace ringside::assembler {
namespace {

constexpr int max_passes = 48;

}  // namespace

Layout::Layout(const std::vector<Line>& lines, const Options& options, Reports& reports)
    : lines_(lines),
      options_(options),
      reports_(reports),
      growth_(lines.size()),
      longest_(lines.size()) {
    section_index(".text");
}

void Layout::run() {
    const size_t mark = reports_.mark();
    do {
        ++pass_;
        reports_.back_to(mark);
        one_pass();
        // Mistakes that no later pass can mend: stop early, but not before labels are known.
        if (pass_ > 2 && !reports_.empty()) return;
        if (emitted_ > max_output) return;
    } while ((changed_ || pass_ == 1) && pass_ < max_passes);
    if (changed_ && reports_.empty() && !lines_.empty())
        reports_.add(lines_.front(), 0, "the addresses of the labels never settle",
                     "look for a 'times' or 'equ' that depends on a label behind it");
}

void Layout::begin_pass() {
    changed_ = false;
    for (Section& s : sections_) {
        s.bytes.clear();
        s.size = 0;
    }
    line_entries_.clear();
    current_ = 0;
    absolute_ = 0;
    bits_ = options_.bits;
    default_relative_ = false;
    origin_ = options_.origin;
    emitted_ = 0;
    parent_.clear();
    in_struct_ = in_instance_ = false;
}

void Layout::one_pass() {
    begin_pass();
    for (size_t i = 0; i < lines_.size(); ++i) {
        if (reports_.full() || emitted_ > max_output) break;
        statement(lines_[i], i);
    }
    if (in_struct_) fail(0, "'struc " + struct_.name + "' has no 'endstruc'");
    if (in_instance_) fail(0, "'istruc " + instance_.name + "' has no 'iend'");
    place_sections();
}

void Layout::place_sections() {
    std::vector<u64> before;
    for (const Section& s : sections_) before.push_back(s.address);
    if (options_.format == Format::elf)
        place_elf_sections(sections_, options_.image_base);
    else
        place_flat_sections(sections_, origin_);
    for (size_t i = 0; i < sections_.size(); ++i) changed_ |= sections_[i].address != before[i];
}

// Names
// ---------------------------------------------------------------------------------------------

Value Layout::symbol(std::string_view name, std::string& problem, std::string& hint) {
    const std::string full = full_name(std::string(name));
    const auto found = labels_.find(full);
    if (found != labels_.end()) {
        // Sections may have moved since the label was defined: their distance has not.
        Value value = found->second.value;
        for (const Term& t : value.terms)
            if (t.kind == Term::section) {
                if (value.terms.size() != 1) break;
                const u64 moved = sections_[t.id].address - found->second.base;
                value.number += static_cast<i64>(moved * static_cast<u64>(t.times));
            }
        return value;
    }
    Value unknown;
    unknown.known = false;
    if (pass_ == 1) return unknown;
    if (open_equs_.contains(full)) {
        problem = "the value of '" + std::string(name) + "' depends on itself";
        return unknown;
    }
    problem = "'" + std::string(name) + "' is not defined";
    std::vector<std::string> names = register_names();
    for (const auto& [label, value] : labels_) names.push_back(label);
    std::sort(names.begin(), names.end());
    if (const std::string near = nearest(full, names); !near.empty())
        hint = "did you mean '" + near + "'?";
    return unknown;
}

Value Layout::here() {
    Value value;
    if (current_ == absolute_section) {
        value.number = static_cast<i64>(statement_offset_);
        return value;
    }
    value = section_start();
    value.number += static_cast<i64>(statement_offset_);
    return value;
}

Value Layout::section_start() {
    Value value;
    if (current_ == absolute_section) return value;
    value.number = static_cast<i64>(section().address);
    value.terms.push_back({Term::section, static_cast<u32>(current_), 1});
    return value;
}

std::string Layout::full_name(const std::string& name) const {
    const bool local = name.size() > 1 && name[0] == '.' && name[1] != '.';
    return local ? parent_ + name : name;
}

void Layout::define(const std::string& name, Value value, bool is_equ, int column) {
    Label& label = labels_[name];
    if (label.pass == pass_ && value.known) {
        fail(column, "'" + name + "' is defined twice",
             "first in " + reports_.files()[label.where.place.file] + ":" +
                 std::to_string(label.where.place.line));
        return;
    }
    const bool same = label.pass != 0 && label.value.number == value.number &&
                      label.value.terms == value.terms && label.value.moves == value.moves;
    changed_ |= !same;
    label.value = std::move(value);
    label.base = 0;
    if (label.value.terms.size() == 1 && label.value.terms[0].kind == Term::section)
        label.base = sections_[label.value.terms[0].id].address;
    label.pass = pass_;
    label.where = *line_;
    label.equ = is_equ;
}

std::vector<Symbol> Layout::symbols() const {
    std::vector<Symbol> out;
    for (const auto& [name, label] : labels_) {
        Symbol s;
        s.name = name;
        s.value = static_cast<u64>(label.value.number);
        s.global = globals_.contains(name);
        const auto& terms = label.value.terms;
        if (terms.size() == 1 && terms[0].kind == Term::section && terms[0].times == 1)
            s.section = sections_[terms[0].id].name;
        out.push_back(std::move(s));
    }
    std::sort(out.begin(), out.end(), [](const Symbol& a, const Symbol& b) {
        return a.section != b.section ? a.section < b.section
               : a.value != b.value   ? a.value < b.value
                                      : a.name < b.name;
    });
    return out;
}

u64 Layout::entry() const {
    for (const char* name : {"start", "_start"})
        if (const auto found = labels_.find(name); found != labels_.end())
            return static_cast<u64>(found->second.value.number);
    return sections_[0].address;
}

// Output
// --------------------------------------------------------------------------------------------

bool Layout::fail(int column, std::string message, std::string hint) {
    if (line_) reports_.add(*line_, column, std::move(message), std::move(hint));
    return false;
}

u64 Layout::offset() const {
    return current_ == absolute_section ? absolute_ : sections_[current_].size;
}

void Layout::emit(const u8* bytes, size_t count) {
    if (count == 0) return;
    if (current_ == absolute_section || section().nobits) {
        fail(0, "this place holds no bytes, only reserved space", "use resb, resw or resd here");
        return;
    }
    emitted_ += count;
    if (emitted_ > max_output) {
        fail(0, "the program is larger than " + std::to_string(max_output >> 20) + " MiB");
        return;
    }
    section().bytes.insert(section().bytes.end(), bytes, bytes + count);
    section().size += count;
}

void Layout::emit_fill(u8 byte, u64 count) {
    if (count + emitted_ > max_output) count = max_output - std::min(emitted_, max_output) + 1;
    const std::vector<u8> fill(count, byte);
    emit(fill.data(), fill.size());
}

void Layout::skip(u64 count) {
    if (current_ == absolute_section) {
        absolute_ += count;
    } else if (section().nobits) {
        if (section().size + count > max_reserved) {
            fail(0, "the section is larger than " + std::to_string(max_reserved >> 20) + " MiB");
            return;
        }
        section().size += count;
    } else {
        emit_fill(0, count);
    }
}

Value Layout::value_of(Cursor& cursor) {
    Problem problem;
    Value value = evaluate(cursor, *this, problem);
    if (!problem.any() && value.has_registers())
        problem = {cursor.column(), "a register has no value here", {}};
    if (problem.any()) {
        fail(problem.column, problem.message, problem.hint);
        value.known = false;
        value.terms.clear();
    }
    return value;
}

bool Layout::count_of(Cursor& cursor, const char* what, u64 limit, u64& count) {
    const int column = cursor.column();
    const size_t before = reports_.mark();
    const Value value = value_of(cursor);
    count = 0;
    if (reports_.mark() != before) return false;
    if (!value.known) return true;
    if (value.is_address())
        return fail(column, std::string(what) + " must be a number, not an address",
                    "subtract another label of the same section");
    if (value.number < 0 || static_cast<u64>(value.number) > limit)
        return fail(column, std::string(what) + " must lie between 0 and " + std::to_string(limit) +
                                ", not " + std::to_string(value.number));
    count = static_cast<u64>(value.number);
    return true;
}

bool Layout::expect_end(Cursor& cursor) {
    if (cursor.done()) return true;
    const Token& token = cursor.token();
    return fail(cursor.column(), token.kind == TokenKind::bad
                                     ? token.text
                                     : "unexpected '" + spell({token}) + "' behind the statement");
}

}  // namespace ringside::assembler
