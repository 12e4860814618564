// The symbols of an image.
#include "sim/image/symbols.hpp"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <tuple>

namespace ringside::image {

namespace {
// Substitutions let a short hostile name expand without bound, each at most doubling it.
constexpr size_t longest_mangled = 512;
constexpr int most_substitutions = 10;

bool safe_to_demangle(const std::string& raw) {
    if (!raw.starts_with("_Z") || raw.size() > longest_mangled) return false;
    int substitutions = 0;
    for (size_t i = 2; i + 1 < raw.size(); ++i) {
        const bool reference = raw[i] == 'S' || raw[i] == 'T';
        const char next = raw[i + 1];
        const bool indexed =
            next == '_' || (next >= '0' && next <= '9') || (next >= 'A' && next <= 'Z');
        substitutions += reference && indexed;
    }
    return substitutions <= most_substitutions;
}
}  // namespace

std::string demangled(const std::string& raw) {
    if (!safe_to_demangle(raw)) return raw;
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text(
        abi::__cxa_demangle(raw.c_str(), nullptr, nullptr, &status), &std::free);
    return status == 0 && text ? text.get() : raw;
}

std::string SymbolAt::text() const {
    return offset ? fmt::format("{}+{:#x}", symbol->name, offset) : symbol->name;
}

SymbolTable::SymbolTable(std::vector<Symbol> symbols) : symbols_(std::move(symbols)) {
    const auto order = [](const Symbol& s) {
        return std::tuple(s.kind == SymbolKind::Absolute, s.address, s.kind, s.global);
    };
    std::ranges::stable_sort(symbols_, {}, order);
    by_raw_.resize(symbols_.size());
    std::iota(by_raw_.begin(), by_raw_.end(), 0u);
    std::ranges::stable_sort(by_raw_, {},
                             [this](u32 i) -> const std::string& { return symbols_[i].raw; });
}

std::optional<SymbolAt> SymbolTable::at(u32 address) const {
    const auto places = std::ranges::partition_point(
        symbols_, [](const Symbol& s) { return s.kind != SymbolKind::Absolute; });
    auto next = std::upper_bound(symbols_.begin(), places, address,
                                 [](u32 a, const Symbol& s) { return a < s.address; });
    if (next == symbols_.begin()) return std::nullopt;
    const Symbol& nearest = *--next;
    const u32 offset = address - nearest.address;
    if (nearest.size && offset >= nearest.size) return std::nullopt;
    return SymbolAt{&nearest, offset};
}

const Symbol* SymbolTable::find(std::string_view name) const {
    const auto raw = [this](u32 i) -> std::string_view { return symbols_[i].raw; };
    const auto found = std::ranges::lower_bound(by_raw_, name, {}, raw);
    if (found != by_raw_.end() && raw(*found) == name) return &symbols_[*found];
    const auto fits = [name](const Symbol& s) {
        return s.name == name || std::string_view(s.name).substr(0, s.name.find('(')) == name;
    };
    const auto readable = std::ranges::find_if(symbols_, fits);
    return readable == symbols_.end() ? nullptr : &*readable;
}

}  // namespace ringside::image
