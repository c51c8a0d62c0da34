//! The language of cipher lists (`ciphers(1)`, "CIPHER LIST FORMAT").
//!
//! OpenSSL keeps all suites in one row, each active or not, and every element of the list moves some of them: adding
//! sends the inactive ones that match to the end and activates them; `+` sends the active ones to the end; `-`
//! deactivates and sends to the front; `!` removes for good. What is active at the end, in that order, is the list.

use super::cipher::{Aead, KeyExchange, SSL_CIPHER};

/// What a list comes to.
pub(super) struct Parsed {
    /// The suites in order; `None` when the list has a syntax error and nothing should change.
    pub suites: Option<Vec<&'static SSL_CIPHER>>,
    /// From `@SECLEVEL=n`.
    pub security_level: Option<i32>,
}

const MAX_SECURITY_LEVEL: u32 = 5;

#[derive(Clone, Copy)]
struct Entry {
    cipher: &'static SSL_CIPHER,
    active: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    ToEnd,
    Remove,
    Kill,
}

/// Works a list out over these suites, which come in order of preference.
pub(super) fn parse(list: &str, all: impl Iterator<Item = &'static SSL_CIPHER>) -> Parsed {
    let mut row: Vec<Entry> = all.map(|cipher| Entry { cipher, active: false }).collect();
    let mut security_level = None;
    let list = expand(list);
    let good = elements(&list).all(|element| apply(&mut row, element, &mut security_level));
    let suites = good.then(|| {
        row.iter()
            .filter(|entry| entry.active)
            .map(|entry| entry.cipher)
            .collect()
    });
    Parsed { suites, security_level }
}

/// Puts in what stands for a whole list: `DEFAULT` at the start, and Suite B (RFC 6460).
fn expand(list: &str) -> String {
    match list {
        "SUITEB128ONLY" => "ECDHE-ECDSA-AES128-GCM-SHA256".into(),
        "SUITEB128" | "SUITEB128C2" => "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384".into(),
        "SUITEB192" => "ECDHE-ECDSA-AES256-GCM-SHA384".into(),
        _ => match list.strip_prefix("DEFAULT") {
            Some(rest) => format!("ALL:!COMPLEMENTOFDEFAULT:!eNULL{rest}"),
            None => list.into(),
        },
    }
}

/// Elements lie between separators; an `@` command needs none before it.
fn elements(list: &str) -> impl Iterator<Item = &str> {
    list.split([':', ' ', ';', ','])
        .filter(|piece| !piece.is_empty())
        .flat_map(|piece| {
            let (first, command) = match piece.find('@') {
                Some(at) => piece.split_at(at),
                None => (piece, ""),
            };
            [first, command].into_iter().filter(|part| !part.is_empty())
        })
}

fn apply(row: &mut Vec<Entry>, element: &str, security_level: &mut Option<i32>) -> bool {
    let (operator, name) = match element.as_bytes() {
        [b'!', ..] => (Operator::Kill, &element[1..]),
        [b'-', ..] => (Operator::Remove, &element[1..]),
        [b'+', ..] => (Operator::ToEnd, &element[1..]),
        [b'@', ..] => return command(row, &element[1..], security_level),
        _ => (Operator::Add, element),
    };
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return false;
    }
    let wanted = |cipher: &SSL_CIPHER| name.split('+').all(|word| matches(cipher, word));
    rearrange(row, operator, wanted);
    true
}

fn command(row: &mut [Entry], command: &str, security_level: &mut Option<i32>) -> bool {
    if command == "STRENGTH" {
        // Only active suites are sorted, to the end of the row; since sorting is stable it comes to the same.
        row.sort_by_key(|entry| {
            (
                entry.active,
                entry.active.then(|| std::cmp::Reverse(entry.cipher.bits())),
            )
        });
        return true;
    }
    match command.strip_prefix("SECLEVEL=").map(str::parse::<u32>) {
        Some(Ok(level)) if level <= MAX_SECURITY_LEVEL && command.len() == "SECLEVEL=".len() + 1 => {
            *security_level = i32::try_from(level).ok();
            true
        }
        _ => false,
    }
}

fn rearrange(row: &mut Vec<Entry>, operator: Operator, wanted: impl Fn(&SSL_CIPHER) -> bool) {
    let concerned = |entry: &Entry| {
        wanted(entry.cipher)
            && match operator {
                Operator::Add => !entry.active,
                Operator::ToEnd | Operator::Remove => entry.active,
                Operator::Kill => true,
            }
    };
    let (moved, stay): (Vec<Entry>, Vec<Entry>) = row.iter().copied().partition(concerned);
    let set = |active: bool| moved.iter().map(move |entry| Entry { active, ..*entry });
    *row = match operator {
        Operator::Add | Operator::ToEnd => stay.iter().copied().chain(set(true)).collect(),
        Operator::Remove => set(false).chain(stay.iter().copied()).collect(),
        Operator::Kill => stay,
    };
}

/// Whether a keyword (or a suite's name) covers a suite. Those of suites that we do not have cover none.
fn matches(cipher: &SSL_CIPHER, word: &str) -> bool {
    match word {
        "ALL" | "HIGH" | "TLSv1.2" | "ECDHE" | "EECDH" | "kECDHE" | "kEECDH" | "ECDH" => true,
        "aRSA" => cipher.key_exchange == KeyExchange::EcdheRsa,
        "aECDSA" | "ECDSA" => cipher.key_exchange == KeyExchange::EcdheEcdsa,
        "AES" | "AESGCM" | "FIPS" => cipher.aead != Aead::ChaCha20Poly1305,
        "AES128" => cipher.aead == Aead::Aes128Gcm,
        "AES256" => cipher.aead == Aead::Aes256Gcm,
        "CHACHA20" => cipher.aead == Aead::ChaCha20Poly1305,
        name => cipher.name.to_bytes() == name.as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::cipher::ALL;
    use super::*;

    fn codes(list: &str) -> Option<Vec<u16>> {
        let parsed = parse(list, ALL.iter().filter(|cipher| !cipher.is_tls13()));
        parsed
            .suites
            .map(|suites| suites.iter().map(|cipher| cipher.code).collect())
    }

    /// What OpenSSL 3.0.19 makes of these, limited to the suites that we have.
    #[test]
    fn lists_come_out_as_openssl_has_them() {
        let everything = [0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc02b, 0xc02f];
        let cases: &[(&str, &[u16])] = &[
            ("HIGH:!aNULL", &everything),
            ("DEFAULT@SECLEVEL=1", &everything),
            (
                "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL",
                &[0xc02c, 0xc030, 0xc02b, 0xc02f, 0xcca9, 0xcca8],
            ),
            (
                "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384",
                &[0xc02f, 0xc030],
            ),
            ("AES128+ECDHE:-aRSA", &[0xc02b]),
            ("ALL:+AES256", &[0xcca9, 0xcca8, 0xc02b, 0xc02f, 0xc02c, 0xc030]),
            ("ALL:@STRENGTH", &everything),
            ("CHACHA20:ALL", &[0xcca9, 0xcca8, 0xc02c, 0xc030, 0xc02b, 0xc02f]),
            ("!ALL:ALL", &[]),
            (
                "EECDH+aRSA+AES256:EECDH",
                &[0xc030, 0xc02c, 0xcca9, 0xcca8, 0xc02b, 0xc02f],
            ),
            ("SUITEB128", &[0xc02b, 0xc02c]),
            (
                "ALL:-CHACHA20:CHACHA20",
                &[0xc02c, 0xc030, 0xc02b, 0xc02f, 0xcca9, 0xcca8],
            ),
            ("aRSA:-AES128:AES128", &[0xc030, 0xcca8, 0xc02f, 0xc02b]),
            ("ECDHE !AES128", &[0xc02c, 0xc030, 0xcca9, 0xcca8]),
            ("ECDHE+foo:ECDHE", &everything),
            ("ALL:!RSA", &everything),
            ("kRSA", &[]),
            ("ecdhe", &[]),
            ("", &[]),
        ];
        for (list, expected) in cases {
            assert_eq!(codes(list).as_deref(), Some(*expected), "{list}");
        }
    }

    #[test]
    fn syntax_errors_change_nothing() {
        for list in ["ECDHE:@FOO", "ECDHE:@SECLEVEL=x", "DEFAULT:@SECLEVEL=9", "!!!"] {
            assert_eq!(codes(list), None, "{list}");
        }
    }
}
