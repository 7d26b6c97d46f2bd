#include "wire/rfc3339.h"

#include <assert.h>

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* Years are counted from March on, so that the leap day is the last one of its year; the calendar
 * repeats every 400 years, which have 146,097 days. */
static const int64_t days_per_era = 146097;
static const int64_t days_to_1970 = 719468; /* from 0000-03-01 */

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

static int64_t days_from_date(int64_t year, int64_t month, int64_t day) {
    const int64_t march_year = month > 2 ? year : year - 1;
    const int64_t era = floor_div(march_year, 400);
    const int64_t year_of_era = march_year - era * 400;
    const int64_t march_month = month > 2 ? month - 3 : month + 9;
    const int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * days_per_era + day_of_era - days_to_1970;
}

static void date_from_days(int64_t days, int *year, int *month, int *day) {
    const int64_t shifted = days + days_to_1970;
    const int64_t era = floor_div(shifted, days_per_era);
    const int64_t day_of_era = shifted - era * days_per_era;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t march_month = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
    *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

/* So many digits, and what follows them. By hand: every event and answer carries a time. */
static void put(char *text, int number, int count, char then) {
    for (int i = count - 1; i >= 0; i--) {
        text[i] = (char)('0' + number % 10);
        number /= 10;
    }
    assert(number == 0);
    text[count] = then;
}

bool rfc3339_format(int64_t time_ms, char text[RFC3339_SIZE]) {
    assert(text != NULL);
    static const int64_t first_ms = INT64_C(-62135596800000); /* 0001-01-01T00:00:00.000Z */
    static const int64_t last_ms = INT64_C(253402300799999);  /* 9999-12-31T23:59:59.999Z */
    if (time_ms < first_ms || time_ms > last_ms) {
        return false;
    }
    const int64_t days = floor_div(time_ms, DAY_MS);
    const int rest = (int)(time_ms - days * DAY_MS);
    int year;
    int month;
    int day;
    date_from_days(days, &year, &month, &day);
    put(text, year, 4, '-');
    put(text + 5, month, 2, '-');
    put(text + 8, day, 2, 'T');
    put(text + 11, rest / 3600000, 2, ':');
    put(text + 14, rest / 60000 % 60, 2, ':');
    put(text + 17, rest / 1000 % 60, 2, '.');
    put(text + 20, rest % 1000, 3, 'Z');
    text[RFC3339_SIZE - 1] = '\0';
    return true;
}

/* `count` digits at `at`. -1: they are not all digits. */
static int digits(const char *at, int count) {
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return -1;
        }
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

bool rfc3339_parse(const char *text, size_t length, int64_t *time_ms) {
    assert(text != NULL && time_ms != NULL);
    static const size_t with_seconds = sizeof "2026-01-01T00:00:00Z" - 1;
    const bool has_ms = length == RFC3339_SIZE - 1;
    if (!has_ms && length != with_seconds) {
        return false;
    }
    if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        text[length - 1] != 'Z' || (has_ms && text[19] != '.')) {
        return false;
    }
    const int year = digits(text, 4);
    const int month = digits(text + 5, 2);
    const int day = digits(text + 8, 2);
    const int hour = digits(text + 11, 2);
    const int minute = digits(text + 14, 2);
    const int second = digits(text + 17, 2);
    const int ms = has_ms ? digits(text + 20, 3) : 0;
    if (year < 1 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59 || ms < 0) {
        return false;
    }
    const int64_t days = days_from_date(year, month, day);
    int same_year;
    int same_month;
    int same_day;
    date_from_days(days, &same_year, &same_month, &same_day);
    if (same_month != month || same_day != day) {
        return false; /* a day that its month does not have */
    }
    *time_ms = days * DAY_MS + (((int64_t)hour * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}
