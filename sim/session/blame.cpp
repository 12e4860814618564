#include "sim/session/blame.hpp"

#include <algorithm>

#include "sim/decode/text.hpp"
#include "sim/image/bytes.hpp"
#include "sim/isa/elf32.hpp"
#include "sim/session/observations.hpp"

namespace ringside::session {
namespace {

namespace elf = isa::elf32;
using machine::Machine;

/// The offset in an ELF file of what is loaded at a physical address.
std::optional<size_t> file_offset(std::span<const u8> file, u32 physical) {
    const auto header = image::read_at<elf::Header>(file, 0);
    if (!header) return {};
    for (u32 i = 0; i < header->phnum; ++i) {
        const auto segment = image::read_at<elf::ProgramHeader>(
            file, u64{header->phoff} + u64{i} * header->phentsize);
        if (segment && segment->type == elf::pt_load &&
            u64{physical} - segment->paddr + 4 <= segment->filesz)
            return segment->offset + (physical - segment->paddr);
    }
    return {};
}

/// The programs, with `mark` where the guest's image has the observation's first value.
std::optional<Programs> marked(Programs programs, size_t guest, const ObservationSlot& slot,
                               u32 mark) {
    Program& program = programs.guests[guest];
    const auto offset = file_offset(program.bytes, slot.physical);
    if (!offset) return {};  // in memory that the image does not fill
    std::memcpy(program.bytes.data() + *offset, &mark, sizeof mark);
    for (image::Segment& segment : program.image.segments) {
        const u64 inside = u64{slot.physical} - segment.paddr;
        if (inside + sizeof mark <= segment.bytes.size())
            std::memcpy(segment.bytes.data() + inside, &mark, sizeof mark);
    }
    return programs;
}

/// The machine just before the last step in (its own, `end`] that gave the word at `at` the value
/// that it has at `end`. Nothing if the word never had another one.
std::optional<Machine> before_last_change(Machine from, u64 end, HostPhys at) {
    constexpr u64 pieces = 64;
    const auto run_to = [](Machine& machine, u64 step) {
        machine::run(machine, {never, step, never}, {});
    };
    const auto word = [at](const Machine& machine) { return machine.ram.read(at, 4); };
    Machine last = from;
    run_to(last, end);
    const u64 value = word(last);
    if (word(from) == value) return {};
    // `from` has another value, `end` has this one: between them lies the change. Narrow it down.
    while (end - from.steps > 1) {
        const u64 grain = std::max<u64>((end - from.steps) / pieces, 1);
        Machine present = from;
        u64 next = end;
        bool changed = false;
        while (present.steps < end) {
            const u64 before = present.steps;
            run_to(present, std::min(end, before + grain));
            if (present.steps == before) break;
            if (word(present) != value) {
                from = present;
                changed = false;
            } else if (!changed) {
                changed = true;
                next = present.steps;
            }
        }
        end = next;
    }
    return from;
}

LinAddr instruction_pointer(const Machine& machine) { return machine.cpu.code_address(); }

HostPhys physical(const Machine& machine, LinAddr address) {
    return mem::peek_walk(machine.ram, machine.cpu.paging_mode(), address, {.fetch = true})
        .physical;
}

const WrongResult* last_wrong_before(const Session& session, size_t guest, u64 instruction) {
    const WrongResult* found = nullptr;
    for (const WrongResult& one : session.counters().wrong_results())
        if (one.guest == guest && one.instruction < instruction) found = &one;
    return found;
}

}  // namespace

CodePlace place_of(const Session& session, LinAddr address, HostPhys at) {
    CodePlace out;
    out.address = address.value;
    const mem::Ram& ram = session.machine().ram;
    std::array<u8, 15> bytes{};
    if (ram.contains(at, bytes.size())) {
        ram.copy_out(at, bytes);
        const unsigned bits = session.scenario().in_64_bit_mode() ? 64 : 32;
        if (const auto text = decode::disassemble(bytes, address.value, bits))
            out.text = text->text;
    }
    const World world = session.worlds().at(at);
    if (world == World::Translated) return out;
    const bool vmm = world != World::Guest;  // and its host: one image
    const size_t guest = session.guest_at(at);
    const image::Image& image =
        vmm ? session.programs().vmm->image : session.programs().guests[guest].image;
    const u64 base = vmm ? 0 : session.guests()[guest].memory->value;
    const HostPhys original = vmm ? session.original(at) : at;
    const auto linked = image.linked(static_cast<u32>(original.value - base));
    if (!linked) return out;
    if (const auto symbol = image.symbols.at(*linked)) out.symbol = symbol->text();
    if (const auto line = image.lines.at(*linked)) {
        out.file = line->file;
        out.line = static_cast<int>(line->line);
    }
    return out;
}

void explain(Difference& difference, const Session& session, size_t guest) {
    u64 instruction = never;
    const GuestState& state = session.guests()[guest];
    const auto slots = observation_slots(session.programs().guests[guest].image);
    const auto slot = std::find_if(slots.begin(), slots.end(), [&](const ObservationSlot& one) {
        return one.name == difference.name;
    });
    if (difference.what == Difference::What::Observation && slot != slots.end() && state.memory) {
        const HostPhys at{state.memory->value + slot->physical};
        constexpr u32 mark = 0xa5a5'a5a5;
        const auto programs = marked(session.programs(), guest, *slot, mark);
        auto start = make_machine(session.scenario(), programs ? *programs : session.programs(),
                                  *session.machine().profile);
        if (start) {
            machine::run(*start, {never, state.started, never}, {});
            if (const auto writer =
                    before_last_change(std::move(*start), session.timeline().furthest(), at)) {
                const LinAddr address = instruction_pointer(*writer);
                difference.written_by = place_of(session, address, physical(*writer, address));
                instruction = writer->instructions;
            }
        }
    }
    if (const WrongResult* wrong = last_wrong_before(session, guest, instruction))
        difference.broken_by = place_of(session, {wrong->address}, wrong->phys);
}

}  // namespace ringside::session
