// ringside-ui: the program.
#include <cstdio>
#include <string>
#include <vector>

#include "ui/app/options.hpp"
#include "ui/app/program.hpp"

namespace {

constexpr int bad_usage = 2;

int complain(const ringside::Diagnostic& why) {
    std::fprintf(stderr, "ringside-ui: %s\n", why.text().c_str());
    return bad_usage;
}

}  // namespace

int main(int count, char** words) {
    using namespace ringside::ui;
    const auto options = parse_options(std::vector<std::string>(words + 1, words + count));
    if (!options) return complain(options.error());
    if (options->help || options->version) {
        std::fputs(options->help ? help_text() : "ringside-ui 0.1.0\n", stdout);
        return 0;
    }
    const ringside::Status done = run_program(*options);
    return done ? 0 : complain(done.error());
}
