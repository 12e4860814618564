// The recording as time.
#include "sim/session/story.hpp"

#include <doctest/doctest.h>

#include "ui/view/make_timeline_view.hpp"

using namespace ringside;
using namespace ringside::ui;
using session::Recorded;
using trace::EventKind;

namespace {

Recorded recorded(EventKind kind, session::World world, Cycle when, u64 instruction, u8 before,
                  u8 after) {
    Recorded r;
    r.event.kind = kind;
    r.event.when = when;
    r.event.instruction = instruction;
    r.event.cpl_before = before;
    r.event.cpl_after = after;
    r.world = world;
    return r;
}

/// The guest kernel at ring 1 traps into the VMM, which returns; then POPF runs silently.
std::vector<Recorded> one_trap() {
    using session::World;
    return {recorded(EventKind::Exception, World::Guest, 100, 10, 1, 0),
            recorded(EventKind::RingChange, World::Guest, 130, 10, 1, 0),
            recorded(EventKind::Probe, World::Vmm, 200, 20, 0, 0),
            recorded(EventKind::InterruptReturn, World::Vmm, 300, 30, 1, 1),
            recorded(EventKind::RingChange, World::Vmm, 330, 30, 0, 1),
            recorded(EventKind::Sensitive, World::Guest, 400, 40, 1, 1)};
}

}  // namespace

TEST_CASE("An exception and its change of ring are one happening, explained by the exception") {
    session::Story story;
    story.extend(one_trap());
    REQUIRE(story.happenings().size() == 4);
    const session::Happening& trap = story.happenings()[0];
    CHECK(trap.main == 0);
    CHECK(trap.last == 1);
    CHECK(trap.crossing);
    CHECK(trap.from == World::GuestKernel);
    CHECK(trap.to == World::Vmm);
    CHECK(trap.ring_from == 1);
    CHECK(trap.ring_to == 0);
    CHECK_FALSE(story.happenings()[1].crossing);
    CHECK(story.happenings()[2].to == World::GuestKernel);
}

TEST_CASE("The order of exception and change of ring does not matter") {
    auto recording = one_trap();
    std::swap(recording[0], recording[1]);
    session::Story story;
    story.extend(recording);
    REQUIRE(story.happenings().size() == 4);
    CHECK(story.happenings()[0].main == 1);
    CHECK(story.happenings()[0].to == World::Vmm);
}

TEST_CASE("Stays follow each other without gaps") {
    session::Story story;
    story.extend(one_trap());
    const auto& spans = story.spans();
    REQUIRE(spans.size() == 3);
    CHECK(spans[0] == TimelineSpan{World::GuestKernel, 1, 0, 130});
    CHECK(spans[1] == TimelineSpan{World::Vmm, 0, 130, 330});
    CHECK(spans[2] == TimelineSpan{World::GuestKernel, 1, 330, 400});
}

TEST_CASE("Taking the recording piece by piece gives the same story") {
    const auto recording = one_trap();
    session::Story whole, pieces;
    whole.extend(recording);
    for (size_t n = 1; n <= recording.size(); ++n) pieces.extend(std::span(recording).first(n));
    CHECK(whole.spans() == pieces.spans());
    REQUIRE(whole.happenings().size() == pieces.happenings().size());
    for (size_t i = 0; i < whole.happenings().size(); ++i) {
        CHECK(whole.happenings()[i].to == pieces.happenings()[i].to);
        CHECK(whole.happenings()[i].last == pieces.happenings()[i].last);
        CHECK(whole.happenings()[i].crossing == pieces.happenings()[i].crossing);
    }
}

TEST_CASE("A fault on fetching from an unmapped page is the guest's, not the VMM's") {
    auto recording = one_trap();
    recording[0].world = recording[1].world =
        session::World::Vmm;  // "outside" of every known range
    recording[0].event.phys = recording[1].event.phys = HostPhys{~u64{0}};
    session::Story story;
    story.extend(recording);
    CHECK(story.happenings()[0].from == World::GuestKernel);
    CHECK_FALSE(story.seen(false, 1, World::Vmm));
}

TEST_CASE("A VM entry is the VMM's doing, not the guest's") {
    auto entry = recorded(EventKind::VmEntry, session::World::Vmm, 100, 10, 0, 0);
    entry.event.non_root = true;
    // An exit for an interrupt belongs to no instruction: its place may be unknown.
    auto next = recorded(EventKind::VmExit, session::World::Vmm, 200, 20, 0, 0);
    next.event.non_root = true;
    session::Story story;
    story.extend(
        std::vector{entry, next, recorded(EventKind::Probe, session::World::Vmm, 300, 30, 0, 0)});
    CHECK_FALSE(story.seen(true, 0, World::Vmm));
    CHECK(story.seen(false, 0, World::Vmm));
    CHECK(story.seen(true, 0, World::GuestKernel));
}

TEST_CASE("Where the last crossing led is known from where the CPU is") {
    auto recording = one_trap();
    recording.resize(5);  // up to the IRET
    session::Story story;
    story.extend(recording);
    CHECK(story.happenings().back().to == World::Vmm);
    story.arrive_now(World::GuestKernel, 1);
    CHECK(story.happenings().back().to == World::GuestKernel);
    REQUIRE(story.spans().size() == 3);
    CHECK(story.spans().back().lane == World::GuestKernel);
    story.extend(one_trap());
    CHECK(story.spans().size() == 3);
}

TEST_CASE("A VMM that calls its host in the same ring goes to another lane") {
    using session::World;
    auto in_vmm = recorded(EventKind::Probe, World::Vmm, 200, 20, 0, 0);
    in_vmm.probe = "vtx.exit";
    auto in_host = recorded(EventKind::Probe, World::Host, 300, 30, 0, 0);
    in_host.probe = "trip.host";
    auto again = recorded(EventKind::Probe, World::Host, 350, 35, 0, 0);
    again.probe = "trip.host";
    session::Story story;
    story.extend(std::vector{in_vmm, in_host, again});
    REQUIRE(story.happenings().size() == 2);  // a point of a trip that leads nowhere is none
    const session::Happening& call = story.happenings()[1];
    CHECK(call.crossing);
    CHECK(call.from == ui::World::Vmm);
    CHECK(call.to == ui::World::Host);
    REQUIRE(story.spans().size() == 2);
    CHECK(story.spans()[0].end == 300);
    CHECK(story.spans()[1].lane == ui::World::Host);
}

TEST_CASE("Ring 3 of the host is a process, in whatever page its code lies") {
    CHECK(session::lane_of(session::World::Host, 0) == World::Host);
    CHECK(session::lane_of(session::World::Host, 3) == World::HostProcess);
    CHECK(session::lane_of(session::World::DeviceProcess, 3) == World::HostProcess);
    CHECK(session::lane_of(session::World::OtherProcess, 3) == World::HostProcess);
}

TEST_CASE("Ring 3 of the guest is its application") {
    CHECK(session::lane_of(session::World::Guest, 3) == World::GuestApplication);
    CHECK(session::lane_of(session::World::Guest, 1) == World::GuestKernel);
    CHECK(session::lane_of(session::World::Translated, 1) == World::Translated);
}

TEST_CASE("What happened last is found by the count of events, an unfinished one not counted") {
    session::Story story;
    story.extend(one_trap());
    CHECK(story.after(0) == -1);
    CHECK(story.after(1) == -1);  // the exception, but not yet its change of ring
    CHECK(story.after(2) == 0);
    CHECK(story.after(3) == 1);
    CHECK(story.after(100) == 3);
}

TEST_CASE("Who has been seen in which ring is remembered") {
    session::Story story;
    story.extend(one_trap());
    CHECK(story.seen(false, 1, World::GuestKernel));
    CHECK(story.seen(false, 0, World::Vmm));
    CHECK_FALSE(story.seen(false, 1, World::Vmm));  // where an IRET led to is not where it ran
    CHECK_FALSE(story.seen(false, 3, World::GuestApplication));
    CHECK_FALSE(story.seen(true, 0, World::GuestKernel));
}

TEST_CASE("The timeline shows a million crossings with about as many spans as pixels") {
    session::Story story;
    std::vector<Recorded> recording;
    for (u64 i = 0; i < 200'000; ++i) {
        const bool in = i % 2 == 0;
        recording.push_back(recorded(EventKind::RingChange,
                                     in ? session::World::Guest : session::World::Vmm, i * 50, i,
                                     in ? 1 : 0, in ? 0 : 1));
    }
    story.extend(recording);
    TimelineRequest request;
    request.end = request.recorded = 200'000 * 50;
    const TimelineView view =
        make_timeline_view(story, request, [](size_t) { return EventWords{}; });
    CHECK(view.spans.size() < 4000);
    CHECK(view.spans.size() > 100);
    CHECK(view.marks.size() <= 1000);
}

TEST_CASE("A silent instruction is marked on the timeline although it is no crossing") {
    session::Story story;
    story.extend(one_trap());
    TimelineRequest request;
    request.end = request.recorded = 500;
    request.open = World::GuestKernel;
    const auto words = [](size_t index) {
        EventWords w;
        w.tone = index == 3 ? Tone::Silent : Tone::Plain;
        w.label = std::to_string(index);
        return w;
    };
    const TimelineView view = make_timeline_view(story, request, words);
    REQUIRE(view.marks.size() == 3);
    CHECK(view.marks[2].tone == Tone::Silent);
    CHECK(view.marks[2].from == view.marks[2].to);
    CHECK(view.spans.back().end == 500);
}

TEST_CASE("A fault whose instruction nobody can place is told by its ring, which comes second") {
    using session::World;
    std::vector<Recorded> recording{recorded(EventKind::InterruptReturn, World::Vmm, 100, 10, 0, 0),
                                    recorded(EventKind::RingChange, World::Vmm, 100, 10, 0, 3),
                                    recorded(EventKind::Exception, World::Vmm, 200, 20, 1, 0),
                                    recorded(EventKind::RingChange, World::Vmm, 200, 20, 3, 0),
                                    recorded(EventKind::Probe, World::Vmm, 300, 30, 0, 0)};
    recording[2].event.phys = recording[3].event.phys = HostPhys{~u64{0}};
    session::Story story;
    story.extend(recording);
    REQUIRE(story.happenings().size() == 3);
    CHECK(story.happenings()[0].to == ui::World::GuestApplication);
    CHECK(story.happenings()[1].from == ui::World::GuestApplication);
    CHECK(story.spans()[1].lane == ui::World::GuestApplication);
    CHECK(story.spans()[1].ring == 3);
}

TEST_CASE("What an instruction did that changed the ring does not tell where it led") {
    using session::World;
    std::vector<Recorded> recording{recorded(EventKind::RingChange, World::Guest, 100, 10, 3, 0),
                                    recorded(EventKind::Sensitive, World::Guest, 100, 10, 3, 3),
                                    recorded(EventKind::PortWrite, World::Guest, 200, 20, 0, 0)};
    recording[2].event.address = {0x1000};
    session::Story story;
    story.extend(std::span(recording).first(2));
    CHECK(story.settled() == 0);
    story.extend(recording);
    CHECK(story.settled() == 2);
    CHECK(story.happenings()[0].to == ui::World::GuestKernel);
    CHECK(story.spans().back().lane == ui::World::GuestKernel);
}
