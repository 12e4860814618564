// Statements into sections: passes over the lines until every label and every jump is settled.
#pragma once
#include <map>
#include <set>
#include <unordered_map>

#include "sim/asm/assembler.hpp"
#include "sim/asm/encoder.hpp"
#include "sim/asm/reports.hpp"

namespace ringside::assembler {

inline constexpr size_t max_output = size_t{16} << 20;  ///< bytes that one source may make
inline constexpr u64 max_reserved = u64{1} << 31;       ///< bytes of one section, nobits included

class Layout : private Scope {
  public:
    Layout(const std::vector<Line>& lines, const Options& options, Reports& reports);

    /// Assigns all addresses. The result is meaningful if `reports` stayed empty.
    void run();

    const std::vector<Section>& sections() const { return sections_; }
    const std::vector<LineEntry>& line_entries() const { return line_entries_; }
    std::vector<Symbol> symbols() const;
    u64 entry() const;

  private:
    struct Label {
        Value value;
        int pass = 0;  ///< the pass that defined it last
        Line where;
        bool equ = false;
        u64 base = 0;  ///< address that the section of `value` had then
    };
    struct Struct {
        std::string name;
        u64 start = 0;
        size_t saved_section = 0;
    };
    static constexpr size_t absolute_section = ~size_t{0};

    // Scope
    Value symbol(std::string_view name, std::string& problem, std::string& hint) override;
    Value here() override;
    Value section_start() override;

    // layout.cpp: passes
    void one_pass();
    void place_sections();
    void begin_pass();

    // statement.cpp: a line
    void statement(const Line& line, size_t index);
    bool take_label(Cursor& cursor, std::string& label);
    void body(Cursor& cursor);
    void repeat(Cursor& cursor);
    bool copy_last(u64 size, u64 times);
    void instruction(Cursor& cursor, std::vector<std::string> prefixes);
    void define(const std::string& name, Value value, bool equ, int column);
    std::string full_name(const std::string& name) const;
    void equ(const std::string& label, Cursor& cursor);

    // data.cpp
    bool data(Cursor& cursor);
    void data_items(Cursor& cursor, unsigned unit, bool in_parentheses);
    void data_value(const Value& value, unsigned unit, int column);
    void duplicate(Cursor& cursor, const Value& count, unsigned unit);
    void reserve(Cursor& cursor, unsigned unit);
    void incbin(Cursor& cursor);

    // directives.cpp
    bool directive(Cursor& cursor);
    void switch_section(Cursor& cursor);
    void section_attributes(Cursor& cursor, Section& section);
    void align(Cursor& cursor, bool reserve_only);
    void set_bits(Cursor& cursor);
    void origin(Cursor& cursor);
    void names(Cursor& cursor, bool global);
    void begin_struct(Cursor& cursor);
    void end_struct();
    void begin_instance(Cursor& cursor);
    void at_field(Cursor& cursor);
    void end_instance();

    // shared by them
    bool fail(int column, std::string message, std::string hint = {});
    Value value_of(Cursor& cursor);
    /// A count or size: a plain number from 0 to `limit`. False when it is none (and then
    /// reported).
    bool count_of(Cursor& cursor, const char* what, u64 limit, u64& count);
    bool expect_end(Cursor& cursor);
    void emit(const u8* bytes, size_t count);
    void emit_fill(u8 byte, u64 count);
    void skip(u64 count);  ///< reserve
    u64 offset() const;
    Section& section() { return sections_[current_]; }
    size_t section_index(const std::string& name);

    const std::vector<Line>& lines_;
    const Options& options_;
    Reports& reports_;
    std::vector<Section> sections_;
    std::unordered_map<std::string, Label> labels_;
    std::set<std::string> open_equs_;      ///< `equ` without a value so far
    std::map<std::string, bool> globals_;  ///< name → seen as a label
    std::vector<LineEntry> line_entries_;
    std::vector<Growth> growth_;
    std::vector<u64> longest_;

    int pass_ = 0;
    bool changed_ = false;
    size_t current_ = 0;
    u64 absolute_ = 0;
    unsigned bits_ = 32;
    bool default_relative_ = false;
    u64 origin_ = 0;
    size_t emitted_ = 0;
    std::string parent_;
    Struct struct_;
    Struct instance_;
    bool in_struct_ = false;
    bool in_instance_ = false;

    const Line* line_ = nullptr;
    size_t index_ = 0;
    u64 statement_offset_ = 0;
    int depth_ = 0;
};

}  // namespace ringside::assembler
