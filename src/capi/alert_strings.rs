//! SSL_alert_type_string(3): the names of alerts.

use std::ffi::{CStr, c_char, c_int};

/// Alert number, two-letter name, long name, as SSL_alert_type_string(3) lists them.
const ALERTS: &[(u8, &CStr, &CStr)] = &[
    (0, c"CN", c"close notify"),
    (10, c"UM", c"unexpected_message"),
    (20, c"BM", c"bad record mac"),
    (21, c"DC", c"decryption failed"),
    (22, c"RO", c"record overflow"),
    (30, c"DF", c"decompression failure"),
    (40, c"HF", c"handshake failure"),
    (41, c"NC", c"no certificate"),
    (42, c"BC", c"bad certificate"),
    (43, c"UC", c"unsupported certificate"),
    (44, c"CR", c"certificate revoked"),
    (45, c"CE", c"certificate expired"),
    (46, c"CU", c"certificate unknown"),
    (47, c"IP", c"illegal parameter"),
    (48, c"CA", c"unknown CA"),
    (49, c"AD", c"access denied"),
    (50, c"DE", c"decode error"),
    (51, c"CY", c"decrypt error"),
    (60, c"ER", c"export restriction"),
    (70, c"PV", c"protocol version"),
    (71, c"IS", c"insufficient security"),
    (80, c"IE", c"internal error"),
    (90, c"US", c"user canceled"),
    (100, c"NR", c"no renegotiation"),
    (110, c"UE", c"unsupported extension"),
    (111, c"CO", c"certificate unobtainable"),
    (112, c"UN", c"unrecognized name"),
    (113, c"BR", c"bad certificate status response"),
    (114, c"BH", c"bad certificate hash value"),
    (115, c"UP", c"unknown PSK identity"),
    (120, c"UK", c"no application protocol"),
];

/// What an alert without a name is called.
const UNKNOWN: (&CStr, &CStr) = (c"UK", c"unknown");

fn description(value: c_int) -> (&'static CStr, &'static CStr) {
    let number = value & 0xff;
    let known = ALERTS.iter().find(|(alert, ..)| c_int::from(*alert) == number);
    known.map_or(UNKNOWN, |&(_, short, long)| (short, long))
}

fn severity(value: c_int) -> (&'static CStr, &'static CStr) {
    match value >> 8 {
        1 => (c"W", c"warning"),
        2 => (c"F", c"fatal"),
        _ => (c"U", c"unknown"),
    }
}

/// The severity of an alert as one letter: W, F or U. `value` is what an info callback gets: severity * 256 + number.
///
/// The string is static. SSL_alert_type_string(3)
#[unsafe(no_mangle)]
pub extern "C" fn SSL_alert_type_string(value: c_int) -> *const c_char {
    severity(value).0.as_ptr()
}

/// The severity of an alert as a word: warning, fatal or unknown.
///
/// The string is static. SSL_alert_type_string(3)
#[unsafe(no_mangle)]
pub extern "C" fn SSL_alert_type_string_long(value: c_int) -> *const c_char {
    severity(value).1.as_ptr()
}

/// The name of an alert as two letters; UK for one without a name. The number is the low byte of `value`.
///
/// The string is static. SSL_alert_type_string(3)
#[unsafe(no_mangle)]
pub extern "C" fn SSL_alert_desc_string(value: c_int) -> *const c_char {
    description(value).0.as_ptr()
}

/// The name of an alert in words.
///
/// The string is static. SSL_alert_type_string(3)
#[unsafe(no_mangle)]
pub extern "C" fn SSL_alert_desc_string_long(value: c_int) -> *const c_char {
    description(value).1.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_have_the_names_of_the_manual_page() {
        assert_eq!(description(2 << 8 | 40), (c"HF", c"handshake failure"));
        assert_eq!(description(254), UNKNOWN);
        assert_eq!(severity(2 << 8 | 40), (c"F", c"fatal"));
        assert_eq!(severity(0), (c"U", c"unknown"));
    }
}
