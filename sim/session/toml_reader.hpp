// Reading TOML tables strictly: the first wrong thing wins, with its place and the nearest key.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "sim/base/diagnostic.hpp"
#include "sim/base/types.hpp"

namespace ringside::session {

/// The file being read and the first thing found wrong in it.
struct TomlFile {
    std::string name;
    std::optional<Diagnostic> error;

    void fail(const toml::source_region& where, std::string message, std::string hint = "");
};

/// One table. Every key asked for is known; `finish` reports those that nobody asked for.
/// After a failure all reads give their default, so that callers need not test each one.
class TomlReader {
  public:
    /// `path` is how the table is named in messages: "guest", "stop"; empty for the file itself.
    TomlReader(TomlFile& file, const toml::table& table, std::string path);

    bool has(std::string_view key);
    bool is_table(std::string_view key);
    std::string text(std::string_view key, bool required);
    u64 number(std::string_view key, u64 otherwise, u64 smallest, u64 largest);
    bool flag(std::string_view key, bool otherwise);
    std::vector<std::string> texts(std::string_view key);
    /// A value that must be one of `names`; its index.
    size_t choice(std::string_view key, const std::vector<std::string>& names, size_t otherwise);
    /// The table under `key`, or nullptr when there is none.
    const toml::table* table(std::string_view key);
    /// The tables of an array of tables; empty when there is none.
    std::vector<const toml::table*> tables(std::string_view key);

    /// Places for messages of the caller's own.
    toml::source_region place(std::string_view key) const;
    toml::source_region place_in(std::string_view key, size_t index) const;
    std::string named(std::string_view key) const;
    TomlFile& file() { return file_; }
    /// Every key of the table, which then all count as known: for tables keyed by name.
    std::vector<std::string> keys();
    void finish();

  private:
    const toml::node* find(std::string_view key);
    void wrong_type(const toml::node& node, std::string_view key, std::string_view expected);

    TomlFile& file_;
    const toml::table& table_;
    std::string path_;
    std::vector<std::string> known_;
};

}  // namespace ringside::session
