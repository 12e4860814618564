// `ringside asm` and `ringside boot` on good and bad images.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cli/guests.hpp"
#include "tests/cli/program.hpp"

using namespace ringside::test;

namespace {

/// Assembles `source` to guest.elf in the folder.
void assemble(const Folder& folder, const std::string& source) {
    folder.write("guest.asm", source);
    const Ran ran = invoke(folder, {"asm", "guest.asm", "-o", "guest.elf"});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    CHECK(ran.out.empty());
    CHECK(ran.err.empty());
}

}  // namespace

TEST_CASE("boot ends with the status that the machine's end asks for") {
    struct Row {
        const char* name;
        std::string source;
        std::vector<std::string> options;
        int status;
        std::string out;
        const char* reason;
    };
    const Row rows[] = {
        {"debug exit", hello(), {}, 3 << 1 | 1, "hi\n", ""},
        {"halt with interrupts off", halted(), {}, 0, "", ""},
        {"the limit", endless(), {"--max-instructions", "1000"}, 4, "", "1000 instructions"},
        {"one REP without end",
         guest("mov ecx, -1\nmov edi, 0x300000\nrep stosb\n"),
         {"--max-instructions", "1000"},
         4,
         "",
         "complete no instruction"},
        {"a triple fault", triple_fault(), {}, 6, "", "triple fault"},
        {"an instruction that is not modelled", unmodelled(), {}, 6, "", "not modelled"},
        {"a flood up to the limit",
         flood(),
         {"--max-instructions", "101"},
         4,
         std::string(49, 'x'),
         "101 instructions"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.name) {
            const Folder folder;
            assemble(folder, row.source);
            std::vector<std::string> arguments{"boot", "guest.elf"};
            arguments.insert(arguments.end(), row.options.begin(), row.options.end());
            const Ran ran = invoke(folder, arguments);
            CHECK(ran.status == row.status);
            if (std::string(row.name) == "a flood up to the limit")
                CHECK(ran.out.find_first_not_of('x') == std::string::npos);
            else
                CHECK(ran.out == row.out);
            CHECK_MESSAGE(ran.err.find(row.reason) != std::string::npos, ran.err);
        }
    }
}

TEST_CASE("boot gives its statistics as JSON on stderr") {
    const Folder folder;
    assemble(folder, hello());
    const Ran ran = invoke(folder, {"boot", "guest.elf", "--stats", "json"});
    CHECK(ran.status == 7);
    CHECK(ran.out == "hi\n");
    const auto json = nlohmann::json::parse(ran.err, nullptr, false);
    REQUIRE_MESSAGE(!json.is_discarded(), ran.err);
    CHECK(json["instructions"] == 9);
    CHECK(json["cycles"].get<long>() >= 9);
    CHECK(json["wall_seconds"].get<double>() >= 0);
}

TEST_CASE("an image that is none is one sentence and status 2") {
    const Folder folder;
    folder.write("empty.elf", "");
    folder.write("cut.elf", std::string("\x7f"
                                        "ELF\1\1\1",
                                        7));
    folder.write("huge.elf", [] {
        // An ELF32 header whose program headers lie far outside the file.
        std::string bytes(52, '\0');
        bytes.replace(0, 7,
                      std::string("\x7f"
                                  "ELF\1\1\1",
                                  7));
        bytes[16] = 2, bytes[18] = 3, bytes[20] = 1;
        bytes[31] = 0x7f, bytes[42] = 32, bytes[44] = 5;
        return bytes;
    }());
    for (const char* image : {"empty.elf", "cut.elf", "huge.elf"}) {
        CAPTURE(image);
        const Ran ran = invoke(folder, {"boot", image});
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
        CHECK(ran.err.find(image) != std::string::npos);
    }
}

TEST_CASE("a source with a mistake leaves no image and names the place") {
    const Folder folder;
    folder.write("bad.asm", "bits 32\nstart: movv eax, 1\n");
    const Ran ran = invoke(folder, {"asm", "bad.asm", "-o", "bad.elf"});
    CHECK(ran.status == 2);
    CHECK(ran.err.find("bad.asm:2:8") != std::string::npos);
    CHECK(ran.err.find("mov") != std::string::npos);
    CHECK(folder.names() == std::vector<std::string>{"bad.asm"});
}

TEST_CASE("disasm prints the instructions that asm put in") {
    const Folder folder;
    assemble(folder, hello());
    const Ran ran = invoke(folder, {"disasm", "guest.elf"});
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(ran.out.find("start:") != std::string::npos);
    CHECK(ran.out.find("out dx, al") != std::string::npos);
    CHECK(ran.out.find("hang:") != std::string::npos);
    CHECK(ran.out.find("hlt") != std::string::npos);
}

TEST_CASE("what goes to the second serial port goes to the file that --serial2 names") {
    const std::string source = guest(
        "mov al, 'a'\nmov dx, 0x3f8\nout dx, al\n"
        "mov al, 'b'\nmov dx, 0x2f8\nout dx, al\nout dx, al\n"
        "mov al, 1\nout 0xf4, al\n");
    const Folder folder;
    assemble(folder, source);
    const Ran without = invoke(folder, {"boot", "guest.elf"});
    CHECK(without.out == "a");
    const Ran ran = invoke(folder, {"boot", "guest.elf", "--serial2", "second.txt"});
    CHECK(ran.status == 3);
    CHECK(ran.out == "a");
    CHECK(slurp(folder.path() / "second.txt") == "bb");
    const Ran nowhere = invoke(folder, {"boot", "guest.elf", "--serial2", "no/such/place.txt"});
    CHECK(nowhere.status == 2);
    CHECK(nowhere.out.empty());
    CHECK(nowhere.err.find("no/such/place.txt: cannot be written") != std::string::npos);
}
