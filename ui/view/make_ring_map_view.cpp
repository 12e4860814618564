// The words come from place and worlds; no technique is known here.
#include "ui/view/make_ring_map_view.hpp"

namespace ringside::ui {
namespace {

std::string sentence_for(const CpuPlace& p) {
    switch (p.world) {
        case World::Vmm:
            return p.vmx ? "VMX root operation: the VMM runs, the guest stands still; its state is "
                           "in the VMCS."
                         : "The VMM owns the real ring 0.";
        case World::Host:
            return "The host's kernel runs, in ring 0: it schedules processes, and a guest runs in "
                   "the time of one.";
        case World::HostProcess:
            return "A process of the host runs, in ring 3: the one that does the guest's devices, "
                   "or one that knows of no guest.";
        case World::Translated:
            return "Not the guest's own bytes: a translation of them runs, in ring " +
                   std::to_string(p.ring) + ".";
        case World::GuestApplication:
            return "An application of the guest runs, in ring 3, directly on the CPU.";
        case World::GuestKernel: break;
    }
    if (p.native) return "No VMM: the kernel owns ring 0, as it was written to.";
    if (p.non_root)
        return "A ring 0 of its own, in VMX non-root operation: the VMM chose what exits.";
    if (p.ring == 0) return "The guest kernel runs in ring 0.";
    return "The guest kernel was written for ring 0. The VMM has put it into ring " +
           std::to_string(p.ring) + ".";
}

std::string residents(const session::Story& story, const CpuPlace& p, bool non_root,
                      unsigned ring) {
    std::string names;
    for (unsigned n = 0; n < world_count; ++n) {
        const World world{u8(n)};
        const bool here = p.world == world && p.ring == ring && p.non_root == non_root;
        if (!here && !story.seen(non_root, ring, world)) continue;
        names += (names.empty() ? "" : ", ") + std::string(world_name(world));
    }
    return names;
}

}  // namespace

RingMapView make_ring_map_view(const CpuPlace& p, const session::Story& story) {
    RingMapView view;
    view.vmx = p.vmx;
    view.in_root = p.vmx && !p.non_root;
    view.ring = p.ring;
    view.world = p.world;
    view.where = (view.in_root && !is_host(p.world) ? "VMX root · ring " : "Ring ") +
                 std::to_string(p.ring) + " · " + world_name(p.world);
    view.sentence = sentence_for(p);
    // Under VMX the rings drawn are the guest's; those of root operation are one label in the
    // frame.
    for (unsigned ring = 0; ring < 4; ++ring) view.who[ring] = residents(story, p, p.vmx, ring);
    const bool hosted = is_host(p.world) || story.seen(false, 0, World::Host);
    if (p.vmx) view.root_who = hosted ? "VMM and host" : "VMM, ring 0";
    return view;
}

}  // namespace ringside::ui
