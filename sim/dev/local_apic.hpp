// The local APIC: interrupt requests, priorities, its timer, interrupts to itself.
#pragma once
#include <array>
#include <optional>

#include "sim/dev/interrupt_message.hpp"
#include "sim/isa/apic.hpp"

namespace ringside::dev {

/// One bit for each vector.
class VectorSet {
  public:
    void set(u8 vector) { words_[vector / 32] |= 1u << vector % 32; }
    void clear(u8 vector) { words_[vector / 32] &= ~(1u << vector % 32); }
    bool has(u8 vector) const { return words_[vector / 32] >> vector % 32 & 1; }
    u32 word(unsigned n) const { return words_[n]; }
    /// The vector of highest priority, or -1.
    int highest() const;
    bool operator==(const VectorSet&) const = default;

  private:
    std::array<u32, 8> words_{};
};

/// SDM 3A "Advanced Programmable Interrupt Controller (APIC)". Its timer counts the CPU's cycles.
/// It is the only one on its bus: what is sent to another gets nowhere.
/// Until a program first enables it (SVR), and while IA32_APIC_BASE turns it off, the 8259s' INTR
/// goes straight to the CPU, so that firmware need not know of it.
/// Not modelled, and said so: NMI, SMI and INIT to itself, LINT0 as a fixed interrupt. Never raised
/// here: thermal and performance interrupts.
class LocalApic {
  public:
    /// Is this the page of its registers?
    bool claims(HostPhys at) const {
        return enabled_globally() &&
               (at.value & ~(isa::apic::page - 1)) == (base_ & isa::apic::base_msr::address);
    }
    u32 read(u32 offset, Cycle now);
    /// What `read` would give.
    u32 peek(u32 offset, Cycle now) const;
    /// The vector whose end an EOI announces, if the I/O APIC wants to hear of it
    /// (level-triggered).
    std::optional<u8> write(u32 offset, u32 value, Cycle now);
    /// The timer's next expiry, if it interrupts.
    Cycle next_event() const;
    void advance(Cycle now);

    u64 base() const { return base_; }
    /// IA32_APIC_BASE; the value must be legal.
    void set_base(u64 value);
    static bool legal_base(u64 value);
    /// As firmware leaves it: enabled, LINT0 for the 8259s. MultiProcessor Specification 1.4,
    /// "Virtual Wire Mode".
    void enter_virtual_wire_mode();

    /// An interrupt message from the I/O APIC or from itself.
    void accept(const InterruptMessage& message);
    /// Does the 8259s' INTR reach the CPU?
    bool passes_external() const;
    /// A vector that the CPU would now take.
    bool interrupt_pending() const;
    /// The CPU takes it; the spurious vector if there is none.
    u8 acknowledge();

    /// CR8: bits 7:4 of the TPR.
    u8 task_priority_class() const { return u8(tpr_ >> 4); }
    void set_task_priority_class(u8 value) { tpr_ = u32(value & 0xf) << 4; }

    const VectorSet& requested() const { return irr_; }
    const VectorSet& in_service() const { return isr_; }
    const char* not_modelled() const { return not_modelled_; }
    bool operator==(const LocalApic&) const = default;

  private:
    enum Lvt : u8 { Timer, Thermal, Performance, Lint0, Lint1, Error };

    bool enabled_globally() const { return base_ & isa::apic::base_msr::enable; }
    bool enabled() const { return svr_ & isa::apic::svr_enable; }
    u8 processor_priority() const;
    u32 current_count(Cycle now) const;
    u64 divisor() const;
    bool periodic() const { return lvt_[Timer] & isa::apic::entry::timer_periodic; }
    void restart_timer(u32 count, Cycle now);
    void raise(Lvt entry);
    void report(u32 error);
    void write_svr(u32 value);
    void write_lvt(Lvt which, u32 value, Cycle now);
    std::optional<u8> end_of_interrupt();
    void send(u32 low);
    bool addressed(u8 destination, bool logical) const;

    u64 base_ =
        isa::apic::local_base | isa::apic::base_msr::bootstrap | isa::apic::base_msr::enable;
    u32 id_ = 0, tpr_ = 0, ldr_ = 0, dfr_ = ~0u, svr_ = isa::apic::svr_reset;
    u32 esr_ = 0, errors_ = 0;  // what reads show; what has happened since
    u32 icr_low_ = 0, icr_high_ = 0;
    std::array<u32, isa::apic::lvt_count> lvt_ = reset_lvt();
    VectorSet irr_, isr_, tmr_;
    bool known_ = false;  // a program has enabled it once
    // The timer held `count_` at `started_`; 0: it stands still.
    u32 initial_ = 0, count_ = 0, divide_ = 0;
    Cycle started_ = 0;
    const char* not_modelled_ = nullptr;

    static constexpr std::array<u32, isa::apic::lvt_count> reset_lvt() {
        std::array<u32, isa::apic::lvt_count> all{};
        all.fill(isa::apic::entry::masked);
        return all;
    }
};

}  // namespace ringside::dev
