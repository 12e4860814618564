// section, bits, align, org, global, struc and the other directives.
#include <algorithm>

#include "sim/asm/layout.hpp"
#include "sim/asm/section_order.hpp"
#include "sim/base/bits.hpp"

namespace ringside::assembler {
namespace {

constexpr u64 max_alignment = u64{1} << 20;
constexpr size_t max_sections = 200;

}  // namespace

size_t Layout::section_index(const std::string& name) {
    for (size_t i = 0; i < sections_.size(); ++i)
        if (sections_[i].name == name) return i;
    sections_.push_back(section_with_defaults(name));
    changed_ = true;
    return sections_.size() - 1;
}

bool Layout::directive(Cursor& cursor) {
    if (!cursor.token().is_word()) return false;
    const std::string name = lower(cursor.token().text);
    const auto is = [&](const char* n) { return name == n ? (cursor.next(), true) : false; };
    if (is("section") || is("segment")) return switch_section(cursor), true;
    if (is("bits")) return set_bits(cursor), true;
    if (is("use16")) return bits_ = 16, expect_end(cursor), true;
    if (is("use32")) return bits_ = 32, expect_end(cursor), true;
    if (is("use64")) return bits_ = 64, expect_end(cursor), true;
    if (is("align")) return align(cursor, false), true;
    if (is("alignb")) return align(cursor, true), true;
    if (is("org")) return origin(cursor), true;
    if (is("global") || is("static")) return names(cursor, name == "global"), true;
    if (is("extern") || is("common") || is("required")) {
        fail(cursor.column(),
             "'" + name + "' needs a linker, and a program here is one source file",
             "use %include");
        return true;
    }
    if (is("default")) {
        default_relative_ = cursor.at_word("rel");
        if (!cursor.take_word("rel") && !cursor.take_word("abs"))
            fail(cursor.column(), "expected rel or abs");
        return expect_end(cursor), true;
    }
    if (is("cpu")) return true;  // every instruction is allowed
    if (is("sectalign")) return true;
    if (is("absolute")) {
        const Value value = value_of(cursor);
        current_ = absolute_section;
        absolute_ = static_cast<u64>(value.number);
        return expect_end(cursor), true;
    }
    if (is("struc")) return begin_struct(cursor), true;
    if (is("endstruc")) return end_struct(), true;
    if (is("istruc")) return begin_instance(cursor), true;
    if (is("at")) return at_field(cursor), true;
    if (is("iend")) return end_instance(), true;
    return false;
}

void Layout::switch_section(Cursor& cursor) {
    const Token& token = cursor.token();
    if (!token.is_word() && token.kind != TokenKind::string) {
        fail(cursor.column(), "expected the name of a section");
        return;
    }
    if (sections_.size() > max_sections) {
        fail(cursor.column(), "there are more than " + std::to_string(max_sections) + " sections");
        return;
    }
    current_ = section_index(token.text);
    cursor.next();
    section_attributes(cursor, section());
}

void Layout::section_attributes(Cursor& cursor, Section& s) {
    while (!cursor.done()) {
        const Token& token = cursor.token();
        const std::string name = lower(token.text);
        cursor.next();
        if (name == "progbits")
            s.nobits = false;
        else if (name == "nobits")
            s.nobits = true;
        else if (name == "alloc")
            s.alloc = true;
        else if (name == "noalloc")
            s.alloc = false;
        else if (name == "exec")
            s.exec = true;
        else if (name == "noexec")
            s.exec = false;
        else if (name == "write")
            s.write = true;
        else if (name == "nowrite")
            s.write = false;
        else if (name == "note")
            s.nobits = false;
        else if (name == "align" && cursor.take("=")) {
            u64 alignment = 0;
            const int column = cursor.column();
            if (!count_of(cursor, "the alignment", max_alignment, alignment)) return;
            if (alignment == 0 || (alignment & (alignment - 1))) {
                fail(column, "the alignment must be a power of two");
                return;
            }
            s.alignment = alignment;
        } else {
            fail(token.column, "unknown section attribute '" + token.text + "'",
                 "there are progbits, nobits, alloc, noalloc, exec, noexec, write, nowrite, "
                 "align=N");
            return;
        }
    }
}

void Layout::align(Cursor& cursor, bool reserve_only) {
    u64 alignment = 0;
    const int column = cursor.column();
    if (!count_of(cursor, "the alignment", max_alignment, alignment)) return;
    if (alignment == 0 || (alignment & (alignment - 1))) {
        if (pass_ > 1 || alignment) fail(column, "the alignment must be a power of two");
        return;
    }
    if (current_ != absolute_section)
        section().alignment = std::max(section().alignment, alignment);
    const u64 gap = align_up(offset(), alignment) - offset();
    const bool holds_bytes = current_ != absolute_section && !section().nobits;
    if (cursor.take(",")) {
        const size_t start = cursor.position();
        const u64 end = offset() + gap;
        const size_t before = reports_.mark();
        while (offset() < end && reports_.mark() == before) {
            const u64 size = offset();
            cursor.move_to(start);
            body(cursor);
            if (offset() == size) break;
        }
        if (offset() > end) fail(column, "the filling does not end at the alignment");
        return;
    }
    if (!expect_end(cursor)) return;
    constexpr u8 nop = 0x90;
    if (reserve_only || !holds_bytes)
        skip(gap);
    else
        emit_fill(nop, gap);
}

void Layout::set_bits(Cursor& cursor) {
    u64 bits = 0;
    const int column = cursor.column();
    if (!count_of(cursor, "the number of bits", 64, bits) || !expect_end(cursor)) return;
    if (bits != 16 && bits != 32 && bits != 64) {
        fail(column, "'bits' takes 16, 32 or 64");
        return;
    }
    bits_ = static_cast<unsigned>(bits);
}

void Layout::origin(Cursor& cursor) {
    if (options_.format == Format::elf) {
        fail(cursor.column(), "'org' has a meaning only in flat binaries", "leave it out for ELF");
        return;
    }
    u64 address = 0;
    if (count_of(cursor, "the origin", ~u32{0}, address) && expect_end(cursor)) origin_ = address;
}

void Layout::names(Cursor& cursor, bool global) {
    do {
        if (!cursor.token().is_word()) {
            fail(cursor.column(), "expected a name");
            return;
        }
        const std::string name = cursor.token().text;
        if (global) globals_[name] = true;
        if (global && pass_ > 1 && !labels_.contains(name))
            fail(cursor.column(), "'" + name + "' is global but not defined");
        cursor.next();
        if (cursor.take(":"))  // name:function, name:data size
            while (!cursor.done() && !cursor.at(",")) cursor.next();
    } while (cursor.take(","));
    expect_end(cursor);
}

void Layout::begin_struct(Cursor& cursor) {
    if (in_struct_ || !cursor.token().is_word()) {
        fail(cursor.column(),
             in_struct_ ? "'struc' inside 'struc'" : "expected the name of the structure");
        return;
    }
    struct_ = {cursor.token().text, 0, current_};
    const int column = cursor.column();
    cursor.next();
    if (cursor.take(",") && !count_of(cursor, "the offset", ~u32{0}, struct_.start)) return;
    if (!expect_end(cursor)) return;
    in_struct_ = true;
    current_ = absolute_section;
    absolute_ = struct_.start;
    statement_offset_ = absolute_;
    define(struct_.name, here(), false, column);
    parent_ = struct_.name;
}

void Layout::end_struct() {
    if (!in_struct_) {
        fail(0, "'endstruc' without 'struc'");
        return;
    }
    Value size;
    size.number = static_cast<i64>(absolute_ - struct_.start);
    define(struct_.name + "_size", size, true, 0);
    in_struct_ = false;
    current_ = struct_.saved_section;
}

void Layout::begin_instance(Cursor& cursor) {
    if (in_instance_ || !cursor.token().is_word()) {
        fail(cursor.column(),
             in_instance_ ? "'istruc' inside 'istruc'" : "expected the name of a structure");
        return;
    }
    instance_ = {cursor.token().text, offset(), 0};
    in_instance_ = true;
    cursor.next();
    expect_end(cursor);
}

void Layout::at_field(Cursor& cursor) {
    if (!in_instance_) {
        fail(cursor.column(), "'at' without 'istruc'");
        return;
    }
    // Inside an instance `.field` belongs to the structure, not to the label before it.
    const std::string outer = parent_;
    parent_ = instance_.name;
    u64 field = 0;
    const int column = cursor.column();
    const bool good = count_of(cursor, "the offset of the field", max_output, field);
    parent_ = outer;
    if (!good) return;
    const u64 have = offset() - instance_.start;
    if (field < have && pass_ > 1) {
        fail(column, "the field lies before the end of the field above it");
        return;
    }
    if (field > have) skip(field - have);
    statement_offset_ = offset();
    if (cursor.take(",") && !cursor.done()) body(cursor);
}

void Layout::end_instance() {
    if (!in_instance_) {
        fail(0, "'iend' without 'istruc'");
        return;
    }
    in_instance_ = false;
    const auto size = labels_.find(instance_.name + "_size");
    if (size == labels_.end()) {
        if (pass_ > 1) fail(0, "there is no structure '" + instance_.name + "'");
        return;
    }
    const u64 have = offset() - instance_.start;
    const auto whole = static_cast<u64>(size->second.value.number);
    if (whole > have && whole - have <= max_output) skip(whole - have);
}

}  // namespace ringside::assembler
