// The local APIC. SDM 3A "Advanced Programmable Interrupt Controller (APIC)".
#include "sim/dev/local_apic.hpp"

#include <algorithm>
#include <bit>

#include "sim/base/bits.hpp"

namespace ringside::dev {

using namespace isa::apic;

namespace {
constexpr u8 priority_class(unsigned vector) { return u8(vector & 0xf0); }
constexpr u8 everyone = 0xff;
constexpr u32 register_step = 0x10;
constexpr u32 dfr_flat = 0xf, dfr_shift = 28;

/// The register of a row of eight at `first`, if `offset` is in it.
std::optional<unsigned> in_row(u32 offset, u32 first) {
    if (offset < first || offset >= first + 8 * register_step) return {};
    return (offset - first) / register_step;
}
std::optional<unsigned> lvt_at(u32 offset) {
    if (offset < reg::lvt_timer || offset > reg::lvt_error) return {};
    return (offset - reg::lvt_timer) / register_step;
}

/// The bits of each LVT entry that a program may set. "Local Vector Table".
constexpr u32 lvt_writable[lvt_count] = {
    entry::vector | entry::masked | entry::timer_periodic,
    entry::vector | entry::delivery | entry::masked,
    entry::vector | entry::delivery | entry::masked,
    entry::vector | entry::delivery | entry::active_low | entry::level | entry::masked,
    entry::vector | entry::delivery | entry::active_low | entry::level | entry::masked,
    entry::vector | entry::masked};
constexpr u32 icr_low_writable = entry::vector | entry::delivery | entry::logical |
                                 entry::assert_level | entry::level | 3u << entry::shorthand_shift;
constexpr u32 divide_writable = 0b1011;
}  // namespace

int VectorSet::highest() const {
    for (unsigned n = words_.size(); n-- > 0;)
        if (words_[n]) return int(n * 32 + 31 - unsigned(std::countl_zero(words_[n])));
    return -1;
}

bool LocalApic::legal_base(u64 value) {
    // Without x2APIC its bit is reserved. SDM 3A "Local APIC Status and Location".
    return (value & ~(base_msr::address | base_msr::bootstrap | base_msr::enable)) == 0 &&
           value >> 36 == 0;
}

void LocalApic::set_base(u64 value) {
    // Turned off, it forgets: on again, it is as after a reset.
    if (!(value & base_msr::enable)) *this = LocalApic{};
    base_ = (value & ~base_msr::bootstrap) | (base_ & base_msr::bootstrap);
}

void LocalApic::enter_virtual_wire_mode() {
    constexpr u32 nmi = u32(Delivery::Nmi) << entry::delivery_shift;
    constexpr u32 external = u32(Delivery::ExtInt) << entry::delivery_shift;
    write_svr(svr_reset | svr_enable);
    lvt_[Lint0] = external;
    lvt_[Lint1] = nmi;
}

bool LocalApic::passes_external() const {
    if (!enabled_globally() || !known_) return true;
    return delivery_of(lvt_[Lint0]) == Delivery::ExtInt && !(lvt_[Lint0] & entry::masked);
}

/// "Task and Processor Priorities".
u8 LocalApic::processor_priority() const {
    const int serving = isr_.highest();
    const u8 isrv = serving < 0 ? 0 : priority_class(unsigned(serving));
    return priority_class(tpr_) >= isrv ? u8(tpr_) : isrv;
}

bool LocalApic::interrupt_pending() const {
    const int vector = enabled_globally() && enabled() ? irr_.highest() : -1;
    return vector >= 0 && priority_class(unsigned(vector)) > priority_class(processor_priority());
}

u8 LocalApic::acknowledge() {
    // "Spurious Interrupt": no bit of the ISR is set for it.
    if (!interrupt_pending()) return u8(svr_ & entry::vector);
    const u8 vector = u8(irr_.highest());
    irr_.clear(vector);
    isr_.set(vector);
    return vector;
}

std::optional<u8> LocalApic::end_of_interrupt() {
    const int vector = isr_.highest();
    if (vector < 0) return {};
    isr_.clear(u8(vector));
    if (!tmr_.has(u8(vector))) return {};
    return u8(vector);
}

/// "Logical Destination Mode": flat or cluster model.
bool LocalApic::addressed(u8 destination, bool logical) const {
    if (destination == everyone) return true;
    if (!logical) return destination == id_ >> id_shift;
    const u8 own = u8(ldr_ >> id_shift);
    if (dfr_ >> dfr_shift == dfr_flat) return (destination & own) != 0;
    return (destination & 0xf0) == (own & 0xf0) && (destination & own & 0x0f) != 0;
}

void LocalApic::accept(const InterruptMessage& m) {
    if (!enabled_globally() || !addressed(m.destination, m.logical)) return;
    switch (m.delivery) {
        case Delivery::Fixed:
        case Delivery::LowestPriority: break;
        case Delivery::Nmi: not_modelled_ = "an NMI through the local APIC"; return;
        case Delivery::Smi: not_modelled_ = "an SMI through the local APIC"; return;
        case Delivery::Init: not_modelled_ = "INIT through the local APIC"; return;
        case Delivery::StartUp: return;  // a running CPU ignores it
        case Delivery::Reserved:
        case Delivery::ExtInt: not_modelled_ = "this delivery mode of the local APIC"; return;
    }
    // "Local APIC State After It Has Been Software Disabled": it takes no more of these.
    if (!enabled()) return;
    if (m.vector < first_legal_vector) return report(error::receive_illegal_vector);
    irr_.set(m.vector);
    m.level ? tmr_.set(m.vector) : tmr_.clear(m.vector);
}

void LocalApic::raise(Lvt which) {
    if (lvt_[which] & entry::masked) return;
    accept({u8(lvt_[which] & entry::vector), Delivery::Fixed, false, false, everyone});
}

/// "Error Handling".
void LocalApic::report(u32 error) {
    const bool repeated = errors_ & error;
    errors_ |= error;
    if (!repeated) raise(Error);
}

/// "Issuing Interprocessor Interrupts".
void LocalApic::send(u32 low) {
    const Delivery delivery = delivery_of(low);
    const bool fixed = delivery == Delivery::Fixed || delivery == Delivery::LowestPriority;
    const u8 vector = u8(low & entry::vector);
    if (fixed && vector < first_legal_vector) return report(error::send_illegal_vector);
    // "INIT Level De-assert" only sets arbitration IDs, of which nobody takes notice.
    if (delivery == Delivery::Init && !(low & entry::assert_level)) return;
    InterruptMessage m{vector, delivery, false, bool(low & entry::logical),
                       u8(icr_high_ >> id_shift)};
    switch (Shorthand((low >> entry::shorthand_shift) & 3)) {
        case Shorthand::None: break;
        case Shorthand::Others: return;
        case Shorthand::Self:
        case Shorthand::All: m.destination = everyone;
    }
    accept(m);
}

void LocalApic::write_svr(u32 value) {
    svr_ = value & svr_mask;
    known_ |= enabled();
    // Disabling by software masks all LVT entries.
    if (!enabled())
        for (u32& one : lvt_) one |= entry::masked;
}

void LocalApic::write_lvt(Lvt which, u32 value, Cycle now) {
    if (which == Timer) {
        if (value & entry::timer_deadline)
            not_modelled_ = "the TSC-deadline mode of the APIC timer";
        restart_timer(current_count(now), now);  // the mode changes from here on
    }
    lvt_[which] = value & lvt_writable[which];
    if (!enabled()) lvt_[which] |= entry::masked;
    const bool external = delivery_of(lvt_[which]) == Delivery::ExtInt;
    if (which == Lint0 && !external && !(lvt_[which] & entry::masked))
        not_modelled_ = "LINT0 of the local APIC as anything but ExtINT";
}

/// "APIC Timer": the divide configuration register's bits 3, 1 and 0.
u64 LocalApic::divisor() const {
    const unsigned value = (divide_ & 3) | (divide_ >> 1 & 4);
    return u64{1} << ((value + 1) & 7);
}

void LocalApic::restart_timer(u32 count, Cycle now) {
    count_ = count;
    started_ = now;
}

u32 LocalApic::current_count(Cycle now) const {
    const u64 elapsed = (now - started_) / divisor();
    if (elapsed < count_) return u32(count_ - elapsed);
    if (!periodic() || count_ == 0 || initial_ == 0) return 0;
    return u32(initial_ - (elapsed - count_) % initial_);
}

Cycle LocalApic::next_event() const {
    if (count_ == 0 || (lvt_[Timer] & entry::masked)) return never;
    return started_ + count_ * divisor();
}

void LocalApic::advance(Cycle now) {
    if (count_ == 0) return;
    const u64 first = count_ * divisor();
    if (now - started_ < first) return;
    raise(Timer);
    if (!periodic() || initial_ == 0) return void(count_ = 0);
    // However many periods went by: one request is all that the IRR holds.
    const u64 period = initial_ * divisor();
    started_ += first + (now - started_ - first) / period * period;
    count_ = initial_;
}

u32 LocalApic::peek(u32 offset, Cycle now) const {
    if (const auto n = in_row(offset, reg::isr)) return isr_.word(*n);
    if (const auto n = in_row(offset, reg::tmr)) return tmr_.word(*n);
    if (const auto n = in_row(offset, reg::irr)) return irr_.word(*n);
    if (const auto n = lvt_at(offset)) return lvt_[*n];
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
        default: return 0;
    }
}

namespace {
/// Reserved addresses: an access is an error. The rest of the page is registers.
bool is_register(u32 offset) {
    if (offset % register_step != 0) return false;
    if (in_row(offset, reg::isr) || in_row(offset, reg::tmr) || in_row(offset, reg::irr))
        return true;
    if (lvt_at(offset)) return true;
    constexpr u32 others[] = {reg::id,       reg::version,       reg::tpr,           reg::apr,
                              reg::ppr,      reg::eoi,           reg::rrd,           reg::ldr,
                              reg::dfr,      reg::svr,           reg::esr,           reg::icr_low,
                              reg::icr_high, reg::initial_count, reg::current_count, reg::divide};
    return std::ranges::find(others, offset) != std::end(others);
}
}  // namespace

u32 LocalApic::read(u32 offset, Cycle now) {
    advance(now);
    if (!is_register(offset)) report(error::illegal_register);
    return peek(offset, now);
}

std::optional<u8> LocalApic::write(u32 offset, u32 value, Cycle now) {
    advance(now);
    if (const auto n = lvt_at(offset)) return write_lvt(Lvt(*n), value, now), std::nullopt;
    constexpr u32 high_byte = 0xffu << id_shift;
    switch (offset) {
        case reg::id: id_ = value & high_byte; break;
        case reg::tpr: tpr_ = value & 0xff; break;
        case reg::eoi: return end_of_interrupt();
        case reg::ldr: ldr_ = value & high_byte; break;
        case reg::dfr: dfr_ = value | ~(0xfu << dfr_shift); break;
        case reg::svr: write_svr(value); break;
        case reg::esr:
            // "The ESR is a write/read register": the write brings it up to date.
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
    return {};
}

}  // namespace ringside::dev
