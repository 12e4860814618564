#include "scenarios/vmms/host/process/disk.hpp"

#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/host/process/system.hpp"

namespace ringside::process {

using namespace isa::ata;

namespace {

constexpr u8 idle = status::ready | status::seek_complete;

/// Two characters a word, the first one high; padded with blanks.
void put_text(u16* words, unsigned characters, const char* text) {
    for (unsigned n = 0; n < characters; ++n) {
        const u8 c = *text ? u8(*text++) : u8(' ');
        words[n / 2] = u16(n % 2 ? words[n / 2] | c : c << 8);
    }
}

}  // namespace

void Disk::open() { sectors_ = call(abi::Call::disk_sectors); }

bool Disk::interrupt() const {
    return interrupt_ && selected() && !(control_ & control::no_interrupt);
}

u32 Disk::in(u16 port, unsigned width) {
    if (sectors_ == 0) return ~0u;
    const u16 offset = u16(port - command_block);
    if (offset == reg::data) {
        u32 value = 0;
        for (unsigned n = 0; n < width; ++n) value |= u32(take_byte()) << (8 * n);
        return value;
    }
    // A device that is not there has a status of 0.
    if (port == control_block) return selected() ? status_ : 0;
    switch (offset) {
        case reg::error: return error_;
        case reg::count: return count_;
        case reg::lba0: return lba0_;
        case reg::lba1: return lba1_;
        case reg::lba2: return lba2_;
        case reg::device: return device_ | device::fixed;
        default:
            if (!selected()) return 0;
            interrupt_ = false;  // whoever reads the status knows
            return status_;
    }
}

void Disk::out(u16 port, u32 value, unsigned width) {
    const u8 byte = u8(value);
    const u16 offset = u16(port - command_block);
    if (port == control_block) {
        if ((control_ & ~byte) & control::reset) {  // the end of a software reset
            const u32 sectors = sectors_;
            *this = {};
            sectors_ = sectors;
        }
        control_ = byte;
        return;
    }
    switch (offset) {
        case reg::data:
            for (unsigned n = 0; n < width; ++n) put_byte(u8(value >> (8 * n)));
            break;
        case reg::features: features_ = byte; break;
        case reg::count: count_ = byte; break;
        case reg::lba0: lba0_ = byte; break;
        case reg::lba1: lba1_ = byte; break;
        case reg::lba2: lba2_ = byte; break;
        case reg::device: device_ = byte; break;
        default:
            if (selected() && sectors_ > 0) command(byte);
    }
}

/// The command is through, with or without an error.
void Disk::done(u8 error) {
    transfer_ = Transfer::none;
    error_ = error;
    status_ = u8(idle | (error ? status::error : 0));
    interrupt_ = true;
}

void Disk::command(u8 code) {
    PROBE("device.disk", code);
    interrupt_ = false;
    switch (code) {
        case command::read_sectors:
        case command::read_sectors_once: return begin(Transfer::in);
        case command::write_sectors:
        case command::write_sectors_once: return begin(Transfer::out);
        case command::identify: return identify();
        case command::flush_cache:
        case command::initialize_parameters:
        case command::recalibrate:
        case command::standby_immediate:
        case command::idle_immediate: return done();
        case command::check_power: count_ = active_or_idle; return done();
        default: return done(error::aborted);
    }
}

void Disk::identify() {
    auto* const words = reinterpret_cast<u16*>(buffer_);
    for (unsigned n = 0; n < identify::words; ++n) words[n] = 0;
    const u32 cylinders = sectors_ / (standard_heads * standard_sectors);
    words[identify::configuration] = identify::fixed_drive;
    words[identify::cylinders] = u16(cylinders == 0               ? 1
                                     : cylinders < most_cylinders ? cylinders
                                                                  : most_cylinders);
    words[identify::heads] = standard_heads;
    words[identify::sectors] = standard_sectors;
    put_text(words + identify::serial, identify::serial_chars, "RS00000001");
    put_text(words + identify::firmware, identify::firmware_chars, "1.0");
    put_text(words + identify::model, identify::model_chars, "Ringside disk");
    words[identify::capabilities] = identify::lba_capable;
    words[identify::lba_sectors] = u16(sectors_);
    words[identify::lba_sectors + 1] = u16(sectors_ >> 16);
    words[identify::major_version] = identify::ata_2_to_4;
    transfer_ = Transfer::in;
    left_ = 1;
    at_ = 0;
    status_ = idle | status::data_request;
    interrupt_ = true;
}

/// The sector that the registers name. False if this disk has no such sector.
bool Disk::address(u32& sector) const {
    const u32 head = device_ & device::head;
    sector = head << 24 | u32(lba2_) << 16 | u32(lba1_) << 8 | lba0_;
    if (!(device_ & device::lba)) {
        if (lba0_ == 0 || lba0_ > standard_sectors) return false;
        sector = ((u32(lba2_) << 8 | lba1_) * standard_heads + head) * standard_sectors + lba0_ - 1;
    }
    return sector < sectors_;
}

void Disk::begin(Transfer transfer) {
    if (!address(sector_)) return done(error::id_not_found);
    transfer_ = transfer;
    left_ = count_ ? count_ : 256;
    error_ = 0;
    next_sector();
    // A disk asks for the first sector without an interrupt.
    interrupt_ = transfer == Transfer::in;
}

/// The disk offers, or asks for, a sector.
void Disk::next_sector() {
    if (sector_ >= sectors_) return done(error::id_not_found);
    at_ = 0;
    if (transfer_ == Transfer::in &&
        !call(abi::Call::disk_read, sector_, process::address(buffer_)))
        return done(error::aborted);
    status_ = idle | status::data_request;
    interrupt_ = true;
}

u8 Disk::take_byte() {
    if (transfer_ != Transfer::in) return 0;
    const u8 byte = buffer_[at_++];
    if (at_ == sector_bytes) moved();
    return byte;
}
void Disk::put_byte(u8 byte) {
    if (transfer_ != Transfer::out) return;
    buffer_[at_++] = byte;
    if (at_ == sector_bytes) moved();
}

/// A sector has gone through the data register.
void Disk::moved() {
    if (transfer_ == Transfer::out &&
        !call(abi::Call::disk_write, sector_, process::address(buffer_)))
        return done(error::aborted);
    ++sector_;
    if (--left_ > 0) return next_sector();
    const bool announce = transfer_ == Transfer::out;  // reading ends with the last byte
    done();
    interrupt_ = announce;
}

}  // namespace ringside::process
