// Reads the golden CSV files: comma, double quotes where needed, first line = column names.
#pragma once
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace ringside::test {

using Row = std::map<std::string, std::string>;

inline std::vector<std::string> csv_cells(const std::string& line) {
    std::vector<std::string> out(1);
    bool quoted = false;
    for (size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"')
            out.back() += line[++i];
        else if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}

inline std::vector<Row> read_csv(const std::string& path) {
    std::ifstream file(path);
    REQUIRE_MESSAGE(file.good(), path << " must be readable from the working directory");
    std::string line;
    std::getline(file, line);
    const auto names = csv_cells(line);
    std::vector<Row> rows;
    while (std::getline(file, line)) {
        const auto values = csv_cells(line);
        REQUIRE_MESSAGE(values.size() == names.size(), path << ": " << line);
        Row row;
        for (size_t i = 0; i < names.size(); ++i) row[names[i]] = values[i];
        rows.push_back(row);
    }
    return rows;
}

}  // namespace ringside::test
