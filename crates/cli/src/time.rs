//! Moments and spans of time, as a person writes and reads them.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// Reads `90`, `90s`, `15m`, `2h` or `1d`: seconds.
pub(crate) fn parse_span(text: &str) -> Result<u64, String> {
    let unit = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, *seconds)));
    let (number, unit) = unit.unwrap_or((text, 1));
    let number = number.parse().ok().and_then(|number: u64| number.checked_mul(unit));
    number.ok_or_else(|| "not a span of time; write seconds, or 15m, 2h, 1d".to_owned())
}

/// `2 h 5 min`: the two largest units.
pub(crate) fn span(seconds: u64) -> String {
    let (days, hours) = (seconds / 86_400, seconds % 86_400 / 3600);
    let (minutes, rest) = (seconds % 3600 / 60, seconds % 60);
    let parts = match (days, hours, minutes) {
        (0, 0, 0) => [(rest, "s"), (0, "")],
        (0, 0, _) => [(minutes, "min"), (rest, "s")],
        (0, _, _) => [(hours, "h"), (minutes, "min")],
        _ => [(days, "d"), (hours, "h")],
    };
    let [first, second] = parts;
    match second {
        (0, _) => format!("{} {}", first.0, first.1),
        _ => format!("{} {} {} {}", first.0, first.1, second.0, second.1),
    }
}

/// A moment in local time, and how far from `now` it is: `2026-11-21 14:05:03, in 2 h 5 min`.
pub(crate) fn moment(then: u64, now: u64) -> String {
    match local(then) {
        _ if then == u64::MAX => "for ever".to_owned(),
        Some(moment) => format!("{}, {}", moment.strftime("%Y-%m-%d %H:%M:%S"), distance(then, now)),
        None => format!("{then} s after 1970"),
    }
}

/// The same in two lines, for a column of a table, with as much of the date as it takes to be understood.
pub(crate) fn moment_in_column(then: u64, now: u64) -> String {
    const HALF_A_YEAR: u64 = 180 * 86_400;
    let (Some(moment), Some(today)) = (local(then), local(now)) else {
        return self::moment(then, now);
    };
    let form = match then.abs_diff(now) {
        _ if moment.date() == today.date() => "%H:%M:%S",
        ..HALF_A_YEAR => "%b %d %H:%M:%S",
        _ => "%Y-%m-%d %H:%M",
    };
    format!("{}\n{}", moment.strftime(form), distance(then, now))
}

fn local(then: u64) -> Option<Zoned> {
    let timestamp = Timestamp::from_second(i64::try_from(then).ok()?).ok()?;
    Some(timestamp.to_zoned(TimeZone::system()))
}

fn distance(then: u64, now: u64) -> String {
    match (then.checked_sub(now), now.checked_sub(then)) {
        (Some(0), _) | (None, None) => "now".to_owned(),
        (Some(ahead), _) => format!("in {}", span(ahead)),
        (None, Some(ago)) => format!("{} ago", span(ago)),
    }
}

/// For JSON: `null` for never.
pub(crate) fn json(then: u64) -> serde_json::Value {
    match then {
        u64::MAX => serde_json::Value::Null,
        _ => then.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        let read = |text| parse_span(text).ok();
        assert_eq!(
            [read("90"), read("90s"), read("15m"), read("2h"), read("1d")],
            [Some(90), Some(90), Some(900), Some(7200), Some(86_400)]
        );
        for wrong in ["", "h", "-1h", "1.5h", "1w", "2 h", "99999999999999999d"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn spans_are_written() {
        let written = [0, 59, 60, 61, 3600, 7500, 86_400, 90_061].map(span);
        let wanted = [
            "0 s",
            "59 s",
            "1 min",
            "1 min 1 s",
            "1 h",
            "2 h 5 min",
            "1 d",
            "1 d 1 h",
        ];
        assert_eq!(written, wanted);
        assert_eq!(distance(100, 160), "1 min ago");
        assert_eq!(distance(160, 100), "in 1 min");
        assert_eq!(distance(100, 100), "now");
    }

    #[test]
    fn a_column_says_no_more_of_the_date_than_it_must() {
        let now = 1_795_270_000;
        let lines = |then| moment_in_column(then, now);
        let len = |then| lines(then).lines().next().unwrap().len();
        let lens = [now, now + 40 * 86_400, now + 400 * 86_400].map(len);
        assert_eq!(
            lens,
            ["15:30:28".len(), "Nov 21 15:30:28".len(), "2026-11-21 15:30".len()]
        );
        assert!(lines(now + 7200).ends_with("\nin 2 h"));
        assert_eq!(lines(u64::MAX), "for ever");
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        assert_eq!(moment(u64::MAX, 0), "for ever");
        assert!(moment(u64::MAX - 1, 0).contains("1970"));
        assert!(moment(0, u64::MAX).contains("ago"));
    }
}
