// The board: the devices, the ports and addresses they answer, and the interrupt wires between
// them.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sim/dev/ata_channel.hpp"
#include "sim/dev/cmos.hpp"
#include "sim/dev/debug_ports.hpp"
#include "sim/dev/io_apic.hpp"
#include "sim/dev/keyboard.hpp"
#include "sim/dev/local_apic.hpp"
#include "sim/dev/ne2000.hpp"
#include "sim/dev/pic.hpp"
#include "sim/dev/pit.hpp"
#include "sim/dev/rom.hpp"
#include "sim/dev/system_control.hpp"
#include "sim/dev/uart.hpp"
#include "sim/dev/vga.hpp"

namespace ringside::dev {

struct BoardConfig {
    u64 cpu_hz = 100'000'000;      ///< cycles of the simulated CPU in a second, at most 2^32
    i64 start_time = 946'684'800;  ///< the clock at cycle 0: 1 January 2000, in seconds since 1970
    u64 ram_bytes = 64u << 20;     ///< what the memory size bytes of the CMOS tell
    DiskImage disks[2];            ///< an empty one: there is none
    Rom rom;
    MacAddress mac = {0x02, 'R', 'S', 0, 0, 1};  ///< 02: locally administered
};

/// A value: a copy is a snapshot, and is cheap. Time is an argument and must not go back.
class Board {
  public:
    explicit Board(const BoardConfig& config);
    explicit Board(u64 cpu_hz);

    /// `bytes` is 1, 2 or 4. A port without a device reads as all ones and ignores writes, as on
    /// an idle ISA bus; a wide access to byte ports is split into bytes, lowest port first.
    u32 in(u16 port, unsigned bytes, Cycle now);
    void out(u16 port, unsigned bytes, u32 value, Cycle now);
    /// What `in` would give.
    u32 peek(u16 port, unsigned bytes, Cycle now) const;
    /// Does a device answer at this port?
    static bool decodes(u16 port);

    /// Does a device or the ROM answer at this address, in place of memory?
    bool claims(HostPhys at) const {
        return rom_.claims(at) || IoApic::claims(at) || local_apic_.claims(at);
    }
    /// The part of the memory that is not written: ROM copied to below 1 MiB.
    static bool read_only(HostPhys at) {
        return at.value >= isa::pc::memory::rom && at.value < isa::pc::memory::high;
    }
    /// Accesses to what the board claims; `bytes` is 1, 2, 4 or 8.
    u64 read_memory(HostPhys at, unsigned bytes, Cycle now);
    void write_memory(HostPhys at, unsigned bytes, u64 value, Cycle now);
    u64 peek_memory(HostPhys at, unsigned bytes, Cycle now) const;
    const Rom& rom() const { return rom_; }

    /// When a device next does something unasked; run up to it, then `advance`.
    Cycle next_event() const { return due_; }
    void advance(Cycle now);

    /// An interrupt that the CPU would take if it let it: the local APIC's, or the 8259s' INTR.
    bool interrupt_pending() const { return interrupt_; }
    /// The CPU takes it: the vector.
    u8 acknowledge(Cycle now);

    /// One of the four below has something to say.
    bool wants_to_stop() const { return stop_; }
    std::optional<u32> debug_exit() const { return debug_exit_.value; }
    bool reset_requested() const { return control_.reset || keyboard_.reset_requested(); }
    /// What a program asked of a device that is not modelled; null when nothing.
    const char* not_modelled() const;

    u8 post_code() const { return post_.code; }
    /// What was sent by COM1, and by each of the ports: 0 is COM1.
    std::string serial_output() const { return uart_.sent().text(); }
    const ByteLog& serial_log(unsigned port = 0) const {
        return port == 0 ? uart_.sent() : uart2_.sent();
    }
    static constexpr unsigned serial_ports = 2;
    std::string console_output() const { return console_.sent.text(); }
    const ByteLog& console_log() const { return console_.sent; }
    /// Bytes that will arrive at COM1, in order of time.
    void expect_serial_input(const std::vector<ArrivingByte>& bytes);
    /// Scan codes (set 1) of keys pressed and let go, in order of time.
    void expect_keys(const std::vector<ArrivingByte>& codes);

    // The network cable, for whoever holds its other end.
    void plug_in_network() { network_.plug_in(); }
    std::vector<Frame> take_sent_frames() { return network_.take_sent(); }
    void expect_frame(const Frame& frame);

    /// IA32_APIC_BASE lives in the local APIC.
    u64 apic_base() const { return local_apic_.base(); }
    void set_apic_base(u64 value);
    /// CR8. SDM 3A "Task Priority in IA-32e Mode".
    u8 task_priority_class() const { return local_apic_.task_priority_class(); }
    void set_task_priority_class(u8 value) {
        local_apic_.set_task_priority_class(value);
        settle();
    }
    /// What firmware has done before it starts a program.
    void enter_virtual_wire_mode() {
        local_apic_.enter_virtual_wire_mode();
        settle();
    }

    const PicPair& pic() const { return pic_; }
    const Pit& pit() const { return pit_; }
    const Uart& uart() const { return uart_; }
    const Keyboard& keyboard() const { return keyboard_; }
    const Cmos& cmos() const { return cmos_; }
    const Vga& vga() const { return vga_; }
    const LocalApic& local_apic() const { return local_apic_; }
    const IoApic& io_apic() const { return io_apic_; }
    const AtaChannel& disks() const { return disks_; }
    const Ne2000& network() const { return network_; }
    bool operator==(const Board&) const = default;

  private:
    struct Route;
    /// A type of its own: the board tells its devices apart by their types.
    struct Com2 : Uart {
        Com2() : Uart(isa::pc::port::com2) {}
        bool operator==(const Com2&) const = default;
    };
    static const Route* route(u16 port);
    template <class Device>
    static const int event_of;
    bool external_passes() const {
        return local_apic_.passes_external() || io_apic_.passes_external();
    }
    void reach(Cycle now) {
        if (now >= due_) advance(now);
    }
    /// After anything that may have changed a device.
    void settle();
    /// The same, when it can have been this one only.
    template <auto device>
    void settle_after();
    void conclude();
    bool interrupt_wanted() const {
        return local_apic_.interrupt_pending() || (pic_.intr() && external_passes());
    }
    struct Lines;
    void drive(Lines lines);
    void set_line(unsigned irq, bool level);
    void pass_on(const std::optional<InterruptMessage>& message);

    PicPair pic_;
    Pit pit_;
    Uart uart_;
    Com2 uart2_;
    Keyboard keyboard_;
    Cmos cmos_;
    Vga vga_;
    LocalApic local_apic_;
    IoApic io_apic_;
    AtaChannel disks_;
    Ne2000 network_;
    Rom rom_;
    DebugExit debug_exit_;
    DebugConsole console_;
    PostCode post_;
    SystemControl control_;
    u16 lines_ = 0;  // levels of the interrupt lines
    bool stop_ = false, interrupt_ = false;
    const char* not_modelled_ = nullptr;  // of the board itself
    std::array<Cycle, 8> events_{};       // when each device next does something unasked
    Cycle due_ = never;                   // the earliest of them
};

}  // namespace ringside::dev
