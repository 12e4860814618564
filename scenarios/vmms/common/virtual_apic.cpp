#include "scenarios/vmms/common/virtual_apic.hpp"

namespace ringside::vmm {

using namespace isa::apic;

namespace {

constexpr u32 step = 0x10;
constexpr u32 high_byte = 0xffu << id_shift;
constexpr u32 dfr_flat = 0xf, dfr_shift = 28;
constexpr u8 everyone = 0xff;

constexpr u8 priority_class(u32 vector) { return u8(vector & 0xf0); }

/// Is `offset` in the row of `count` registers at `first`? Gives which.
bool in_row(u32 offset, u32 first, u32 count, u32& n) {
    n = (offset - first) / step;
    return offset >= first && n < count && offset % step == 0;
}
bool lvt_at(u32 offset, u32& n) { return in_row(offset, reg::lvt_timer, lvt_count, n); }

/// The bits of each LVT entry that a program may set. "Local Vector Table".
constexpr u32 with_mode = entry::vector | entry::delivery | entry::masked;
constexpr u32 lvt_writable[lvt_count] = {entry::vector | entry::masked | entry::timer_periodic,
                                         with_mode,
                                         with_mode,
                                         with_mode | entry::active_low | entry::level,
                                         with_mode | entry::active_low | entry::level,
                                         entry::vector | entry::masked};
constexpr u32 icr_low_writable = entry::vector | entry::delivery | entry::logical |
                                 entry::assert_level | entry::level | 3u << entry::shorthand_shift;

/// Elsewhere in the page an access is an error.
bool is_register(u32 offset) {
    u32 n;
    constexpr u32 rows[] = {reg::isr, reg::tmr, reg::irr};
    for (const u32 row : rows)
        if (in_row(offset, row, 8, n)) return true;
    if (lvt_at(offset, n)) return true;
    constexpr u32 others[] = {reg::id,       reg::version,       reg::tpr,           reg::apr,
                              reg::ppr,      reg::eoi,           reg::rrd,           reg::ldr,
                              reg::dfr,      reg::svr,           reg::esr,           reg::icr_low,
                              reg::icr_high, reg::initial_count, reg::current_count, reg::divide};
    for (const u32 one : others)
        if (one == offset) return true;
    return false;
}

}  // namespace

int VirtualApic::VectorSet::highest() const {
    if (used == 0) return -1;
    const u32 n = 31 - u32(__builtin_clz(used));
    return int(n * 32 + 31 - u32(__builtin_clz(words[n])));
}

// ---- priorities: "Task and Processor Priorities"

u8 VirtualApic::processor_priority() const {
    const int serving = isr_.highest();
    const u8 served = serving < 0 ? 0 : priority_class(u32(serving));
    return priority_class(tpr_) >= served ? u8(tpr_) : served;
}

u8 VirtualApic::held_back_class() const {
    const int vector = irr_.highest();
    const u8 waits = vector < 0 ? 0 : priority_class(u32(vector));
    return waits <= priority_class(tpr_) ? u8(waits >> 4) : 0;
}

bool VirtualApic::deliverable(u64 now) {
    advance(now);
    const int vector = enabled_globally() && enabled() ? irr_.highest() : -1;
    return vector >= 0 && priority_class(u32(vector)) > priority_class(processor_priority());
}

u8 VirtualApic::acknowledge() {
    const u8 vector = u8(irr_.highest());
    irr_.clear(vector);
    isr_.set(vector);
    return vector;
}

bool VirtualApic::passes_external() const {
    if (!enabled_globally() || !known_) return true;
    return delivery_of(lvt_[Lint0]) == Delivery::ExtInt && !(lvt_[Lint0] & entry::masked);
}

// ---- requests

/// "Local APIC State After It Has Been Software Disabled": it takes none then.
void VirtualApic::request(u8 vector) {
    if (!enabled_globally() || !enabled()) return;
    if (vector < first_legal_vector) return report(error::receive_illegal_vector);
    irr_.set(vector);
}

void VirtualApic::raise(Lvt which) {
    if (!(lvt_[which] & entry::masked)) request(u8(lvt_[which]));
}

/// "Error Handling".
void VirtualApic::report(u32 error) {
    const bool repeated = errors_ & error;
    errors_ |= error;
    if (!repeated) raise(Error);
}

/// "Issuing Interprocessor Interrupts": to itself, or nowhere.
void VirtualApic::send(u32 low) {
    const Delivery delivery = delivery_of(low);
    const bool fixed = delivery == Delivery::Fixed || delivery == Delivery::LowestPriority;
    if (fixed && u8(low) < first_legal_vector) return report(error::send_illegal_vector);
    // "INIT Level De-assert" only sets arbitration IDs, of which nobody takes notice.
    if (delivery == Delivery::Init && !(low & entry::assert_level)) return;
    const u8 destination = u8(icr_high_ >> id_shift), own = u8(ldr_ >> id_shift);
    bool addressed = destination == everyone;
    if (!(low & entry::logical))
        addressed |= destination == id_ >> id_shift;
    else if (dfr_ >> dfr_shift == dfr_flat)
        addressed |= (destination & own) != 0;
    else
        addressed |= (destination & 0xf0) == (own & 0xf0) && (destination & own & 0x0f) != 0;
    switch (Shorthand((low >> entry::shorthand_shift) & 3)) {
        case Shorthand::None: break;
        case Shorthand::Others: addressed = false; break;
        case Shorthand::Self:
        case Shorthand::All: addressed = true;
    }
    if (!addressed || delivery == Delivery::StartUp) return;
    if (!fixed) not_modelled_ = "an NMI, SMI or INIT that the guest's local APIC sends to itself";
    request(u8(low));
}

// ---- the timer: "APIC Timer"

/// The divide configuration register's bits 3, 1 and 0.
unsigned VirtualApic::divide_shift() const {
    return (((divide_ & 3) | (divide_ >> 1 & 4)) + 1) & 7;
}

void VirtualApic::restart_timer(u32 count, u64 now) {
    count_ = count;
    started_ = now;
}

bool VirtualApic::timer_runs() const {
    return count_ != 0 && enabled_globally() && enabled() && !(lvt_[Timer] & entry::masked);
}
u64 VirtualApic::timer_due() const { return started_ + (u64(count_) << divide_shift()); }

/// After advance().
u32 VirtualApic::current_count(u64 now) const {
    return count_ ? count_ - u32((now - started_) >> divide_shift()) : 0;
}

void VirtualApic::advance(u64 now) {
    if (count_ == 0 || now < timer_due()) return;
    raise(Timer);
    if (!periodic() || initial_ == 0) {
        count_ = 0;
        return;
    }
    // However many periods went by: one request is all that the IRR holds.
    const u64 late = (now - timer_due()) >> divide_shift();
    const u32 into_period = late >> 32 ? 0 : u32(late) % initial_;
    restart_timer(initial_, now - (u64(into_period) << divide_shift()));
}

// ---- registers

bool VirtualApic::set_base(u64 value) {
    // Without x2APIC its bit is reserved. "Local APIC Status and Location".
    constexpr u64 flags = base_msr::bootstrap | base_msr::enable;
    if (value & ~(base_msr::address | flags)) return false;
    // Turned off, it forgets: on again, it is as after a reset.
    if (!(value & base_msr::enable)) {
        *this = {};
        write_svr(svr_reset);
        known_ = false;
        for (u32& one : lvt_) one = entry::masked;
    }
    base_flags_ = u32((value & base_msr::enable) | base_msr::bootstrap);
    if ((value & base_msr::address) != local_base)
        not_modelled_ = "a local APIC at another address";
    return true;
}

void VirtualApic::write_svr(u32 value) {
    svr_ = value & svr_mask;
    known_ |= enabled();
    // Disabling by software masks all LVT entries.
    if (!enabled())
        for (u32& one : lvt_) one |= entry::masked;
}

void VirtualApic::write_lvt(Lvt which, u32 value, u64 now) {
    if (which == Timer) {
        if (value & entry::timer_deadline)
            not_modelled_ = "the TSC-deadline mode of the guest's local APIC timer";
        restart_timer(current_count(now), now);  // the mode changes from here on
    }
    lvt_[which] = value & lvt_writable[which];
    if (!enabled()) lvt_[which] |= entry::masked;
    const bool open = !(lvt_[which] & entry::masked);
    if (which == Lint0 && open && delivery_of(value) != Delivery::ExtInt)
        not_modelled_ = "LINT0 of the guest's local APIC as anything but ExtINT";
}

void VirtualApic::read(u32 physical, void* to, u32 bytes, u64 now) {
    auto* out = static_cast<u8*>(to);
    for (u32 done = 0; done < bytes;) {
        const u32 at = (physical + done) % page_size, skip = at % 4, word = at - skip;
        u32 content = read_register(word, now) >> 8 * skip;
        for (u32 n = skip; n < 4 && done < bytes; ++n, ++done, content >>= 8)
            out[done] = u8(content);
    }
}

void VirtualApic::write(u32 physical, const void* from, u32 bytes, u64 now) {
    if (bytes != 4 || physical % 4 != 0)
        not_modelled_ = "a write to the guest's local APIC that is not one aligned 32-bit word";
    else
        write_register(physical % page_size, *static_cast<const u32*>(from), now);
}

u32 VirtualApic::read_register(u32 offset, u64 now) {
    advance(now);
    if (!is_register(offset)) report(error::illegal_register);
    u32 n;
    if (in_row(offset, reg::isr, 8, n)) return isr_.words[n];
    if (in_row(offset, reg::irr, 8, n)) return irr_.words[n];
    if (lvt_at(offset, n)) return lvt_[n];
    switch (offset) {
        case reg::id: return id_;
        case reg::version: return version;
        case reg::tpr: return tpr_;
        case reg::apr:
        case reg::ppr: return processor_priority();
        case reg::ldr: return ldr_;
        case reg::dfr: return dfr_;
        case reg::svr: return svr_;
        case reg::esr: return esr_;
        case reg::icr_low: return icr_low_;
        case reg::icr_high: return icr_high_;
        case reg::initial_count: return initial_;
        case reg::current_count: return current_count(now);
        case reg::divide: return divide_;
        default: return 0;  // TMR too: nothing here is level-triggered
    }
}

void VirtualApic::write_register(u32 offset, u32 value, u64 now) {
    advance(now);
    u32 n;
    if (lvt_at(offset, n)) return write_lvt(Lvt(n), value, now);
    constexpr u32 divide_writable = 0b1011;
    switch (offset) {
        case reg::id: id_ = value & high_byte; break;
        case reg::tpr: tpr_ = value & 0xff; break;
        case reg::eoi:
            if (const int vector = isr_.highest(); vector >= 0) isr_.clear(u8(vector));
            break;
        case reg::ldr: ldr_ = value & high_byte; break;
        case reg::dfr: dfr_ = value | ~(0xfu << dfr_shift); break;
        case reg::svr: write_svr(value); break;
        case reg::esr:  // the write brings it up to date
            esr_ = errors_;
            errors_ = 0;
            break;
        case reg::icr_low:
            icr_low_ = value & icr_low_writable;
            send(icr_low_);
            break;
        case reg::icr_high: icr_high_ = value & high_byte; break;
        case reg::initial_count:
            initial_ = value;
            restart_timer(value, now);
            break;
        case reg::divide: {
            const u32 count = current_count(now);
            divide_ = value & divide_writable;
            restart_timer(count, now);
            break;
        }
        default:
            if (!is_register(offset)) report(error::illegal_register);
            break;  // read-only registers
    }
}

}  // namespace ringside::vmm
