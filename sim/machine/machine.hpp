// The machine: CPU, memory, board and clock, as one value. A copy is a snapshot, == the test for
// determinism.
#pragma once
#include <array>
#include <memory>

#include "sim/cpu/code_cache.hpp"
#include "sim/cpu/host_lines.hpp"
#include "sim/cpu/state.hpp"
#include "sim/dev/board.hpp"
#include "sim/mem/ram.hpp"
#include "sim/timing/profile.hpp"

namespace ringside::machine {

/// Caches of derived things. Not state: a copy starts without them, and a machine that is only kept
/// never has any.
class Derived {
  public:
    struct Caches {
        explicit Caches(u64 ram_bytes) : code(ram_bytes) {}
        cpu::HostLines lines;
        cpu::CodeCache code;
        // What the blocks were made for: the map's identity and version, and whether a trace is
        // kept.
        const void* watched_by = nullptr;
        u64 watch_version = 0;
        bool traced = false;
        const timing::Profile* costs_of = nullptr;
    };

    Derived() = default;
    Derived(const Derived&) {}
    Derived& operator=(const Derived& other) {
        if (this != &other) caches_.reset();
        return *this;
    }
    Derived(Derived&&) = default;
    Derived& operator=(Derived&&) = default;
    ~Derived() = default;

    /// For a machine that is about to run.
    Caches& caches(u64 ram_bytes) {
        if (!caches_) caches_ = std::make_unique<Caches>(ram_bytes);
        return *caches_;
    }
    /// Memory was written from outside: what was decoded there holds no more.
    void forget();
    bool operator==(const Derived&) const { return true; }

  private:
    std::unique_ptr<Caches> caches_;
};

struct Config {
    u64 ram_bytes = 64u << 20;
    u64 hz = 100'000'000;  ///< simulated CPU cycles a second, for the devices' clocks
    const timing::Profile* profile = &timing::default_profile();
    i64 start_time = dev::BoardConfig{}.start_time;  ///< of the clock, in seconds since 1970
    std::array<dev::DiskImage, 2> disks{};           ///< an empty one: there is none
    dev::Rom rom{};
};

class Machine {
  public:
    /// As after a reset: real mode, at the reset vector.
    explicit Machine(const Config& config = {});

    cpu::State cpu;
    mem::Ram ram;
    dev::Board board;
    Cycle now = 0;         ///< cycles since reset
    u64 instructions = 0;  ///< retired
    /// Steps since reset: an instruction run or faulted, an interrupt delivered, a wait in HLT.
    /// What time travel counts in: one step, one place in time.
    u64 steps = 0;
    const timing::Profile* profile;
    Derived derived;

    /// The state after RESET: the CPU starts in the ROM, and firmware has done nothing yet.
    void power_up();
    /// The state in which a Multiboot loader enters an image. Multiboot Specification 0.6.96,
    /// "Machine state".
    void enter_multiboot(u32 entry, u32 info_address);
    /// Writes memory from outside the machine (loading, a debugger): decoded code there is dropped.
    void poke(HostPhys at, std::span<const u8> bytes);

    bool operator==(const Machine&) const = default;
};

}  // namespace ringside::machine
