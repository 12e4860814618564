// Pictures of a session: every panel's view from const state.
#include <algorithm>
#include <iterator>

#include "sim/decode/decoder.hpp"
#include "sim/decode/text.hpp"
#include "ui/app/player.hpp"
#include "ui/view/make_bottom_views.hpp"
#include "ui/view/make_register_view.hpp"
#include "ui/view/make_ring_map_view.hpp"
#include "ui/view/number_text.hpp"

namespace ringside::ui {
namespace {

/// Up to `most` bytes of the machine's memory, as far as it is mapped.
std::vector<u8> bytes_at(const machine::Machine& m, u64 at, u64 most) {
    std::vector<u8> bytes;
    while (bytes.size() < most) {
        const auto byte = session::peek(m, {at + bytes.size()}, 1);
        if (!byte) break;
        bytes.push_back(u8(*byte));
    }
    return bytes;
}

/// What stands in the place of one instruction of the guest. False if memory ends before it does.
bool add_translated(std::vector<TranslatedRow>& rows, const machine::Machine& m,
                    const session::Translations::Piece& piece, u64 end) {
    const CodeMark mark = mark_of_translation(piece.kind);
    bool data = false;  // what lies behind the INT that asks for the VMM never runs
    for (u64 at = piece.at; at < end;) {
        const std::vector<u8> bytes =
            bytes_at(m, at, data ? end - at : decode::longest_instruction);
        if (bytes.empty()) return false;
        TranslatedRow row;
        row.address = at;
        row.guest = piece.guest;
        row.mark = mark;
        size_t length = bytes.size();
        const auto text = decode::disassemble(bytes, at, 32);
        if (!data && text) {
            length = text->length;
            row.text = text->text;
        } else {
            for (const u8 byte : bytes) row.text += (row.text.empty() ? "db " : ", ") + hex(byte);
        }
        row.bytes = byte_text(bytes.data(), length);
        data =
            row.text.starts_with("int ") && (mark == CodeMark::CallOut || mark == CodeMark::Chain);
        rows.push_back(std::move(row));
        at += length;
    }
    return true;
}

std::string technique_title(std::string_view name) {
    constexpr std::pair<std::string_view, const char*> titles[] = {
        {"native", "Native (no VMM)"},
        {"trap-and-emulate", "Trap and emulate"},
        {"binary-translation", "Binary translation"},
        {"paravirtual", "Paravirtual"},
        {"vt-x", "VT-x"},
        {"hosted-vt-x", "Hosted VT-x"},
        {"hosted-binary-translation", "Hosted translation"}};
    for (const auto& [known, title] : titles)
        if (known == name) return title;
    return std::string(name);
}

}  // namespace

u64 Player::eip() const {
    const cpu::State& cpu = run_.session->machine().cpu;
    return cpu.code_address().value;
}

World Player::world() const { return run_.session->lane(); }

std::string Player::instruction_at(World world, u64 address) const {
    const std::string listed = run_.book.text(world, address);
    if (!listed.empty()) return listed;
    const machine::Machine& m = run_.session->machine();
    u8 bytes[15];
    size_t count = 0;
    for (; count < sizeof bytes; ++count) {
        const auto byte = session::peek(m, {(address + count) & 0xffff'ffff}, 1);
        if (!byte) break;
        bytes[count] = u8(*byte);
    }
    if (count == 0) return "";
    const auto text = decode::disassemble(std::span(bytes, count), address, m.cpu.code_bits());
    return text ? text->text : "";
}

EventContext Player::context(size_t index) const {
    const session::Happening& h = run_.story.happenings()[index];
    const session::Recorded& r = run_.session->recording()[h.main];
    EventContext c;
    c.from = h.from;
    c.to = h.to;
    c.native = run_.book.native;
    c.code = run_.book.text(h.from, r.event.address.value);
    c.probe = r.probe;
    for (const session::ProbeValue& value : r.arguments)
        if (value.value) c.arguments.emplace_back(value.name, *value.value);
    // A probe that names a guest's instruction is about that one.
    if (const auto about = r.argument("eip")) c.code = run_.book.text(World::GuestKernel, *about);
    c.wrong = r.event.kind == trace::EventKind::Sensitive &&
              wrong_.contains({r.event.instruction, r.event.address.value});
    return c;
}

EventWords Player::words(size_t index) const {
    const session::Happening& h = run_.story.happenings()[index];
    trace::Event event = run_.session->recording()[h.main].event;
    event.cpl_before = h.ring_from;
    if (h.crossing) event.cpl_after = h.ring_to;
    return words_for(event, context(index));
}

u64 Player::last_vmm_address() const {
    const auto& all = run_.story.happenings();
    for (long i = run_.story.after(run_.session->events_so_far()); i >= 0; --i)
        if (is_below_guest(all[size_t(i)].from))
            return run_.session->recording()[all[size_t(i)].main].event.address.value;
    return 0;
}

u64 Player::last_guest_address() const {
    const auto& all = run_.story.happenings();
    for (long i = run_.story.after(run_.session->events_so_far()); i >= 0; --i) {
        const session::Happening& h = all[size_t(i)];
        if (is_below_guest(h.from)) continue;
        const u64 address = run_.session->recording()[h.main].event.address.value;
        if (h.from != World::Translated) return address;
        // The one instruction of the guest that the translated one stands for.
        const session::Translations::Block* block = run_.translations.at(address, h.first);
        if (const u64 guest = block ? block->guest_of(address) : 0) return guest;
    }
    return 0;
}

bool Player::has_host() const {
    const auto& ranges = run_.session->worlds().ranges();
    return std::any_of(ranges.begin(), ranges.end(),
                       [](const auto& one) { return one.world == session::World::Host; });
}

std::vector<TranslatedRow> Player::translated_rows() const {
    if (world() != World::Translated) return {};
    const session::Translations::Block* block =
        run_.translations.at(eip(), run_.session->events_so_far());
    std::vector<TranslatedRow> rows;
    if (!block) return rows;
    for (size_t i = 0; i < block->pieces.size(); ++i) {
        const bool last = i + 1 == block->pieces.size();
        const u64 end = last ? u64(block->at) + block->size : block->pieces[i + 1].at;
        const bool added = add_translated(rows, run_.session->machine(), block->pieces[i], end);
        if (!added) break;
    }
    return rows;
}

ToolbarView Player::toolbar_view() const {
    const session::Session& s = *run_.session;
    ToolbarView view;
    view.scenarios = scenarios_;
    for (size_t i = 0; i < scenarios_.size(); ++i)
        if (scenarios_[i].name == scenario_.name) view.scenario = int(i);
    for (const std::string& name : scenario_.techniques) {
        if (name == s.technique().name) view.technique = int(view.techniques.size());
        view.techniques.push_back({name, technique_title(name)});
    }
    view.running = playing_;
    view.at_start = s.at_start();
    view.at_end = s.at_end();
    view.position = "instruction " + grouped(s.machine().instructions) + " · event " +
                    grouped(s.events_so_far()) + " · cycle " + grouped(s.machine().now);
    if (s.at_end()) view.outcome = s.ending()->reason;
    return view;
}

RingMapView Player::ring_view() const {
    const cpu::State& cpu = run_.session->machine().cpu;
    return make_ring_map_view({world(), cpu.cpl, cpu.vmx.on, cpu.vmx.non_root, run_.book.native},
                              run_.story);
}

CodeView Player::code_view() const {
    const session::Session& s = *run_.session;
    CodePlaceNow now;
    now.world = world();
    now.eip = eip();
    const bool in_guest = is_guest(now.world);
    now.guest_eip = in_guest ? now.eip : last_guest_address();
    now.vmm_eip = is_below_guest(now.world) ? now.eip : last_vmm_address();
    // The image is entered before paging is on, where it lies and not where it is linked.
    if (const auto& vmm = s.programs().vmm; vmm && !run_.book.vmm.row_at(u32(now.vmm_eip)))
        now.vmm_eip = vmm->image.linked(u32(now.vmm_eip)).value_or(u32(now.vmm_eip));
    std::vector<TranslatedRow> translated = translated_rows();
    if (now.world == World::Translated) {
        for (const TranslatedRow& row : translated)
            if (row.address <= now.eip) now.guest_eip = row.guest;
    }
    now.guest_started = now.guest_eip != 0;
    now.deprivileged = run_.story.seen(false, 1, World::GuestKernel) ||
                       (now.world == World::GuestKernel && s.machine().cpu.cpl == 1);
    now.wrong = &wrong_addresses_;
    return make_code_view(run_.book, now, translated);
}

HappeningView Player::happening_view() const {
    const session::Session& s = *run_.session;
    Present now;
    now.instruction = s.machine().instructions;
    now.events = s.events_so_far();
    now.cycle = s.machine().now;
    if (before_ && s.timeline().now() == before_step_ + 1)
        now.step_cycles = now.cycle - before_cycle_;
    now.world = world();
    now.ring = s.machine().cpu.cpl;
    if (!s.at_end())
        now.next = instruction_at(now.world, eip());
    else
        now.ending = "The run has ended: " + s.ending()->reason + ".";
    // What the scenario's author says about a result that is not native's.
    if (const auto* declared =
            scenario_.declared_for(s.technique().name, scenario_.guests.front().name);
        declared && s.at_end())
        now.ending += " " + declared->why.en;
    HappeningView view =
        make_happening_view(run_.story, now, [this](size_t i) { return words(i); });
    if (view.tone == Tone::Plain && now.step_cycles) tell_expected(view);
    return view;
}

/// A sensitive instruction that the guest has just run in a ring 0 of its own raises no event: what
/// it did is told from the states before and after.
void Player::tell_expected(HappeningView& view) const {
    const bool own_ring = before_->cpl == 0 && (run_.book.native || before_->vmx.non_root);
    const auto row = run_.book.guest.row_at(u32(before_->regs.rip));
    if (!own_ring || !row) return;
    const isa::Op op = run_.book.guest.rows()[*row].op;
    if (!isa::row(op).unprivileged_sensitive()) return;
    trace::Event event;
    event.kind = trace::EventKind::Sensitive;
    event.op = u16(op);
    event.non_root = before_->vmx.non_root;
    event.a = before_->regs.flags;
    event.b = run_.session->machine().cpu.regs.flags;
    EventContext context;
    context.from = context.to = World::GuestKernel;
    context.native = run_.book.native;
    const EventWords words = words_for(event, context);
    view.headline = words.headline;
    view.body = words.body;
    view.why = words.why;
    view.source = words.source;
}

TimelineView Player::timeline_view() const {
    const session::Session& s = *run_.session;
    TimelineRequest r;
    r.cursor = s.machine().now;
    const Cycle last = s.recording().empty() ? 0 : s.recording().back().event.when;
    r.recorded = std::max(r.cursor, last);
    r.begin = show_all_ ? 0 : shown_begin_;
    r.end = show_all_ ? r.recorded : shown_end_;
    r.open =
        r.cursor >= last || run_.story.spans().empty() ? world() : run_.story.spans().back().lane;
    r.vmm = !run_.book.native;
    r.host = has_host();
    r.translated = !run_.translations.empty();
    r.application = run_.story.seen(false, 3, World::GuestApplication) ||
                    run_.story.seen(true, 3, World::GuestApplication);
    return make_timeline_view(run_.story, r, [this](size_t i) { return words(i); });
}

CounterView Player::counter_view() const {
    const session::Session& s = *run_.session;
    const machine::Meter& meter = s.timeline().meter();
    Tally t;
    t.instructions = s.machine().instructions;
    t.cycles = meter.total();
    t.by.guest = meter.cycles[size_t(session::World::Guest)] + meter.idle;
    t.by.translated = meter.cycles[size_t(session::World::Translated)];
    t.by.vmm = meter.cycles[size_t(session::World::Vmm)];
    t.by.host = meter.cycles[size_t(session::World::Host)];
    t.by.device_process = meter.cycles[size_t(session::World::DeviceProcess)];
    t.by.other_process = meter.cycles[size_t(session::World::OtherProcess)];
    t.by.transition = meter.transition;
    t.native = run_.book.native;
    const auto& recording = s.recording();
    for (size_t i = 0, n = s.events_so_far(); i < n; ++i) {
        const session::Recorded& r = recording[i];
        t.ring_crossings += r.event.kind == trace::EventKind::RingChange;
        t.traps += r.event.kind == trace::EventKind::Exception;
        t.vm_exits += r.event.kind == trace::EventKind::VmExit;
        t.hypercalls += r.probe == "hypercall";
        t.translated_blocks += r.probe == "bt.block.end";
    }
    return make_counter_view(t);
}

/// The last instruction with a wrong result before the one that stores the observation.
std::string Player::culprit_of(const std::string& observation) const {
    const Listing& guest = run_.book.guest;
    const std::string slot = "[observations." + observation + "], ";
    for (const Listing::Row& row : guest.rows()) {
        if (row.kind != CodeRowKind::Instruction || row.text.find(slot) == std::string::npos)
            continue;
        const auto after = wrong_addresses_.lower_bound(row.address);
        if (after == wrong_addresses_.begin()) return "";
        const u32 address = u32(*std::prev(after));
        return run_.book.text(World::GuestKernel, address) + " (" + guest.place(address) + ")";
    }
    return "";
}

ObservationView Player::observation_view() const {
    const session::Session& s = *run_.session;
    std::vector<Seen> here;
    const std::vector<session::Observation> now = s.observations();
    for (size_t i = 0; i < now.size(); ++i) {
        // A slot is known to be written when it is not as loaded, or when the run is over.
        const bool written = now[i].value != run_.unwritten[i].value || s.at_end();
        here.push_back({now[i].name, now[i].value, written, culprit_of(now[i].name)});
    }
    return make_observation_view(here, native_->observations, run_.book.native);
}

WindowView Player::view() {
    follow_cursor();

    const session::Session& s = *run_.session;
    wrong_addresses_.clear();
    for (const auto& [instruction, address] : wrong_)
        if (instruction < s.machine().instructions) wrong_addresses_.insert(address);
    WindowView view;
    view.toolbar = toolbar_view();
    view.rings = ring_view();
    view.code = code_view();
    view.registers = make_register_view(s.machine().cpu, before_.get());
    view.happening = happening_view();
    view.timeline = timeline_view();
    view.serial = make_serial_view(s.serial());
    view.counters = counter_view();
    view.observations = observation_view();
    view.problem = problem_;
    view.instruction = s.machine().instructions;
    return view;
}

}  // namespace ringside::ui
