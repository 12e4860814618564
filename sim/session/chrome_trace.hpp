// A recorded run as Chrome Trace Event JSON, which Perfetto and chrome://tracing open.
//
//   lane             what is drawn
//   guest kernel     [ ring 1 ]--.            .->[ ring 1 ]     a slice: the CPU stayed here
//   VMM                          `->[ ring 0 ]-'                an arrow: it crossed over
//                                   ' trap.emulate              an instant: an event, with its
//                                   place
//   counters         VM exits, TLB misses, as far as the run has come
//
// One cycle is a nanosecond of the trace's clock.
#pragma once
#include <optional>
#include <string>

#include "sim/session/session.hpp"
#include "sim/session/story.hpp"
#include "sim/session/translations.hpp"

namespace ringside::session {

class ChromeTrace {
  public:
    /// Of a session that records and stands at its start; it must outlive the trace.
    explicit ChromeTrace(const Session& session) : session_(session) {}

    /// Takes in what has happened since the last time. Instructions are shown as memory has them
    /// now, and the counters grow by a step: not too seldom.
    void extend();
    /// The whole file. The session must have come to its end; the trace is done with then.
    std::string finish();

  private:
    void add_happening(size_t index);
    void add_stay(size_t index, Cycle end);
    void add_instant(u64 event, Lane lane);
    void add_counters();
    void add(const std::string& event);
    std::optional<u32> guest_instruction(u64 event) const;
    Lane lane_of_event(u64 event) const;

    const Session& session_;
    Story story_;
    Translations translations_;
    u64 told_ = 0;  ///< events that are in the text
    size_t happenings_ = 0, stays_ = 0;
    bool lanes_[lane_count] = {};
    std::string text_;
};

/// Runs the session to its end, and gives its trace.
std::string trace_of(Session& session);

}  // namespace ringside::session
