// The IDE disk's registers and commands.
#include "sim/dev/ata_disk.hpp"

#include <algorithm>

namespace ringside::dev {

using namespace isa::ata;

namespace {
constexpr u64 commands_a_second = 100'000, blocks_a_second = 1'000'000;
constexpr u32 most_sectors = 256;  // a count of 0
}  // namespace

AtaDisk::AtaDisk(u64 cpu_hz, DiskImage contents, unsigned number)
    : number_(number),
      command_time_(cpu_hz / commands_a_second + 1),
      block_time_(cpu_hz / blocks_a_second + 1),
      contents_(std::move(contents)) {}

bool AtaDisk::interrupt() const {
    return interrupt_ && !(control_ & control::no_interrupt) && selected();
}

u8 AtaDisk::status() const { return busy() ? status::busy : status_; }

u8 AtaDisk::register_value(u16 reg) const {
    switch (reg) {
        case reg::error: return error_;
        case reg::count: return count_;
        case reg::lba0: return lba0_;
        case reg::lba1: return lba1_;
        case reg::lba2: return lba2_;
        case reg::device: return device_ | device::fixed;
        default: return status();
    }
}

u8 AtaDisk::peek(u16 port, Cycle) const {
    if (port == control_block) return status();
    const u16 reg = u16(port - command_block);
    if (reg == reg::data)
        return protocol_ != Protocol::DataOut && in_block_ && !busy() ? buffer_[offset()] : 0;
    // "When BSY is set, reading any register gives the status."
    return busy() ? status() : register_value(reg);
}

u8 AtaDisk::in(u16 port, Cycle now) {
    if (port == command_block + reg::data) return u8(in_data(1, now));
    advance(now);
    const u8 value = peek(port, now);
    // Reading the status register (not the alternate one) takes the interrupt back.
    if (port == command_block + reg::status) interrupt_ = false;
    return value;
}

void AtaDisk::out(u16 port, u8 byte, Cycle now) {
    if (port == command_block + reg::data) return out_data(1, byte, now);
    advance(now);
    if (port == control_block) {
        // "Software reset": as long as SRST is set, and until it is over.
        if (resetting_ && !(byte & control::reset)) reset();
        control_ = byte;
        resetting_ = byte & control::reset;
        return;
    }
    if (busy()) return;  // "the host shall not write"; it is ignored
    switch (port - command_block) {
        case reg::features: features_ = byte; break;
        case reg::count: count_ = byte; break;
        case reg::lba0: lba0_ = byte; break;
        case reg::lba1: lba1_ = byte; break;
        case reg::lba2: lba2_ = byte; break;
        case reg::device: device_ = byte; break;
        default:
            if (selected() || byte == command::diagnostic) command(byte, now);
    }
}

/// "Software reset protocol": the registers hold the signature of an ATA device.
void AtaDisk::reset() {
    error_ = error::diagnostic_passed;
    count_ = lba0_ = 1;
    lba1_ = lba2_ = device_ = 0;
    status_ = status::ready | status::seek_complete;
    interrupt_ = false;
    busy_until_ = never;
    protocol_ = Protocol::NonData;
    left_ = in_block_ = 0;
    pending_error_ = 0;
}

u32 AtaDisk::requested_sectors() const { return count_ ? count_ : most_sectors; }

/// The sector that the registers name; none if there is no such sector on this disk.
std::optional<u64> AtaDisk::address() const {
    const u32 head = device_ & device::head;
    u64 at = u64{head} << 24 | u64{lba2_} << 16 | u64{lba1_} << 8 | lba0_;
    if (!(device_ & device::lba)) {
        if (lba0_ == 0 || lba0_ > sectors_ || head >= heads_) return {};
        at = ((u64{lba2_} << 8 | lba1_) * heads_ + head) * sectors_ + lba0_ - 1;
    }
    return at < contents_.sectors() ? std::optional(at) : std::nullopt;
}

void AtaDisk::set_address(u64 sector) {
    const auto set = [&](u64 low, u64 cylinder, u64 head) {
        lba0_ = u8(low), lba1_ = u8(cylinder), lba2_ = u8(cylinder >> 8);
        device_ = u8((device_ & ~device::head) | (head & device::head));
    };
    if (device_ & device::lba) return set(sector, sector >> 8, sector >> 24);
    const u64 track = sector / sectors_;
    set(sector % sectors_ + 1, track / heads_, track % heads_);
}

void AtaDisk::command(u8 code, Cycle now) {
    interrupt_ = false;
    error_ = pending_error_ = 0;
    in_block_ = left_ = 0;
    status_ = status::ready | status::seek_complete;
    if (code >= command::recalibrate && code <= command::recalibrate_last) return non_data(now);
    const bool seeks = code >= command::seek && code <= command::seek_last;
    switch (seeks ? command::seek : code) {
        case command::read_sectors:
        case command::read_sectors_once: return begin(Protocol::DataIn, 1, now);
        case command::write_sectors:
        case command::write_sectors_once: return begin(Protocol::DataOut, 1, now);
        case command::read_multiple:
        case command::write_multiple:
            if (multiple_ == 0) return abort_command(now);
            return begin(code == command::read_multiple ? Protocol::DataIn : Protocol::DataOut,
                         multiple_, now);
        case command::seek:
            if (!address()) pending_error_ = error::id_not_found;
            return non_data(now);
        case command::read_verify:
        case command::read_verify_once:
            if (const auto at = address(); !at || *at + requested_sectors() > contents_.sectors())
                pending_error_ = error::id_not_found;
            return non_data(now);
        case command::diagnostic: reset(); return non_data(now);
        case command::initialize_parameters:
            set_geometry((device_ & device::head) + 1u, count_);
            return non_data(now);
        case command::set_multiple:
            if (count_ > most_multiple || (count_ & (count_ - 1))) return abort_command(now);
            multiple_ = count_;
            return non_data(now);
        case command::check_power: count_ = active_or_idle; return non_data(now);
        case command::standby_immediate:
        case command::idle_immediate:
        case command::standby:
        case command::idle:
        case command::flush_cache: return non_data(now);
        case command::identify: return begin(Protocol::Identify, 1, now);
        case command::set_features: return set_features(now);
        default: abort_command(now);
    }
}

void AtaDisk::non_data(Cycle now) {
    protocol_ = Protocol::NonData;
    left_ = 0;
    wait(now, command_time_);
}

void AtaDisk::abort_command(Cycle now) {
    pending_error_ = error::aborted;
    non_data(now);
}

void AtaDisk::set_geometry(u32 heads, u32 sectors) {
    if (sectors == 0) return void(pending_error_ = error::aborted);
    heads_ = heads;
    sectors_ = sectors;
}

void AtaDisk::set_features(Cycle now) {
    switch (features_) {
        case feature::write_cache_on:
        case feature::write_cache_off:
        case feature::look_ahead_on:
        case feature::look_ahead_off:
        case feature::keep_settings:
        case feature::default_settings: return non_data(now);
        case feature::transfer_mode:
            // PIO modes only: there is no DMA.
            if (count_ <= feature::mode_pio_default_last ||
                (count_ >= feature::mode_pio && count_ <= feature::mode_pio_last))
                return non_data(now);
            [[fallthrough]];
        default: abort_command(now);
    }
}

void AtaDisk::begin(Protocol protocol, u32 block, Cycle now) {
    protocol_ = protocol;
    block_ = block;
    left_ = protocol == Protocol::Identify ? 1 : requested_sectors();
    if (protocol != Protocol::Identify) {
        const auto at = address();
        if (!at) {
            pending_error_ = error::id_not_found;
            return non_data(now);
        }
        sector_ = *at;
    }
    // The first block to a disk is asked for without an interrupt.
    if (protocol == Protocol::DataOut) return next_block();
    wait(now, command_time_);
}

/// The disk asks for, or offers, as many sectors as a block has.
void AtaDisk::next_block() {
    if (protocol_ != Protocol::Identify && sector_ >= contents_.sectors()) {
        set_address(sector_);
        return fail(error::id_not_found);
    }
    if (protocol_ == Protocol::Identify)
        buffer_ = identity();
    else if (protocol_ == Protocol::DataIn)
        contents_.read_sector(sector_, buffer_);
    const u64 room = protocol_ == Protocol::Identify ? 1 : contents_.sectors() - sector_;
    in_block_ = u32(std::min<u64>({block_, left_, room})) * sector_bytes;
    status_ = status::ready | status::seek_complete | status::data_request;
}

void AtaDisk::finish() {
    status_ = status::ready | status::seek_complete;
    if (pending_error_) return fail(pending_error_);
}

void AtaDisk::fail(u8 error) {
    error_ = error;
    pending_error_ = 0;
    left_ = in_block_ = 0;
    status_ = status::ready | status::seek_complete | status::error;
}

void AtaDisk::advance(Cycle now) {
    if (busy_until_ > now) return;
    busy_until_ = never;
    if (left_ > 0)
        next_block();
    else
        finish();
    interrupt_ = true;
}

u32 AtaDisk::in_data(unsigned bytes, Cycle now) {
    advance(now);
    u32 value = 0;
    for (unsigned n = 0; n < bytes; ++n) value |= u32(take_byte(now)) << (8 * n);
    return value;
}

void AtaDisk::out_data(unsigned bytes, u32 value, Cycle now) {
    advance(now);
    for (unsigned n = 0; n < bytes; ++n) put_byte(u8(value >> (8 * n)), now);
}

u8 AtaDisk::take_byte(Cycle now) {
    if (in_block_ == 0 || protocol_ == Protocol::DataOut || busy()) return 0;
    const u8 byte = buffer_[offset()];
    --in_block_;
    if (in_block_ % sector_bytes == 0) block_moved(now);
    return byte;
}

void AtaDisk::put_byte(u8 byte, Cycle now) {
    if (in_block_ == 0 || protocol_ != Protocol::DataOut || busy()) return;
    buffer_[offset()] = byte;
    --in_block_;
    if (in_block_ % sector_bytes == 0) block_moved(now);
}

/// A sector has gone through the data register.
void AtaDisk::block_moved(Cycle now) {
    if (protocol_ == Protocol::DataOut) contents_.write_sector(sector_, buffer_);
    --left_;
    if (protocol_ != Protocol::Identify) {
        set_address(sector_++);
        count_ = u8(left_);
    }
    if (in_block_ > 0) {
        if (protocol_ == Protocol::DataIn) contents_.read_sector(sector_, buffer_);
        return;
    }
    status_ = status::ready | status::seek_complete;
    // The last block to the disk still has to be written; the last from it ends the command.
    if (left_ > 0 || protocol_ == Protocol::DataOut) wait(now, block_time_);
}

}  // namespace ringside::dev
