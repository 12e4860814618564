// Reads the records of .ringside.probes.
#include "sim/image/probes.hpp"

#include <fmt/format.h>

namespace ringside::image {

namespace {
constexpr u32 alignment = 4;
struct RecordHead {
    u32 size, address;
};

Result<std::vector<ProbeArgument>> parse_arguments(std::string_view text,
                                                   const SymbolTable& symbols) {
    std::vector<ProbeArgument> out;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.empty()) return out;
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());
        const size_t equals = word.find('=');
        if (equals == std::string_view::npos || equals == 0)
            return Diagnostic{.message = fmt::format("'{}' is not of the form name=operand", word)};
        auto operand = parse_operand(word.substr(equals + 1), symbols);
        if (!operand) return operand.error();
        out.push_back({std::string(word.substr(0, equals)), *operand});
    }
}
}  // namespace

Result<std::vector<ProbePoint>> parse_probes(Bytes bytes, const SymbolTable& symbols,
                                             const std::string& file) {
    std::vector<ProbePoint> out;
    u64 offset = 0;
    const auto malformed = [&](std::string_view what) {
        return Diagnostic{.file = file,
                          .message = fmt::format("{} + {:#x}: {}", probe_section, offset, what)};
    };
    while (offset < bytes.size()) {
        const auto head = read_at<RecordHead>(bytes, offset);
        if (!head) return malformed("the section ends inside a record");
        if (head->size < sizeof(RecordHead) || head->size % alignment ||
            !holds(bytes, offset, head->size))
            return malformed(fmt::format("a record of {} bytes does not fit", head->size));
        const Bytes texts =
            bytes.subspan(offset + sizeof(RecordHead), head->size - sizeof(RecordHead));
        const auto name = text_at(texts, 0);
        if (!name || name->empty()) return malformed("a probe point without a name");
        const auto text = text_at(texts, name->size() + 1);
        if (!text)
            return malformed(fmt::format("probe point '{}': the arguments do not end", *name));
        auto arguments = parse_arguments(*text, symbols);
        if (!arguments) {
            Diagnostic error = arguments.error();
            error.file = file;
            error.message =
                fmt::format("probe point '{}' at {:#x}: {}", *name, head->address, error.message);
            return error;
        }
        out.push_back({std::string(*name), head->address, std::move(arguments).value()});
        offset += head->size;
    }
    return out;
}

}  // namespace ringside::image
