#include "sim/asm/preprocessor.hpp"

#include "sim/asm/lexer.hpp"

namespace ringside::assembler {

std::vector<Line> preprocess(const Source& source, const Options&, Reports& reports) {
    std::vector<Line> out;
    const u32 file = reports.add_file(source.name);
    int number = 0;
    for (size_t at = 0; at < source.text.size();) {
        size_t end = source.text.find('\n', at);
        if (end == std::string::npos) end = source.text.size();
        Line line;
        line.place = {file, ++number, 0};
        line.tokens = lex(std::string_view(source.text).substr(at, end - at));
        if (!line.tokens.empty()) out.push_back(std::move(line));
        at = end + 1;
    }
    return out;
}

}  // namespace ringside::assembler
