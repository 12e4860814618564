// Names, values, and what each says about privilege.
#include "ui/view/make_register_view.hpp"

#include "ui/view/number_text.hpp"

namespace ringside::ui {
namespace {

using cpu::State;
namespace flags = isa::flags;

RegisterRow row(const char* name, u64 now, const u64* before, std::string note = "") {
    RegisterRow r{name, hex32(now), "", false, std::move(note)};
    if (before && *before != now) {
        r.changed = true;
        r.before = hex32(*before);
    }
    return r;
}

std::vector<RegisterRow> general(const State& now, const State* before) {
    using enum cpu::Gpr;
    constexpr std::pair<const char*, cpu::Gpr> names[] = {{"EAX", AX}, {"EBX", BX}, {"ECX", CX},
                                                          {"EDX", DX}, {"ESI", SI}, {"EDI", DI},
                                                          {"EBP", BP}, {"ESP", SP}};
    std::vector<RegisterRow> rows;
    for (const auto& [name, number] : names)
        rows.push_back(
            row(name, now.regs.gpr[number], before ? &before->regs.gpr[number] : nullptr));
    rows.push_back(row("EIP", now.regs.rip, before ? &before->regs.rip : nullptr));
    return rows;
}

struct FlagWords {
    const char* name;
    u64 mask;
    const char* meaning;
};
constexpr FlagWords flag_words[] = {
    {"IF", flags::IF,
     "IF: hardware interrupts are accepted. Only CLI, STI, POPF and IRET with CPL ≤ IOPL change "
     "it. SDM 1 \"EFLAGS Register\""},
    {"ZF", flags::ZF, "ZF: the last result was zero. SDM 1 \"EFLAGS Register\""},
    {"SF", flags::SF, "SF: the last result was negative. SDM 1 \"EFLAGS Register\""},
    {"CF", flags::CF, "CF: carry or borrow. SDM 1 \"EFLAGS Register\""},
    {"OF", flags::OF, "OF: the signed result did not fit. SDM 1 \"EFLAGS Register\""},
    {"PF", flags::PF, "PF: the low byte has an even number of ones. SDM 1 \"EFLAGS Register\""},
    {"AF", flags::AF, "AF: carry out of the low four bits. SDM 1 \"EFLAGS Register\""},
    {"DF", flags::DF, "DF: string instructions go downwards. SDM 1 \"EFLAGS Register\""},
    {"TF", flags::TF, "TF: a debug exception after each instruction. SDM 1 \"EFLAGS Register\""},
    {"NT", flags::NT, "NT: the task was called by another. SDM 1 \"EFLAGS Register\""},
};

std::vector<FlagCell> flag_cells(const State& now, const State* before) {
    std::vector<FlagCell> cells;
    for (const FlagWords& f : flag_words) {
        const bool set = has(now.regs.flags, f.mask);
        cells.push_back({f.name, set ? "1" : "0", set,
                         before && has(before->regs.flags, f.mask) != set, f.meaning});
    }
    cells.insert(
        cells.begin() + 1,
        {"IOPL", std::to_string(now.iopl()), now.iopl() != 0,
         before && before->iopl() != now.iopl(),
         "IOPL: the highest CPL that may use CLI, STI and ports. SDM 1 \"EFLAGS Register\""});
    return cells;
}

std::string segment_note(const cpu::Segment& s, const State& state) {
    if (!state.protected_mode()) return "real mode";
    if (!s.usable()) return "null";
    return std::string(s.code() ? "code" : "data") + ", DPL " + std::to_string(s.dpl());
}

std::vector<RegisterRow> segments(const State& now, const State* before) {
    using enum decode::Seg;
    constexpr std::pair<const char*, decode::Seg> names[] = {{"CS", CS}, {"SS", SS}, {"DS", DS},
                                                             {"ES", ES}, {"FS", FS}, {"GS", GS}};
    std::vector<RegisterRow> rows;
    for (const auto& [name, number] : names) {
        const cpu::Segment& s = now.seg[number];
        RegisterRow r{name, hex32(s.selector).substr(4), "", false, segment_note(s, now)};
        if (before && before->seg[number].selector != s.selector) {
            r.changed = true;
            r.before = hex32(before->seg[number].selector).substr(4);
        }
        rows.push_back(r);
    }
    return rows;
}

std::vector<RegisterRow> control(const State& now, const State* before) {
    return {row("CR0", now.cr0, before ? &before->cr0 : nullptr,
                has(now.cr0, isa::cr0::PG) ? "paging on" : "paging off"),
            row("CR2", now.cr2, before ? &before->cr2 : nullptr, "address of the last page fault"),
            row("CR3", now.cr3, before ? &before->cr3 : nullptr, "page directory"),
            row("CR4", now.cr4, before ? &before->cr4 : nullptr),
            row("GDTR", now.gdtr.base, before ? &before->gdtr.base : nullptr, "base"),
            row("IDTR", now.idtr.base, before ? &before->idtr.base : nullptr, "base")};
}

}  // namespace

RegisterView make_register_view(const State& now, const State* before) {
    RegisterView view;
    view.general = general(now, before);
    view.flags = flag_cells(now, before);
    view.eflags = hex32(now.regs.flags);
    view.segments = segments(now, before);
    view.system = control(now, before);
    return view;
}

}  // namespace ringside::ui
