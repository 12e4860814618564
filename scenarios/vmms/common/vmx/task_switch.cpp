#include "scenarios/vmms/common/vmx/task_switch.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/vmx/control_registers.hpp"
#include "scenarios/vmms/common/vmx/events.hpp"
#include "scenarios/vmms/common/vmx/memory_access.hpp"
#include "scenarios/vmms/common/vmx/segment_fields.hpp"
#include "sim/isa/debug_registers.hpp"
#include "sim/isa/flags.hpp"

namespace ringside::vmm {

using namespace vmx;
using isa::Descriptor, isa::Selector, isa::SystemType, isa::Vector;

namespace {

// --- the two formats of a TSS. SDM 3A "Task-State Segment (TSS)", "16-Bit Task-State Segment"
// ---------

/// Each group of fields begins at an offset and has `item` bytes a field.
struct Format {
    u32 item, eip, eflags, general, selectors, segments, ldt, least_limit;
};
constexpr Format tss16{2, 14, 16, 18, 34, 4, 42, 43}, tss32{4, 32, 36, 40, 72, 6, 96, 103};
constexpr u32 cr3_at = 28, trap_at = 100, most_bytes = 104;
constexpr u32 general_registers = 8;

constexpr bool wide(u32 type) { return type & 8; }
const Format& format_of(u32 type) { return wide(type) ? tss32 : tss16; }

/// A TSS in the VMM's memory.
struct Image {
    u8 bytes[most_bytes] = {};
    u32 get(u32 at, u32 size) const {
        u32 value = 0;
        for (u32 n = 0; n < size; ++n) value |= u32(bytes[at + n]) << 8 * n;
        return value;
    }
    void put(u32 at, u32 size, u32 value) {
        for (u32 n = 0; n < size; ++n) bytes[at + n] = u8(value >> 8 * n);
    }
};

// --- the guest's memory and tables
// --------------------------------------------------------------------

Fault read_guest(GuestCpu& guest, u32 linear, void* to, u32 bytes) {
    return read_linear(guest, linear, to, bytes, supervisor_read);
}
Fault write_guest(GuestCpu& guest, u32 linear, const void* from, u32 bytes) {
    return write_linear(guest, linear, from, bytes, supervisor_write);
}

u32 address_of(Selector s) {
    const u32 base = s.ldt() ? read(Field::GUEST_LDTR_BASE) : read(Field::GUEST_GDTR_BASE);
    return base + s.offset();
}
/// #TS(selector) for one beyond its table.
Fault read_descriptor(GuestCpu& guest, Selector s, u32 external, Descriptor& d) {
    const bool no_ldt =
        s.ldt() && (read(Field::GUEST_LDTR_ACCESS_RIGHTS) & access_rights::unusable);
    const u32 limit = s.ldt() ? read(Field::GUEST_LDTR_LIMIT) : read(Field::GUEST_GDTR_LIMIT);
    if (no_ldt || s.offset() + 7u > limit) return fault(Vector::TS, s.error() | external);
    return read_guest(guest, address_of(s), &d, sizeof d);
}
/// Sets or clears bits of a descriptor's byte 5, which holds type, S, DPL and P.
Fault mark(GuestCpu& guest, Selector s, u8 set, u8 clear) {
    u8 byte = 0;
    if (const Fault f = read_guest(guest, address_of(s) + 5, &byte, 1)) return f;
    byte = u8((byte & ~clear) | set);
    return write_guest(guest, address_of(s) + 5, &byte, 1);
}
constexpr u8 busy = 2, accessed = 1;

// --- the switch
// ----------------------------------------------------------------------------------------

enum Source : u32 { call = 0, iret = 1, jump = 2, gate = 3 };

struct Switch {
    Source source;
    Selector to;
    u32 external;  ///< EXT of all error codes: an event from outside the program
    bool nests() const { return source == call || source == gate; }
};

/// The old task's registers go to its TSS.
Fault save_old_task(GuestCpu& guest, const Switch& s, bool software_event) {
    const u32 base = read(Field::GUEST_TR_BASE);
    const Format& format = format_of(read(Field::GUEST_TR_ACCESS_RIGHTS));
    Image image;
    if (const Fault f = read_guest(guest, base, image.bytes, format.least_limit + 1)) return f;
    // Behind the instruction, if it was one and not an event.
    const bool behind = s.source != gate || software_event;
    const u32 length = behind ? read(Field::VM_EXIT_INSTRUCTION_LENGTH) : 0;
    u32 eflags = read(Field::GUEST_RFLAGS);
    if (s.source == iret) eflags &= ~u32(isa::flags::NT);
    image.put(format.eip, format.item, read(Field::GUEST_RIP) + length);
    image.put(format.eflags, format.item, eflags);
    for (u32 n = 0; n < general_registers; ++n)
        image.put(format.general + n * format.item, format.item, general_register(guest, n));
    for (u32 n = 0; n < format.segments; ++n)
        image.put(format.selectors + n * format.item, 2,
                  read(field_of(SegmentRegister(n), Field::GUEST_ES_SELECTOR)));
    return write_guest(guest, base, image.bytes, format.least_limit + 1);
}

/// Everything but the segments' descriptors. Until those are loaded the registers are unusable, but
/// for CS, which must not be: it gets a stand-in that no instruction ever runs in.
Fault load_registers(GuestCpu& guest, const Switch& s, const Image& image, const Format& format) {
    const u32 eflags = image.get(format.eflags, format.item) | u32(isa::flags::fixed) |
                       (s.nests() ? u32(isa::flags::NT) : 0);
    write(Field::GUEST_RIP, image.get(format.eip, format.item));
    write(Field::GUEST_RFLAGS, eflags & u32(isa::flags::defined | isa::flags::fixed));
    for (u32 n = 0; n < general_registers; ++n)
        set_general_register(guest, n, image.get(format.general + n * format.item, format.item));
    write(Field::GUEST_CR0, u32(read(Field::GUEST_CR0) | isa::cr0::TS));
    write(Field::CR0_READ_SHADOW, u32(read(Field::CR0_READ_SHADOW) | isa::cr0::TS));
    write(Field::GUEST_DR7, read(Field::GUEST_DR7) & ~u32(isa::debug::local_enables));
    write(Field::GUEST_INTERRUPTIBILITY_STATE, 0);
    write(Field::GUEST_PENDING_DEBUG_EXCEPTIONS, 0);

    const u32 cpl =
        eflags & u32(isa::flags::VM) ? 3 : image.get(format.selectors + format.item, 2) & 3;
    for (u32 n = 0; n < 6; ++n) {
        const u32 selector =
            n < format.segments ? image.get(format.selectors + n * format.item, 2) : 0;
        write_segment(SegmentRegister(n), u16(selector), 0, 0, access_rights::unusable | cpl << 5);
    }
    const u32 stand_in = isa::access(u8(cpl), isa::code_type) | 1u << 14;
    write(Field::GUEST_CS_ACCESS_RIGHTS, stand_in);
    write_segment(SegmentRegister::LDTR, u16(image.get(format.ldt, 2)), 0, 0,
                  access_rights::unusable);
    const bool has_cr3 = format.item == 4 && (guest_cr0() & isa::cr0::PG);
    return has_cr3 ? load_cr3(guest, image.get(cr3_at, 4)) : Fault{};
}

Fault load_ldt(GuestCpu& guest, Selector s, u32 external) {
    if (s.null()) return {};
    Descriptor d;
    if (s.ldt()) return fault(Vector::TS, s.error() | external);
    if (const Fault f = read_descriptor(guest, s, external, d)) return f;
    if (!d.is(SystemType::Ldt) || !d.present()) return fault(Vector::TS, s.error() | external);
    write_segment(SegmentRegister::LDTR, s.value, d);
    return {};
}

/// SDM 3A "Exception Conditions Checked During a Task Switch". CPL is the RPL of CS.
Fault load_segment(GuestCpu& guest, SegmentRegister r, Selector s, unsigned cpl, u32 external) {
    const bool stack = r == SegmentRegister::SS, code = r == SegmentRegister::CS;
    const auto refuse = [&](Vector v) { return fault(v, s.error() | external); };
    if (s.null()) return stack || code ? refuse(Vector::TS) : Fault{};
    Descriptor d;
    if (const Fault f = read_descriptor(guest, s, external, d)) return f;
    const unsigned outer = s.rpl() > cpl ? s.rpl() : cpl;
    bool fits = d.readable() && (d.conforming() || outer <= d.dpl());
    if (stack) fits = d.writable() && d.dpl() == cpl && s.rpl() == cpl;
    if (code) fits = d.code() && (d.conforming() ? d.dpl() <= s.rpl() : d.dpl() == s.rpl());
    if (!fits) return refuse(Vector::TS);
    if (!d.present()) return refuse(stack ? Vector::SS : Vector::NP);
    if (!d.accessed()) {
        if (const Fault f = mark(guest, s, accessed, 0)) return f;
        d.raw |= u64(accessed) << 40;
    }
    write_segment(r, s.value, d);
    return {};
}

Fault load_segments(GuestCpu& guest, const Image& image, const Format& format, u32 external) {
    const auto selector = [&](SegmentRegister r) {
        return Selector{u16(read(field_of(r, Field::GUEST_ES_SELECTOR)))};
    };
    if (const Fault f = load_ldt(guest, Selector{u16(image.get(format.ldt, 2))}, external))
        return f;
    constexpr SegmentRegister order[] = {SegmentRegister::SS, SegmentRegister::CS,
                                         SegmentRegister::DS, SegmentRegister::ES,
                                         SegmentRegister::FS, SegmentRegister::GS};
    const bool v8086 = read(Field::GUEST_RFLAGS) & isa::flags::VM;
    const unsigned cpl = selector(SegmentRegister::CS).rpl();
    for (const SegmentRegister r : order) {
        const Selector s = selector(r);
        if (v8086)
            write_segment(r, s.value, u32(s.value) << 4, 0xffff, access_rights::v8086);
        else if (const Fault f = load_segment(guest, r, s, cpl, external))
            return f;
    }
    return {};
}

/// The processor has found the new TSS good, before the exit. A fault before the new task's
/// registers are loaded is the old task's; later ones are the new's.
Fault switch_task(GuestCpu& guest, const Switch& s, bool software_event, bool& debug_trap) {
    Descriptor tss;
    Image image;
    if (const Fault f = read_descriptor(guest, s.to, s.external, tss)) return f;
    const Format& format = format_of(tss.type());
    if (const Fault f = read_guest(guest, tss.base(), image.bytes, format.least_limit + 1))
        return f;
    if (const Fault f = save_old_task(guest, s, software_event)) return f;

    const u16 old = u16(read(Field::GUEST_TR_SELECTOR));
    Fault f;
    if (s.nests()) f = write_guest(guest, tss.base(), &old, sizeof old);  // the back link
    if (!f && !s.nests()) f = mark(guest, Selector{old}, 0, busy);
    if (!f && s.source != iret) f = mark(guest, s.to, busy, 0);
    if (f) return f;
    tss.raw |= isa::tss_busy;
    write_segment(SegmentRegister::TR, s.to.value, tss);

    debug_trap = wide(tss.type()) && (image.get(trap_at, 2) & 1);
    f = load_registers(guest, s, image, format);
    if (!f) f = load_segments(guest, image, format, s.external);
    if (!f && read(Field::GUEST_RIP) > read(Field::GUEST_CS_LIMIT))
        f = fault(Vector::GP, s.external);
    return f;
}

/// An exception through a task gate has its error code on the new task's stack.
Fault push_error_code(GuestCpu& guest, u32 error_code) {
    const u32 bytes = wide(read(Field::GUEST_TR_ACCESS_RIGHTS)) ? 4 : 2;
    const u32 esp = read(Field::GUEST_RSP) - bytes;
    if (const Fault f = write_guest(guest, read(Field::GUEST_SS_BASE) + esp, &error_code, bytes))
        return f;
    write(Field::GUEST_RSP, esp);
    return {};
}

}  // namespace

void on_task_switch(GuestCpu& guest) {
    const u32 qualification = read(Field::EXIT_QUALIFICATION);
    // What was to be delivered, if anything, is in the field for the next entry already.
    const DeliveredEvent event = delivered_event();
    const Source source = Source(qualification >> 30);
    const Switch s{source, Selector{u16(qualification)},
                   source == gate && !event.software ? isa::selector_error::EXT : 0};
    bool debug_trap = false;
    Fault f = switch_task(guest, s, event.software, debug_trap);
    if (!f && event.has_error_code) f = push_error_code(guest, event.error_code);
    if (f) return raise(guest, f);
    forget_event();
    if (!debug_trap) return;
    cpu::set_debug_register(6, u32(cpu::debug_register(6) | isa::debug::BT));
    raise_debug_trap(guest);
}

}  // namespace ringside::vmm
