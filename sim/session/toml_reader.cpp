#include "sim/session/toml_reader.hpp"

#include <algorithm>

#include "sim/base/nearest.hpp"

namespace ringside::session {
namespace {

std::string_view type_of(const toml::node& node) {
    if (node.is_table()) return "a table";
    if (node.is_array()) return "an array";
    if (node.is_string()) return "a string";
    if (node.is_integer()) return "an integer";
    if (node.is_floating_point()) return "a floating-point number";
    if (node.is_boolean()) return "a boolean";
    return "a date or time";
}

}  // namespace

void TomlFile::fail(const toml::source_region& where, std::string message, std::string hint) {
    if (error) return;
    error = Diagnostic{name, static_cast<int>(where.begin.line),
                       static_cast<int>(where.begin.column), std::move(message), std::move(hint)};
}

TomlReader::TomlReader(TomlFile& file, const toml::table& table, std::string path)
    : file_(file), table_(table), path_(std::move(path)) {}

std::string TomlReader::named(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const toml::node* TomlReader::find(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
    return file_.error ? nullptr : table_.get(key);
}

void TomlReader::wrong_type(const toml::node& node, std::string_view key,
                            std::string_view expected) {
    file_.fail(node.source(), "\"" + named(key) + "\" must be " + std::string(expected) + ", not " +
                                  std::string(type_of(node)));
}

bool TomlReader::has(std::string_view key) { return find(key) != nullptr; }

bool TomlReader::is_table(std::string_view key) {
    const toml::node* node = find(key);
    return node && node->is_table();
}

std::string TomlReader::text(std::string_view key, bool required) {
    const toml::node* node = find(key);
    if (!node) {
        if (required)
            file_.fail(table_.source(), "the key \"" + named(key) + "\" (a string) is missing");
        return {};
    }
    if (const auto* value = node->as_string()) return value->get();
    wrong_type(*node, key, "a string");
    return {};
}

u64 TomlReader::number(std::string_view key, u64 otherwise, u64 smallest, u64 largest) {
    const toml::node* node = find(key);
    if (!node) return otherwise;
    const auto* value = node->as_integer();
    if (!value) {
        wrong_type(*node, key, "an integer");
        return otherwise;
    }
    const i64 number = value->get();
    if (number < 0 || static_cast<u64>(number) < smallest || static_cast<u64>(number) > largest) {
        file_.fail(node->source(), "\"" + named(key) + "\" must be from " +
                                       std::to_string(smallest) + " to " + std::to_string(largest) +
                                       ", not " + std::to_string(number));
        return otherwise;
    }
    return static_cast<u64>(number);
}

bool TomlReader::flag(std::string_view key, bool otherwise) {
    const toml::node* node = find(key);
    if (!node) return otherwise;
    if (const auto* value = node->as_boolean()) return value->get();
    wrong_type(*node, key, "true or false");
    return otherwise;
}

std::vector<std::string> TomlReader::texts(std::string_view key) {
    std::vector<std::string> out;
    const toml::node* node = find(key);
    if (!node) return out;
    const toml::array* array = node->as_array();
    if (!array) {
        wrong_type(*node, key, "an array of strings");
        return out;
    }
    for (const toml::node& element : *array) {
        if (const auto* value = element.as_string())
            out.push_back(value->get());
        else
            wrong_type(element, key, "an array of strings");
    }
    return out;
}

size_t TomlReader::choice(std::string_view key, const std::vector<std::string>& names,
                          size_t otherwise) {
    if (!has(key)) return otherwise;
    const std::string value = text(key, true);
    const auto found = std::find(names.begin(), names.end(), value);
    if (found != names.end()) return static_cast<size_t>(found - names.begin());
    std::string all;
    for (const std::string& one : names) all += (all.empty() ? "" : ", ") + one;
    const std::string near = nearest(value, names);
    file_.fail(place(key),
               "\"" + named(key) + "\" must be one of " + all + ", not \"" + value + "\"",
               near.empty() ? "" : "did you mean \"" + near + "\"?");
    return otherwise;
}

const toml::table* TomlReader::table(std::string_view key) {
    const toml::node* node = find(key);
    if (!node) return nullptr;
    if (const toml::table* value = node->as_table()) return value;
    wrong_type(*node, key, "a table");
    return nullptr;
}

std::vector<const toml::table*> TomlReader::tables(std::string_view key) {
    std::vector<const toml::table*> out;
    const toml::node* node = find(key);
    if (!node) return out;
    const toml::array* array = node->as_array();
    if (!array) {
        wrong_type(*node, key, "an array of tables");
        return out;
    }
    for (const toml::node& element : *array) {
        if (const toml::table* value = element.as_table())
            out.push_back(value);
        else
            wrong_type(element, key, "an array of tables");
    }
    return out;
}

toml::source_region TomlReader::place(std::string_view key) const {
    const toml::node* node = table_.get(key);
    return node ? node->source() : table_.source();
}

toml::source_region TomlReader::place_in(std::string_view key, size_t index) const {
    const toml::node* node = table_.get(key);
    if (node && node->is_array() && index < node->as_array()->size())
        return node->as_array()->get(index)->source();
    return place(key);
}

std::vector<std::string> TomlReader::keys() {
    std::vector<std::string> out;
    for (auto&& [key, node] : table_) out.emplace_back(key.str());
    for (const std::string& key : out) known_.push_back(key);
    return out;
}

void TomlReader::finish() {
    // In the order of the file, not of the alphabet: the first wrong key is the one to name.
    const toml::key* first = nullptr;
    for (auto&& [key, node] : table_) {
        if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
        if (!first || key.source().begin < first->source().begin) first = &key;
    }
    if (!first) return;
    const std::string near = nearest(first->str(), known_);
    std::string hint;
    if (!near.empty()) {
        hint = "did you mean \"" + near + "\"?";
    } else {
        for (const std::string& one : known_) hint += (hint.empty() ? "known keys: " : ", ") + one;
    }
    file_.fail(first->source(), "unknown key \"" + named(first->str()) + "\"", hint);
}

}  // namespace ringside::session
