// Days and their dates in the Gregorian calendar.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::dev {

struct Date {
    i64 year = 1970;
    unsigned month = 1, day = 1;
    constexpr bool operator==(const Date&) const = default;
};

namespace calendar {
// A year that begins in March ends with its leap day: the months before then have the lengths
// 31, 30, 31, 30, 31 over and over, and 400 years always have the same number of days.
inline constexpr i64 days_of_era = 146'097, years_of_era = 400, days_of_year = 365;
inline constexpr i64 days_to_1970 = 719'468;  // from 1 March of the year 0

constexpr i64 floor_div(i64 a, i64 b) { return a / b - (a % b < 0); }
constexpr i64 days_before_month(i64 from_march) { return (153 * from_march + 2) / 5; }
}  // namespace calendar

/// Days since 1 January 1970. Days and months beyond their range go on into the next.
constexpr i64 days_of(Date date) {
    using namespace calendar;
    const i64 months = date.year * 12 + i64(date.month) - 1 - 2;
    const i64 year = floor_div(months, 12), month = months - year * 12;
    const i64 era = floor_div(year, years_of_era), in_era = year - era * years_of_era;
    return era * days_of_era + in_era * days_of_year + in_era / 4 - in_era / 100 +
           days_before_month(month) + i64(date.day) - 1 - days_to_1970;
}

constexpr Date date_of(i64 days) {
    using namespace calendar;
    const i64 shifted = days + days_to_1970;
    const i64 era = floor_div(shifted, days_of_era), in_era = shifted - era * days_of_era;
    i64 year = in_era / days_of_year;
    const auto first_day = [](i64 y) { return y * days_of_year + y / 4 - y / 100 + y / 400; };
    while (first_day(year) > in_era) --year;
    const i64 in_year = in_era - first_day(year);
    const i64 month = (5 * in_year + 2) / 153;
    const i64 all = (era * years_of_era + year) * 12 + month + 2;
    return {floor_div(all, 12), unsigned(all - floor_div(all, 12) * 12) + 1,
            unsigned(in_year - days_before_month(month)) + 1};
}
static_assert(days_of({1970, 1, 1}) == 0 && days_of({2000, 3, 1}) == 11'017);
static_assert(date_of(11'016) == Date{2000, 2, 29} && date_of(-1) == Date{1969, 12, 31});

/// 0 is Sunday. 1 January 1970 was a Thursday.
constexpr unsigned weekday_of(i64 days) {
    return unsigned(days + 4 - calendar::floor_div(days + 4, 7) * 7);
}
static_assert(weekday_of(0) == 4 && weekday_of(-4) == 0);

}  // namespace ringside::dev
