// Programs as listings, and the code panel's rows.
#include "ui/view/listing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "sim/session/guest_image.hpp"
#include "ui/view/make_code_view.hpp"

using namespace ringside;
using namespace ringside::ui;

namespace {

std::vector<std::string> lines_of(const std::string& path) {
    std::ifstream in(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

Listing popf() {
    session::GuestBuild build;
    build.source = std::filesystem::absolute("scenarios/guests/popf/popf.asm");
    const auto tree = std::filesystem::absolute("scenarios");
    const auto program = session::build_guest(build, tree);
    REQUIRE_MESSAGE(program.ok(), (program.ok() ? "" : program.error().text()));
    return Listing(program->image,
                   [&](std::string_view file) { return lines_of((tree / file).string()); });
}

const Listing::Row& instruction(const Listing& listing, isa::Op op) {
    return *std::find_if(listing.rows().begin(), listing.rows().end(),
                         [op](const auto& row) { return row.op == op; });
}

}  // namespace

TEST_CASE("A guest's listing has its labels, its instructions by name, and what its author says") {
    const Listing listing = popf();
    const auto has = [&](CodeRowKind kind, std::string_view text) {
        return std::any_of(listing.rows().begin(), listing.rows().end(), [&](const auto& row) {
            return row.kind == kind && row.text.find(text) != std::string::npos;
        });
    };
    CHECK(has(CodeRowKind::Label, "main:"));
    CHECK(has(CodeRowKind::Instruction, "call tick_init"));
    CHECK(has(CodeRowKind::Instruction, "popfd"));
    CHECK(has(CodeRowKind::Instruction, "observations.if_after_cli"));
    CHECK(has(CodeRowKind::Source, "; traps in ring 1"));
}

TEST_CASE("Every byte of an instruction leads to its row, and its place names file and line") {
    const Listing listing = popf();
    const Listing::Row& call = instruction(listing, isa::Op::CALL);
    REQUIRE(call.length == 5);
    for (u32 i = 0; i < 5; ++i) CHECK(&listing.rows()[*listing.row_at(call.address + i)] == &call);
    CHECK_FALSE(listing.row_at(0).has_value());
    CHECK_FALSE(listing.row_at(0xffffffff).has_value());
    CHECK(listing.place(instruction(listing, isa::Op::POPF).address).rfind("popf.asm:", 0) == 0);
}

TEST_CASE("The code panel marks what does not trap only where the kernel is deprivileged") {
    CodeBook book;
    book.guest = popf();
    book.native = true;
    const u32 popfd = instruction(book.guest, isa::Op::POPF).address;
    CodePlaceNow now;
    now.world = World::GuestKernel;
    now.guest_started = true;
    now.eip = now.guest_eip = popfd;
    const std::set<u64> wrong = {popfd};
    CodeMark expected = CodeMark::None;
    SUBCASE("on the bare machine") {}
    SUBCASE("in ring 1") {
        now.deprivileged = true;
        expected = CodeMark::Silent;
    }
    SUBCASE("in ring 1 with a wrong answer") {
        now.deprivileged = true;
        now.wrong = &wrong;
        expected = CodeMark::Wrong;
    }
    const CodeView view = make_code_view(book, now, {});
    REQUIRE(view.columns.size() == 1);
    const CodeColumn& column = view.columns[0];
    REQUIRE(column.focus >= 0);
    const CodeRow& row = column.rows[size_t(column.focus)];
    CHECK(row.current);
    CHECK(row.address == popfd);
    CHECK(row.mark == expected);
    CHECK(std::count_if(column.rows.begin(), column.rows.end(),
                        [](const CodeRow& r) { return r.current; }) == 1);
}

TEST_CASE("Before the guest starts its column says so") {
    CodeBook book;
    book.guest = popf();
    const CodeView view = make_code_view(book, {}, {});
    CHECK(view.columns[0].rows.empty());
    CHECK_FALSE(view.columns[0].empty.empty());
}

TEST_CASE("A 64-bit program is listed as such") {
    image::Image image;
    image.segments = {{0x100000, 0x100000, {0x48, 0x89, 0xc3, 0xc3}, 4}};  // mov rbx, rax; ret
    image.lines = image::LineTable(
        {"a.asm"}, {{0x100000, 0, 1, 0, true, false}, {0x100004, 0, 1, 0, true, true}});
    const auto texts = [&image](unsigned bits) {
        std::vector<std::string> out;
        const Listing listing(image, nullptr, bits);
        for (const Listing::Row& row : listing.rows()) out.push_back(row.text);
        return out;
    };
    CHECK(texts(64) == std::vector<std::string>{"mov rbx, rax", "ret"});
    CHECK(texts(32) == std::vector<std::string>{"dec eax", "mov ebx, eax", "ret"});
}
