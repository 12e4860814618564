// The three DWARF sections, byte by byte.
#include "sim/asm/dwarf_writer.hpp"

#include "sim/asm/bytes_writer.hpp"

namespace ringside::assembler {
namespace {

/// DWARF 4 "Data Representation", by the names it uses.
enum : u8 {
    DW_TAG_compile_unit = 0x11,
    DW_CHILDREN_no = 0,
    DW_AT_name = 0x03,
    DW_AT_stmt_list = 0x10,
    DW_AT_low_pc = 0x11,
    DW_AT_high_pc = 0x12,
    DW_AT_language = 0x13,
    DW_AT_producer = 0x25,
    DW_FORM_addr = 0x01,
    DW_FORM_data2 = 0x05,
    DW_FORM_data4 = 0x06,
    DW_FORM_string = 0x08,
    DW_FORM_sec_offset = 0x17,
    DW_LNS_copy = 1,
    DW_LNS_advance_pc = 2,
    DW_LNS_advance_line = 3,
    DW_LNS_set_file = 4,
    DW_LNE_end_sequence = 1,
    DW_LNE_set_address = 2,
};
constexpr u16 DW_LANG_Mips_Assembler = 0x8001;
constexpr u16 version = 4;
constexpr u8 address_size = 4;
constexpr u8 opcode_base = 13;  ///< the first special opcode; we use none of them

std::vector<u8> abbreviations() {
    BytesWriter w;
    w.uleb(1);
    w.uleb(DW_TAG_compile_unit);
    w.u8_(DW_CHILDREN_no);
    const u8 attributes[][2] = {
        {DW_AT_stmt_list, DW_FORM_sec_offset}, {DW_AT_low_pc, DW_FORM_addr},
        {DW_AT_high_pc, DW_FORM_data4},        {DW_AT_name, DW_FORM_string},
        {DW_AT_producer, DW_FORM_string},      {DW_AT_language, DW_FORM_data2}};
    for (const auto& [attribute, form] : attributes) {
        w.uleb(attribute);
        w.uleb(form);
    }
    w.u16_(0);  // end of the attributes
    w.u8_(0);   // end of the abbreviations
    return w.take();
}

std::vector<u8> compile_unit(const std::string& name, u64 low, u64 high) {
    BytesWriter w;
    w.u32_(0);  // length, below
    w.u16_(version);
    w.u32_(0);  // offset in .debug_abbrev
    w.u8_(address_size);
    w.uleb(1);
    w.u32_(0);  // offset in .debug_line
    w.u32_(low);
    w.u32_(high - low);
    w.text(name);
    w.text("ringside asm");
    w.u16_(DW_LANG_Mips_Assembler);
    w.patch32(0, w.size() - 4);
    return w.take();
}

void header(BytesWriter& w, const std::vector<std::string>& files) {
    w.u32_(0);  // length
    w.u16_(version);
    w.u32_(0);  // header length
    const size_t after = w.size();
    w.u8_(1);     // minimum instruction length
    w.u8_(1);     // operations per instruction
    w.u8_(1);     // rows are statements
    w.u8_(0xfb);  // line base -5 and line range 14: for special opcodes
    w.u8_(14);
    w.u8_(opcode_base);
    for (const u8 operands : {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1}) w.u8_(operands);
    w.u8_(0);  // no include directories
    for (const std::string& file : files) {
        w.text(file);
        for (int i = 0; i < 3; ++i) w.uleb(0);  // directory, time, length: not said
    }
    w.u8_(0);
    w.patch32(after - 4, w.size() - after);
}

/// The line-number program. A gap between entries ends a sequence.
std::vector<u8> line_program(const std::vector<std::string>& files,
                             const std::vector<LineEntry>& lines) {
    BytesWriter w;
    header(w, files);
    for (size_t i = 0; i < lines.size();) {
        u64 address = lines[i].address;
        i64 line = 1;
        u32 file = 0;
        w.u8_(0);
        w.uleb(1 + address_size);
        w.u8_(DW_LNE_set_address);
        w.u32_(address);
        while (true) {
            const LineEntry& e = lines[i];
            if (e.address != address) {
                w.u8_(DW_LNS_advance_pc);
                w.uleb(e.address - address);
                address = e.address;
            }
            if (e.file != file) {
                w.u8_(DW_LNS_set_file);
                w.uleb(e.file + 1);
                file = e.file;
            }
            if (e.line != line) {
                w.u8_(DW_LNS_advance_line);
                w.sleb(e.line - line);
                line = e.line;
            }
            w.u8_(DW_LNS_copy);
            const u64 end = e.address + e.length;
            if (++i < lines.size() && lines[i].address == end) continue;
            w.u8_(DW_LNS_advance_pc);
            w.uleb(end - address);
            break;
        }
        w.u8_(0);
        w.uleb(1);
        w.u8_(DW_LNE_end_sequence);
    }
    w.patch32(0, w.size() - 4);
    return w.take();
}

}  // namespace

DebugSections debug_sections(const std::vector<std::string>& files,
                             const std::vector<LineEntry>& lines) {
    DebugSections out;
    if (lines.empty() || files.empty()) return out;
    out.abbrev = abbreviations();
    out.info =
        compile_unit(files[0], lines.front().address, lines.back().address + lines.back().length);
    out.line = line_program(files, lines);
    return out;
}

}  // namespace ringside::assembler
