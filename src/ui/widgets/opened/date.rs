//! A day, as blocks say it.

use crate::ui::text;

/// A day and a time of day, UTC, of so many milliseconds since 1970. The calendar's rule is
/// Hinnant's (<https://howardhinnant.github.io/date_algorithms.html>, `civil_from_days`).
pub(super) fn date(unix_ms: u64) -> String {
    let s = unix_ms / 1_000;
    // Days since the first of March of the year 0.
    let days = s / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, year_later) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = year + era * 400 + year_later;
    format!("{year:04}-{month:02}-{day:02} {}", text::time_of_day(s))
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01 00:00:00");
        assert_eq!(date(951_782_400_000), "2000-02-29 00:00:00");
        assert_eq!(date(1_767_268_842_999), "2026-01-01 12:00:42");
        assert_eq!(date(4_107_542_399_000), "2100-02-28 23:59:59");
        assert_eq!(date(4_107_542_400_000), "2100-03-01 00:00:00");
    }
}
