// Result<T>: a value, or the diagnostic that says why there is none.
#pragma once
#include <optional>
#include <utility>
#include <variant>

#include "sim/base/check.hpp"
#include "sim/base/diagnostic.hpp"

namespace ringside {

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Diagnostic error) : state_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }
    T& value() & { return RINGSIDE_CHECK(ok()), std::get<0>(state_); }
    const T& value() const& { return RINGSIDE_CHECK(ok()), std::get<0>(state_); }
    T&& value() && { return RINGSIDE_CHECK(ok()), std::get<0>(std::move(state_)); }
    const Diagnostic& error() const { return RINGSIDE_CHECK(!ok()), std::get<1>(state_); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

  private:
    std::variant<T, Diagnostic> state_;
};

/// Success without a value, or a diagnostic.
class [[nodiscard]] Status {
  public:
    Status() = default;
    Status(Diagnostic error) : error_(std::move(error)) {}
    bool ok() const { return !error_; }
    explicit operator bool() const { return ok(); }
    const Diagnostic& error() const { return RINGSIDE_CHECK(error_.has_value()), *error_; }

  private:
    std::optional<Diagnostic> error_;
};

}  // namespace ringside
