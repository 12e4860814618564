// The 8042 and the keyboard behind it.
#include <doctest/doctest.h>

#include "sim/dev/keyboard.hpp"

using namespace ringside;
using namespace ringside::dev;
namespace k = ringside::isa::keyboard;
using isa::pc::port::keyboard_command;
using isa::pc::port::keyboard_data;

namespace {
constexpr u64 hz = 100'000'000;
constexpr Cycle long_after = hz;  // a second

u8 status(Keyboard& keyboard, Cycle now) { return keyboard.in(keyboard_command, now); }
bool full(Keyboard& keyboard, Cycle now) { return status(keyboard, now) & k::status::output_full; }
/// Reads all that comes, waiting long enough for each byte.
std::vector<u8> read_all(Keyboard& keyboard, Cycle& now) {
    std::vector<u8> bytes;
    while (full(keyboard, now += hz / 1000)) bytes.push_back(keyboard.in(keyboard_data, now));
    return bytes;
}
}  // namespace

TEST_CASE("the controller answers its own commands at once") {
    struct Row {
        u8 command;
        u8 answer;
    };
    for (const Row& row :
         {Row{k::command::self_test, k::self_test_passed},
          Row{k::command::test_keyboard, k::line_test_passed},
          Row{k::command::test_aux, k::line_test_passed},
          Row{k::command::read_input_port, k::input_port_not_locked},
          Row{k::command::read_output_port, k::output::not_reset | k::output::a20},
          Row{k::command::read_ram, k::mode::interrupt | k::mode::system | k::mode::translate}}) {
        CAPTURE(row.command);
        Keyboard keyboard(hz);
        CHECK(!full(keyboard, 0));
        keyboard.out(keyboard_command, row.command, 1);
        CHECK(full(keyboard, 1));
        CHECK((status(keyboard, 1) & k::status::command) != 0);
        CHECK(keyboard.in(keyboard_data, 1) == row.answer);
        CHECK(!full(keyboard, 1));
    }
}

TEST_CASE("the command byte is kept and gates the interrupt") {
    Keyboard keyboard(hz);
    keyboard.out(keyboard_command, k::command::write_ram, 0);
    keyboard.out(keyboard_data, k::mode::translate, 0);
    keyboard.out(keyboard_command, k::command::read_ram, 0);
    CHECK(keyboard.peek(keyboard_data, 0) == k::mode::translate);
    CHECK(full(keyboard, 0));
    CHECK(!keyboard.interrupt());
    keyboard.out(keyboard_command, k::command::write_ram, 0);
    keyboard.out(keyboard_data, k::mode::translate | k::mode::interrupt, 0);
    CHECK(keyboard.interrupt());
    keyboard.in(keyboard_data, 0);
    CHECK(!keyboard.interrupt());
}

TEST_CASE("the keyboard answers a command with what its manual says") {
    struct Row {
        const char* name;
        std::vector<u8> sent, answers;
    };
    const Row rows[] = {
        {"reset", {k::device::reset}, {k::device::acknowledge, k::device::test_passed}},
        {"echo", {k::device::echo}, {k::device::echo}},
        {"lights", {k::device::set_leds, 7}, {k::device::acknowledge, k::device::acknowledge}},
        {"identify, translated",
         {k::device::identify},
         {k::device::acknowledge, k::device::id_first, k::device::id_second_translated}},
        {"which set",
         {k::device::scan_code_set, 0},
         {k::device::acknowledge, k::device::acknowledge, 0x41}},  // 2, translated
        {"an unknown one", {0xe0}, {k::device::resend}},
        {"resend", {k::device::echo, k::device::resend}, {k::device::echo, k::device::echo}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Keyboard keyboard(hz);
        Cycle now = 0;
        std::vector<u8> answers;
        for (const u8 byte : row.sent) {
            keyboard.out(keyboard_data, byte, now);
            for (const u8 answer : read_all(keyboard, now)) answers.push_back(answer);
        }
        CHECK(answers == row.answers);
    }
}

TEST_CASE("keys come as set 1 when translated, as set 2 or 1 when not, each with an interrupt") {
    struct Row {
        const char* name;
        u8 mode;
        u8 set;
        std::vector<u8> codes;
    };
    // A down and up, the right arrow (extended) down and up.
    const std::vector<ArrivingByte> keys{{10, 0x1e}, {10, 0x9e}, {20, 0xe0},
                                         {20, 0x4d}, {20, 0xe0}, {20, 0xcd}};
    const Row rows[] = {
        {"translated", k::mode::translate, 2, {0x1e, 0x9e, 0xe0, 0x4d, 0xe0, 0xcd}},
        {"set 2", 0, 2, {0x1c, 0xf0, 0x1c, 0xe0, 0x74, 0xe0, 0xf0, 0x74}},
        {"set 1", 0, 1, {0x1e, 0x9e, 0xe0, 0x4d, 0xe0, 0xcd}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Keyboard keyboard(hz);
        Cycle now = 0;
        keyboard.out(keyboard_command, k::command::write_ram, now);
        keyboard.out(keyboard_data, row.mode | k::mode::interrupt, now);
        keyboard.out(keyboard_data, k::device::scan_code_set, now);
        read_all(keyboard, now);
        keyboard.out(keyboard_data, row.set, now);
        read_all(keyboard, now);
        keyboard.expect(keys);
        std::vector<u8> codes;
        unsigned rises = 0;
        for (Cycle at = keyboard.next_event(); at < long_after; at = keyboard.next_event()) {
            const bool before = keyboard.interrupt();
            keyboard.advance(now = std::max(at, now));
            if (!keyboard.interrupt()) continue;
            if (!before) ++rises;
            codes.push_back(keyboard.in(keyboard_data, now));
            CHECK(!keyboard.interrupt());  // so that the next byte is a new edge
        }
        CHECK(codes == row.codes);
        CHECK(rises == row.codes.size());
        CHECK(!keyboard.not_modelled());
    }
}

TEST_CASE("a silent keyboard keeps its keys until it may speak") {
    for (const bool by_controller : {true, false}) {
        Keyboard keyboard(hz);
        Cycle now = 0;
        if (by_controller)
            keyboard.out(keyboard_command, k::command::disable_keyboard, now);
        else
            keyboard.out(keyboard_data, k::device::disable, now);
        read_all(keyboard, now);
        keyboard.expect({{now + 1, 0x1e}});
        CHECK(read_all(keyboard, now).empty());
        if (by_controller)
            keyboard.out(keyboard_command, k::command::enable_keyboard, now);
        else
            keyboard.out(keyboard_data, k::device::enable, now);
        std::vector<u8> codes = read_all(keyboard, now);
        CHECK(codes.back() == 0x1e);
    }
}

TEST_CASE("more keys than the buffer holds arrive, none is lost") {
    Keyboard keyboard(hz);
    std::vector<ArrivingByte> keys;
    std::vector<u8> expected;
    for (u8 n = 0; n < 60; ++n) keys.push_back({n, u8(n + 1)}), expected.push_back(u8(n + 1));
    keyboard.expect(keys);
    Cycle now = 1000;
    CHECK(read_all(keyboard, now) == expected);
}

TEST_CASE("the reset line: pulsed by FEh, or cleared in the output port, and by nothing else") {
    struct Row {
        std::vector<u8> command;  // to port 64h, then to port 60h
        bool resets;
    };
    for (const Row& row : {Row{{0xfe}, true}, Row{{0xf0}, true}, Row{{0xff}, false},
                           Row{{k::command::write_output_port, 0x02}, true},
                           Row{{k::command::write_output_port, 0x03}, false},
                           Row{{k::command::write_output_port, 0x01}, false}}) {
        CAPTURE(row.command[0]);
        Keyboard keyboard(hz);
        keyboard.out(keyboard_command, row.command[0], 0);
        if (row.command.size() > 1) keyboard.out(keyboard_data, row.command[1], 0);
        CHECK(keyboard.reset_requested() == row.resets);
    }
}

TEST_CASE("there is no mouse: what is sent to it times out") {
    Keyboard keyboard(hz);
    keyboard.out(keyboard_command, k::command::write_aux, 0);
    keyboard.out(keyboard_data, 0xf4, 0);
    CHECK((status(keyboard, 0) & (k::status::time_out | k::status::from_aux)) ==
          (k::status::time_out | k::status::from_aux));
    CHECK(keyboard.in(keyboard_data, 0) == k::device::resend);
}

TEST_CASE("a controller command that is not modelled is named") {
    Keyboard keyboard(hz);
    keyboard.out(keyboard_command, 0xa5, 0);
    CHECK(keyboard.not_modelled() != nullptr);
}
