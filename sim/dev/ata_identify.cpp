// What the disk says of itself: IDENTIFY DEVICE. ATA/ATAPI-4, "IDENTIFY DEVICE".
#include <algorithm>
#include <string_view>

#include "sim/dev/ata_disk.hpp"

namespace ringside::dev {

using namespace isa::ata;

AtaDisk::Sector AtaDisk::identity() const {
    Sector bytes{};
    const auto word = [&](unsigned n, u64 value) {
        bytes[2 * n] = u8(value);
        bytes[2 * n + 1] = u8(value >> 8);
    };
    const auto double_word = [&](unsigned n, u64 value) {
        word(n, value), word(n + 1, value >> 16);
    };
    // Two characters a word, the first one high; padded with blanks.
    const auto text = [&](unsigned n, unsigned characters, std::string_view what) {
        for (unsigned i = 0; i < characters; ++i)
            bytes[2 * n + (i ^ 1)] = i < what.size() ? u8(what[i]) : u8(' ');
    };
    const u64 sectors = std::min<u64>(contents_.sectors(), most_lba28);
    const auto cylinders = [&](u32 heads, u32 per_track) {
        return std::clamp<u64>(sectors / (u64{heads} * per_track), 1, most_cylinders);
    };
    word(identify::configuration, identify::fixed_drive);
    word(identify::cylinders, cylinders(standard_heads, standard_sectors));
    word(identify::heads, standard_heads);
    word(identify::sectors, standard_sectors);
    text(identify::serial, identify::serial_chars, "RS00000001");
    text(identify::firmware, identify::firmware_chars, "1.0");
    text(identify::model, identify::model_chars, "Ringside disk");
    word(identify::multiple, identify::multiple_valid | most_multiple);
    word(identify::capabilities, identify::lba_capable);
    word(identify::pio_timing, identify::pio_2);
    word(identify::validity, identify::current_valid);
    word(identify::current_cylinders, cylinders(heads_, sectors_));
    word(identify::current_heads, heads_);
    word(identify::current_sectors, sectors_);
    double_word(identify::current_capacity,
                std::min(cylinders(heads_, sectors_) * heads_ * sectors_, sectors));
    word(identify::current_multiple, multiple_ ? identify::multiple_set | multiple_ : 0);
    double_word(identify::lba_sectors, sectors);
    word(identify::pio_modes, identify::pio_3_and_4);
    word(identify::pio_cycle, identify::pio_4_nanoseconds);
    word(identify::pio_cycle_flow, identify::pio_4_nanoseconds);
    word(identify::major_version, identify::ata_2_to_4);
    word(identify::supported_1, identify::power_management);
    word(identify::supported_2, identify::cannot_be_zero | identify::flush_command);
    word(identify::supported_3, identify::cannot_be_zero);
    word(identify::enabled_1, identify::power_management);
    word(identify::enabled_2, identify::cannot_be_zero | identify::flush_command);
    word(identify::enabled_3, identify::cannot_be_zero);
    return bytes;
}

}  // namespace ringside::dev
