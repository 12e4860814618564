// A host beside the VMM: its kernel and its processes have lanes, costs and words of their own.
#include <doctest/doctest.h>

#include <algorithm>

#include "ui/view/make_bottom_views.hpp"
#include "ui/view/make_code_view.hpp"
#include "ui/view/make_ring_map_view.hpp"
#include "ui/view/make_timeline_view.hpp"

using namespace ringside;
using namespace ringside::ui;

TEST_CASE("The ring map tells a host's kernel from the VMM, and who lives below a VMX guest") {
    const session::Story story;
    const RingMapView kernel = make_ring_map_view({World::Host, 0, true, false, false}, story);
    CHECK(kernel.where == "Ring 0 · host kernel");
    CHECK(kernel.root_who == "VMM and host");
    CHECK(kernel.sentence.starts_with("The host's kernel runs, in ring 0"));
    const RingMapView process =
        make_ring_map_view({World::HostProcess, 3, true, false, false}, story);
    CHECK(process.where == "Ring 3 · host process");
    CHECK(process.sentence.starts_with("A process of the host runs, in ring 3"));
    const RingMapView vmm = make_ring_map_view({World::Vmm, 0, true, false, false}, story);
    CHECK(vmm.where == "VMX root · ring 0 · VMM");
    CHECK(vmm.root_who == "VMM, ring 0");
    CHECK(make_ring_map_view({World::Host, 0, false, false, false}, story).who[0] == "host kernel");
}

TEST_CASE("The cost of a host's parts is shown where there is a host") {
    Tally t;
    t.by = {.guest = 400,
            .vmm = 100,
            .host = 200,
            .device_process = 50,
            .other_process = 150,
            .transition = 100};
    const auto part = [&](const char* name) {
        for (const CostPart& one : make_counter_view(t).cost)
            if (one.name == name) return one;
        return CostPart{};
    };
    CHECK(part("host kernel").share == doctest::Approx(0.2));
    CHECK(part("host kernel").world == int(World::Host));
    CHECK(part("device process").share == doctest::Approx(0.05));
    CHECK(part("other process").world == int(World::HostProcess));
    t.by.host = t.by.device_process = t.by.other_process = 0;
    CHECK(part("host kernel").name.empty());
}

TEST_CASE("The timeline has lanes for a host where there is one") {
    const session::Story story;
    const WordsFor none = [](size_t) { return EventWords{}; };
    TimelineRequest request;
    CHECK(make_timeline_view(story, request, none).lanes ==
          std::vector<World>{World::GuestKernel, World::Vmm});
    request.host = true;
    CHECK(make_timeline_view(story, request, none).lanes ==
          std::vector<World>{World::GuestKernel, World::Vmm, World::Host, World::HostProcess});
}

TEST_CASE("While the host runs, the code of the VMM's image is shown as the host's") {
    const CodeBook book;
    CodePlaceNow now;
    now.world = World::HostProcess;
    now.eip = now.vmm_eip = 0x400000;
    const CodeView view = make_code_view(book, now, {});
    REQUIRE(view.columns.size() == 2);
    CHECK(view.columns[1].title == "Host process");
    CHECK(view.columns[1].active);
    CHECK_FALSE(view.columns[0].active);
}
