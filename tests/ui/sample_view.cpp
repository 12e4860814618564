// Made-up content, of the lengths that real content has.
#include "tests/ui/sample_view.hpp"

namespace ringside::ui::sample {
namespace {

CodeRow instruction(u64 address, const char* text, CodeMark mark = CodeMark::None,
                    bool current = false) {
    CodeRow row;
    row.address = address;
    row.text = text;
    row.bytes = "9d";
    row.mark = mark;
    row.current = current;
    return row;
}
CodeRow heading(CodeRowKind kind, const char* text) {
    CodeRow row;
    row.kind = kind;
    row.text = text;
    return row;
}

CodeView code() {
    CodeColumn guest;
    guest.title = "Guest kernel · popf.asm:31";
    guest.world = World::GuestKernel;
    guest.active = true;
    guest.rows = {heading(CodeRowKind::Label, "main:"),
                  instruction(0x100120, "cli", CodeMark::Traps),
                  instruction(0x100121, "call tick_init"),
                  instruction(0x100126, "pushfd", CodeMark::Silent),
                  instruction(0x100127, "pop eax"),
                  instruction(0x100128, "shr eax, 9"),
                  instruction(0x10012b, "and eax, 1"),
                  instruction(0x10012e, "mov [observations.if_after_cli], eax"),
                  instruction(0x100133, "pushfd", CodeMark::Silent),
                  instruction(0x100134, "or dword [esp], 0x200"),
                  instruction(0x10013b, "popfd", CodeMark::Wrong),
                  instruction(0x10013c, "pushfd", CodeMark::Silent, true),
                  instruction(0x10013d, "pop eax"),
                  instruction(0x10013e, "shr eax, 9"),
                  instruction(0x100141, "and eax, 1"),
                  instruction(0x100144, "mov [observations.if_after_popf_1], eax"),
                  instruction(0x100149, "call wait_for_tick")};
    guest.focus = 11;
    CodeColumn vmm;
    vmm.title = "VMM · emulate.cpp:88";
    vmm.world = World::Vmm;
    vmm.rows = {heading(CodeRowKind::Source, "    case Opcode::CLI: vcpu.interrupts = false;"),
                instruction(0xfc0012a0, "mov byte [ebx+0x4c], 0"),
                instruction(0xfc0012a4, "add dword [esi+0x38], 1"),
                heading(CodeRowKind::Source, "    return Emulated::Yes;"),
                instruction(0xfc0012a8, "mov eax, 1"),
                instruction(0xfc0012ad, "ret")};
    vmm.focus = 1;
    return {{guest, vmm}};
}

RegisterView registers() {
    RegisterView view;
    const char* names[] = {"EAX", "EBX", "ECX", "EDX", "ESI", "EDI", "EBP", "ESP", "EIP"};
    for (const char* name : names) view.general.push_back({name, "00000001", "", false, ""});
    view.general[7] = {"ESP", "00107ffc", "00107ff8", true, ""};
    view.general[8] = {"EIP", "0010013c", "0010013b", true, ""};
    for (const char* flag :
         {"IF", "IOPL", "ZF", "SF", "CF", "OF", "PF", "AF", "DF", "TF", "NT", "AC"})
        view.flags.push_back({flag, "0", false, false, "SDM 1 \"EFLAGS Register\""});
    view.flags[0] = {"IF", "1", true, false, "Interrupt enable"};
    view.eflags = "00000202";
    for (const char* segment : {"CS", "SS", "DS", "ES"})
        view.segments.push_back({segment, "0019", "", false, "ring 1, code"});
    view.system = {{"CR0", "80000011", "", false, "paging on"}, {"CR3", "00004000", "", false, ""}};
    return view;
}

HappeningView happening() {
    HappeningView view;
    view.tone = Tone::Silent;
    view.headline = "POPF ran at CPL 1 without trapping: IF was not changed";
    view.body =
        "The guest kernel asked for IF = 1. Outside ring 0, with CPL above IOPL, POPF leaves IF as "
        "it is and raises no exception.";
    view.why =
        "The VMM waits for traps. No trap came, so its virtual CPU still has interrupts off.";
    view.source = "SDM 2B \"POPF/POPFD/POPFQ—Pop Stack Into EFLAGS Register\"";
    view.cost = "12 cycles, all in the guest";
    view.next = "pushfd";
    const char* texts[] = {"#GP at cli → VMM",
                           "VMM emulates cli",
                           "IRET → guest kernel, ring 1",
                           "POPF did not trap: IF stays 0",
                           "#GP at out → VMM",
                           "IRET → guest kernel, ring 1"};
    for (u64 i = 0; i < 6; ++i) {
        LogRow row;
        row.event = i;
        row.when = std::to_string(4100 + i * 312);
        row.text = texts[i];
        row.tone = i == 3 ? Tone::Silent : Tone::Crossing;
        row.current = i == 3;
        row.future = i > 3;
        view.log.push_back(row);
    }
    return view;
}

TimelineView timeline() {
    TimelineView view;
    view.end = view.recorded = 12000;
    view.cursor = 7500;
    view.lanes = {World::GuestApplication, World::GuestKernel, World::Vmm};
    const Cycle edges[] = {0, 2100, 3200, 5400, 6300, 9000, 10400, 12000};
    for (unsigned i = 0; i < 7; ++i) {
        const World world = i % 2 ? World::Vmm : World::GuestKernel;
        view.spans.push_back({world, u8(i % 2 ? 0 : 1), edges[i], edges[i + 1]});
        if (i > 0)
            view.marks.push_back({edges[i], i % 2 ? World::GuestKernel : World::Vmm, world,
                                  Tone::Crossing, i, i % 2 ? "#GP" : "IRET"});
    }
    view.marks.push_back(
        {7400, World::GuestKernel, World::GuestKernel, Tone::Silent, 99, "POPF did not trap"});
    return view;
}

}  // namespace

WindowView popf_at_ring_1() {
    WindowView view;
    view.toolbar.scenarios = {{"popf", "popf: the hole"}, {"cli-sti", "cli and sti"}};
    view.toolbar.scenario = 0;
    view.toolbar.techniques = {
        {"native", "Native"}, {"trap-and-emulate", "Trap-and-emulate"}, {"vt-x", "VT-x"}};
    view.toolbar.technique = 1;
    view.toolbar.at_start = false;
    view.toolbar.position = "instruction 1 204 · event 17 of 40 · cycle 7 500";
    view.rings.ring = 1;
    view.rings.world = World::GuestKernel;
    view.rings.who = {"VMM", "guest kernel", "", "guest apps"};
    view.rings.where = "Ring 1 · guest kernel";
    view.rings.sentence =
        "The guest kernel believes that it is in ring 0. The VMM has put it into ring 1.";
    view.code = code();
    view.registers = registers();
    view.happening = happening();
    view.timeline = timeline();
    view.serial.lines = {"trap-and-emulate VMM: guest at 0x01000000", "IF after cli: 1"};
    view.counters.total = "7 500 cycles";
    view.counters.cost = {{"Guest", "5 100  68 %", 0.68, int(World::GuestKernel)},
                          {"VMM", "1 900  25 %", 0.25, int(World::Vmm)},
                          {"Transitions", "500  7 %", 0.07, -1}};
    view.counters.rows = {{"Instructions", "1 204", ""},
                          {"Ring crossings", "12", ""},
                          {"Traps", "6", ""},
                          {"VM exits", "0", ""},
                          {"Hypercalls", "0", ""},
                          {"Translated blocks", "0", ""}};
    view.observations.verdict = "1 answer differs from the bare machine";
    view.observations.tone = Tone::Wrong;
    view.observations.rows = {{"if_after_cli", "00000001", "00000000", Agreement::Different,
                               "cli: pushfd shows the real IF"},
                              {"if_after_popf_1", "00000001", "00000001", Agreement::Same, ""},
                              {"tick_after_popf_1", "", "00000001", Agreement::NotYet, ""}};
    return view;
}

WindowView in_vmx_root() {
    WindowView view = popf_at_ring_1();
    view.rings.vmx = view.rings.in_root = true;
    view.rings.ring = 0;
    view.rings.world = World::Vmm;
    view.rings.who = {"guest kernel", "", "", "guest apps"};
    view.rings.root_who = "VMM, ring 0";
    view.rings.where = "VMX root · ring 0 · VMM";
    view.rings.sentence = "The guest has left by a VM exit. Its own ring 0 waits in the VMCS.";
    return view;
}

}  // namespace ringside::ui::sample
