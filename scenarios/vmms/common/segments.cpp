#include "scenarios/vmms/common/segments.hpp"

#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/serial.hpp"

namespace ringside::vmm {

using isa::Descriptor;
using isa::Selector;
using isa::Vector;

namespace {

constexpr unsigned register_ss = 2;

/// What the guest may have but this VMM cannot give it: says so instead of a wrong answer.
void refuse_what_is_not_modelled(const Descriptor& d) {
    if (!d.segment() || !d.present()) return;
    if (d.code() && (d.dpl() == 1 || d.dpl() == 2))
        stop("not modelled: guest code in ring ", u32(d.dpl()));
    if (!deprivileged(d).present())
        stop("not modelled: a segment that cannot be kept below the VMM: base ", Hex{d.base()},
             ", limit ", Hex{d.limit()});
}

/// The real table is only as new as the last time that it was copied.
void bring_up_to_date(Guest& guest, TrapFrame& frame, u16 selector, const Descriptor& guests) {
    const bool lent = (selector >> 3) >= first_vmm_entry && !Selector{selector}.ldt();
    if (!lent && ShadowDescriptors::real_descriptor(selector) != deprivileged(guests))
        guest.descriptors.synchronize(guest, frame);
}

/// The CPU marks a descriptor that it loads. SDM 3A "Segment Descriptors", "Code- and Data-Segment
/// Descriptor Types".
void mark_accessed(Guest& guest, u16 selector, const Descriptor& d) {
    const Selector s{selector};
    const bool lent = (selector >> 3) >= first_vmm_entry && !s.ldt();
    if (lent || d.accessed()) return;
    const u32 base = s.ldt() ? guest.cpu.ldtr.base : guest.cpu.gdtr.base;
    const u8 type_byte = u8(d.raw >> 40 | 1);
    write_linear(guest, base + s.offset() + 5, &type_byte, 1);  // a read-only table stays as it is
}

}  // namespace

Fault check_code_segment(Guest& guest, TrapFrame& frame, u16 selector, u8 cpl, u32 eip) {
    const Selector s{selector};
    Descriptor d;
    if (s.null()) return fault(Vector::GP);
    if (const Fault f = read_descriptor(guest, selector, d)) return f;
    refuse_what_is_not_modelled(d);
    if (!d.code()) return fault(Vector::GP, s.error());
    if (d.conforming() ? d.dpl() > cpl : d.dpl() != cpl) return fault(Vector::GP, s.error());
    if (!d.present()) return fault(Vector::NP, s.error());
    mark_accessed(guest, selector, d);
    bring_up_to_date(guest, frame, selector, d);
    if (eip > deprivileged(d).limit()) return fault(Vector::GP);
    return {};
}

Fault check_stack_segment(Guest& guest, TrapFrame& frame, u16 selector, u8 cpl, Vector invalid,
                          Descriptor& d) {
    const Selector s{selector};
    if (s.null()) return fault(invalid, s.error());
    if (const Fault f = read_descriptor(guest, selector, d)) return fault(invalid, f.error_code);
    refuse_what_is_not_modelled(d);
    if (s.rpl() != cpl || d.dpl() != cpl || !d.writable()) return fault(invalid, s.error());
    if (!d.present()) return fault(Vector::SS, s.error());
    mark_accessed(guest, selector, d);
    bring_up_to_date(guest, frame, selector, d);
    return {};
}

Fault load_segment(Guest& guest, TrapFrame& frame, unsigned n, u16 selector) {
    const Selector s{selector};
    const u8 cpl = virtual_cpl(frame);
    Descriptor d;
    if (n == register_ss) {
        if (const Fault f = check_stack_segment(guest, frame, selector, cpl, Vector::GP, d))
            return f;
        frame.ss = real_selector(selector);
        return {};
    }
    if (!s.null()) {
        if (const Fault f = read_descriptor(guest, selector, d)) return f;
        refuse_what_is_not_modelled(d);
        const bool any_ring = d.conforming();
        const u8 least = s.rpl() > cpl ? s.rpl() : cpl;
        if (!d.readable() || (!any_ring && d.dpl() < least)) return fault(Vector::GP, s.error());
        if (!d.present()) return fault(Vector::NP, s.error());
        mark_accessed(guest, selector, d);
        bring_up_to_date(guest, frame, selector, d);
    }
    frame.segment(n) = selector;
    return {};
}

bool in_limits(Descriptor d, u32 offset, u32 bytes) {
    const u32 last = offset + bytes - 1;
    if (last < offset || !d.present()) return false;
    if (d.expand_down()) return offset > d.limit() && last <= (d.big() ? 0xffffffff : 0xffff);
    return last <= d.limit();
}

namespace {

/// The linear address of SS:offset, after the checks of a stack access.
Fault stack_address(const TrapFrame& frame, u32 offset, u32 bytes, u32& linear) {
    const Descriptor ss = ShadowDescriptors::real_descriptor(frame.ss);
    if (!ss.big()) stop("not modelled: a 16-bit stack segment");
    if (!in_limits(ss, offset, bytes)) return fault(Vector::SS);
    linear = ss.base() + offset;
    return {};
}

}  // namespace

Fault read_stack(Guest& guest, const TrapFrame& frame, u32 offset, u32* words, u32 count) {
    u32 linear = 0;
    if (const Fault f = stack_address(frame, frame.esp + offset, 4 * count, linear)) return f;
    return read_linear(guest, linear, words, 4 * count, {false, virtual_cpl(frame) == 3, false});
}

Fault push(Guest& guest, TrapFrame& frame, const u32* words, u32 count) {
    u32 linear = 0;
    const u32 esp = frame.esp - 4 * count;
    if (const Fault f = stack_address(frame, esp, 4 * count, linear)) return f;
    if (const Fault f =
            write_linear(guest, linear, words, 4 * count, {true, virtual_cpl(frame) == 3, false}))
        return f;
    frame.esp = esp;
    return {};
}

namespace {

/// As read_stack, words of 4 or of 2 bytes.
Fault read_narrow(Guest& guest, const TrapFrame& frame, u32 offset, u32* words, u32 count,
                  u32 width) {
    u32 linear = 0;
    if (const Fault f = stack_address(frame, frame.esp + offset, width * count, linear)) return f;
    for (u32 n = 0; n < count; ++n) {
        words[n] = 0;
        if (const Fault f = read_linear(guest, linear + width * n, words + n, width,
                                        {false, virtual_cpl(frame) == 3, false}))
            return f;
    }
    return {};
}

/// SDM 2A "IRET", end of return to an outer level: segments of an inner ring do not stay loaded.
void drop_inner_segments(TrapFrame& frame) {
    constexpr unsigned data_registers[] = {0, 3, 4, 5};  // ES DS FS GS
    for (const unsigned n : data_registers) {
        const Descriptor d = ShadowDescriptors::real_descriptor(frame.segment(n));
        if (!d.conforming() && d.dpl() < 3) frame.segment(n) = 0;
    }
}

}  // namespace

Fault far_return(Guest& guest, TrapFrame& frame, bool flags, u32 release, u32 width) {
    u32 words[5];
    const u32 size = flags ? 3 : 2;  // EIP, CS and perhaps EFLAGS
    if (const Fault f = read_narrow(guest, frame, 0, words, size, width)) return f;
    const u32 eip = words[0];
    const u16 cs = u16(words[1]);
    u32 eflags = guest.cpu.guest_eflags(frame.eflags);
    if (flags) eflags = width == 4 ? words[2] : (eflags & 0xffff0000) | words[2];
    if (flags && (eflags & isa::flags::VM)) stop("not modelled: virtual-8086 mode");
    if (flags && (eflags & isa::flags::NT) && (frame.eflags & isa::flags::NT))
        stop("not modelled: task return");

    const u8 new_cpl = cs & 3;
    if (new_cpl == 1 || new_cpl == 2) stop("not modelled: guest code in ring ", u32(new_cpl));
    if (const Fault f = check_code_segment(guest, frame, cs, new_cpl, eip)) return f;

    if (new_cpl == 0) {
        frame.esp += width * size + release;
        frame.cs = real_selector(cs);
    } else {
        u32* const outer = words + size;  // ESP, SS
        if (const Fault f = read_narrow(guest, frame, width * size + release, outer, 2, width))
            return f;
        Descriptor d;
        if (const Fault f =
                check_stack_segment(guest, frame, u16(outer[1]), new_cpl, Vector::GP, d))
            return f;
        frame.esp = outer[0] + release;
        frame.ss = u16(outer[1]);
        frame.cs = cs;
        drop_inner_segments(frame);
    }
    frame.eip = eip;
    if (flags) {
        guest.cpu.eflags = eflags & VCpu::system_flags;
        frame.eflags = VCpu::real_eflags(u32(eflags & isa::flags::defined));
    }
    return {};
}

}  // namespace ringside::vmm
