// What the code panel shows: one or two columns of source and disassembly.
#pragma once
#include <iterator>
#include <string>
#include <vector>

#include "ui/view/world.hpp"

namespace ringside::ui {

enum class CodeRowKind : u8 { Label, Source, Instruction };

/// What is special about an instruction. Shown as a word and a colour.
enum class CodeMark : u8 {
    None,
    Silent,     ///< sensitive and not privileged: does not trap
    Wrong,      ///< gave a wrong answer in this run
    Traps,      ///< traps when run outside ring 0
    Copied,     ///< translated code: as the guest wrote it
    Rewritten,  ///< translated code: another instruction in its place
    CallOut,    ///< translated code: calls the VMM
    InCache,    ///< translated code: emulated within the cache
    Chain,      ///< translated code: goes on in another block
};

/// Of what the translator says it did with an instruction (session::Translations).
constexpr CodeMark mark_of_translation(u32 kind) {
    constexpr CodeMark marks[] = {CodeMark::Copied, CodeMark::Rewritten, CodeMark::CallOut,
                                  CodeMark::InCache, CodeMark::Chain};
    return kind < std::size(marks) ? marks[kind] : CodeMark::None;
}

struct CodeRow {
    CodeRowKind kind = CodeRowKind::Instruction;
    u64 address = 0;
    std::string text;   ///< label, source line or disassembly
    std::string bytes;  ///< of an instruction, in hexadecimal
    CodeMark mark = CodeMark::None;
    bool current = false;  ///< the next instruction to run
};

struct CodeColumn {
    std::string title;  ///< "Guest kernel  popf.asm:24"
    World world = World::GuestKernel;
    bool active = false;  ///< the CPU is here now
    std::vector<CodeRow> rows;
    int focus = -1;     ///< the row to keep in sight
    std::string empty;  ///< what would fill it, when there are no rows
};

struct CodeView {
    std::vector<CodeColumn> columns;
};

}  // namespace ringside::ui
