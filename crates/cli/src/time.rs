//! Moments and spans of time, as a person writes and reads them.

use std::time::{SystemTime, UNIX_EPOCH};

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
}
