// The guest's local APIC: interrupt requests by priority, a timer, and the registers for both, in a
// page of the guest's physical memory that the VMM leaves unmapped, so that every access comes to
// it. SDM 3A "Advanced Programmable Interrupt Controller (APIC)".
//
//   timer, own requests --> IRR --(priority above PPR)--> the CPU; then ISR, until EOI
//   8259s -----------------------(LINT0 as ExtINT)------> the CPU, whatever the priority
//
// Its timer counts the real CPU's cycles. Whoever holds it tells the time, and asks
// interrupt_pending() before the guest goes on: there is no clock in here.
//
// It begins as firmware leaves it: enabled, LINT0 for the 8259s (MultiProcessor Specification 1.4,
// "Virtual Wire Mode"). It is the only one on its bus. Not modelled, and said so: NMI, SMI and INIT
// to itself, LINT0 as anything but ExtINT, TSC-deadline mode, another base address. There is no I/O
// APIC.
#pragma once
#include "sim/isa/apic.hpp"

namespace ringside::vmm {

class VirtualApic {
  public:
    /// Is this guest-physical address one of its registers', or in their page?
    bool claims(u32 physical) const {
        return enabled_globally() && (physical & ~(page_size - 1)) == u32(isa::apic::local_base);
    }
    /// Bytes of the page. A write must be that of one aligned 32-bit register.
    void read(u32 physical, void* to, u32 bytes, u64 now);
    void write(u32 physical, const void* from, u32 bytes, u64 now);

    /// IA32_APIC_BASE. False: the processor refuses the value.
    u64 base() const { return isa::apic::local_base | base_flags_; }
    bool set_base(u64 value);
    bool enabled_globally() const { return base_flags_ & isa::apic::base_msr::enable; }

    /// The TPR, of which CR8 is the upper half. SDM 3A "Task Priority in IA-32e Mode".
    u8 task_priority() const { return u8(tpr_); }
    void set_task_priority(u8 value) { tpr_ = value; }
    /// The priority class (1 to 15) of the request that waits for it to fall; 0 if none does.
    u8 held_back_class() const;

    /// Has a vector that the CPU would take now.
    bool interrupt_pending(u64 now) {
        return (count_ != 0 || irr_.used != 0) && deliverable(now);  // asked often
    }
    u8 acknowledge();
    /// Does the 8259s' request reach the CPU?
    bool passes_external() const;
    /// May its timer still interrupt?
    bool timer_runs() const;
    /// When it next does; only if it runs.
    u64 timer_due() const;

    /// What the guest wants of it that is not modelled; null if there is nothing.
    const char* not_modelled() const { return not_modelled_; }

  private:
    static constexpr u32 page_size = u32(isa::apic::page);
    enum Lvt : u8 { Timer, Thermal, Performance, Lint0, Lint1, Error };

    /// One bit for each vector.
    struct VectorSet {
        u32 words[8] = {};
        u32 used = 0;  ///< bit n: word n is not 0
        void set(u8 v) {
            words[v / 32] |= 1u << v % 32;
            used |= 1u << v / 32;
        }
        void clear(u8 v) {
            words[v / 32] &= ~(1u << v % 32);
            if (words[v / 32] == 0) used &= ~(1u << v / 32);
        }
        int highest() const;
    };

    bool deliverable(u64 now);

    u32 read_register(u32 offset, u64 now);
    void write_register(u32 offset, u32 value, u64 now);
    bool enabled() const { return svr_ & isa::apic::svr_enable; }
    u8 processor_priority() const;
    void request(u8 vector);
    void raise(Lvt which);
    void report(u32 error);
    void send(u32 low);
    void write_lvt(Lvt which, u32 value, u64 now);
    void write_svr(u32 value);
    unsigned divide_shift() const;
    bool periodic() const { return lvt_[Timer] & isa::apic::entry::timer_periodic; }
    u32 current_count(u64 now) const;
    void restart_timer(u32 count, u64 now);
    void advance(u64 now);

    u32 base_flags_ = u32(isa::apic::base_msr::bootstrap | isa::apic::base_msr::enable);
    u32 id_ = 0, tpr_ = 0, ldr_ = 0, dfr_ = ~0u;
    u32 svr_ = isa::apic::svr_reset | isa::apic::svr_enable;
    u32 esr_ = 0, errors_ = 0;  ///< what reads show; what has happened since
    u32 icr_low_ = 0, icr_high_ = 0;
    u32 lvt_[isa::apic::lvt_count] = {
        isa::apic::entry::masked,
        isa::apic::entry::masked,
        isa::apic::entry::masked,
        u32(isa::apic::Delivery::ExtInt) << isa::apic::entry::delivery_shift,
        u32(isa::apic::Delivery::Nmi) << isa::apic::entry::delivery_shift,
        isa::apic::entry::masked};
    bool known_ = true;  ///< a program has enabled it since it was last off
    VectorSet irr_, isr_;
    /// The timer held `count_` at `started_`; 0: it stands still.
    u32 initial_ = 0, count_ = 0, divide_ = 0;
    u64 started_ = 0;
    const char* not_modelled_ = nullptr;
};

}  // namespace ringside::vmm
