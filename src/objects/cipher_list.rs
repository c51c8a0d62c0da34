//! The language of cipher lists (`ciphers(1)`, "CIPHER LIST FORMAT").
//!
//! OpenSSL keeps all suites in one row, each active or not, and every element of the list moves some of them: adding
//! sends the inactive ones that match to the end and activates them; `+` sends the active ones to the end; `-`
//! deactivates and sends to the front; `!` removes for good. What is active at the end, in that order, is the list.

use super::cipher::{self, SSL_CIPHER};
use super::cipher_words::{self, Traits};

/// What a list comes to.
pub(super) struct Parsed {
    /// The suites in order; `None` when the list has a syntax error and nothing should change.
    pub suites: Option<Vec<&'static SSL_CIPHER>>,
    /// From `@SECLEVEL=n`; it counts even before a syntax error.
    pub security_level: Option<i32>,
    /// From a list that begins with Suite B.
    pub suite_b: Option<SuiteB>,
}

/// RFC 6460's ways to run TLS. Once chosen, every later list means the same suites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuiteB {
    /// `SUITEB128ONLY`
    Only128,
    /// `SUITEB192`
    Only192,
    /// `SUITEB128`, `SUITEB128C2`
    From128,
}

const MAX_SECURITY_LEVEL: u8 = 5;

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

/// Works a list out over these suites, which come in order of preference. `suite_b` is in force.
pub(super) fn parse(list: &str, all: impl Iterator<Item = &'static SSL_CIPHER>, suite_b: Option<SuiteB>) -> Parsed {
    let mut reader = Reader {
        rest: list.as_bytes(),
        row: all.map(|cipher| Entry { cipher, active: false }).collect(),
        security_level: None,
        commands_known: true,
    };
    let chosen = suite_b_of(list);
    if let Some(suites) = chosen.map(|(_, suites)| suites).or(suite_b.map(SuiteB::suites)) {
        reader.rest = suites.as_bytes();
    } else if let Some(rest) = list.strip_prefix("DEFAULT") {
        reader.add_default();
        reader.rest = rest.as_bytes();
    }
    let good = reader.read().is_ok() && reader.commands_known;
    let active = reader.row.iter().filter(|entry| entry.active);
    Parsed {
        suites: good.then(|| active.map(|entry| entry.cipher).collect()),
        security_level: reader.security_level,
        suite_b: chosen.map(|(suite_b, _)| suite_b),
    }
}

/// Suite B stands for a whole list: what follows it is not looked at.
fn suite_b_of(list: &str) -> Option<(SuiteB, &'static str)> {
    const LONGEST_FIRST: [(&str, SuiteB); 4] = [
        ("SUITEB128ONLY", SuiteB::Only128),
        ("SUITEB128C2", SuiteB::From128),
        ("SUITEB128", SuiteB::From128),
        ("SUITEB192", SuiteB::Only192),
    ];
    let (word, suite_b) = LONGEST_FIRST.into_iter().find(|(word, _)| list.starts_with(word))?;
    let second_only = word == "SUITEB128C2";
    Some((
        suite_b,
        if second_only {
            SuiteB::Only192.suites()
        } else {
            suite_b.suites()
        },
    ))
}

/// SSL_CERT_FLAG_SUITEB_128_LOS, the bits of the other two.
const FLAGS: u32 = 0x0003_0000;
const FLAG_ONLY_128: u32 = 0x0001_0000;
const FLAG_ONLY_192: u32 = 0x0002_0000;

impl SuiteB {
    /// What SSL_set_cert_flags(3) says.
    pub fn of_flags(flags: u32) -> Option<Self> {
        match flags & FLAGS {
            FLAG_ONLY_128 => Some(Self::Only128),
            FLAG_ONLY_192 => Some(Self::Only192),
            FLAGS => Some(Self::From128),
            _ => None,
        }
    }

    /// What SSL_set_cert_flags(3) would have been told.
    pub fn to_flags(self, others: u32) -> u32 {
        let flags = match self {
            Self::Only128 => FLAG_ONLY_128,
            Self::Only192 => FLAG_ONLY_192,
            Self::From128 => FLAGS,
        };
        others & !FLAGS | flags
    }

    fn suites(self) -> &'static str {
        match self {
            Self::Only128 => "ECDHE-ECDSA-AES128-GCM-SHA256",
            Self::Only192 => "ECDHE-ECDSA-AES256-GCM-SHA384",
            Self::From128 => "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384",
        }
    }
}

/// Goes through a list as OpenSSL's parser does: what it does not know it passes over up to the next separator, but it
/// asks for none between elements that it knows (`AES!aRSA`).
struct Reader<'a> {
    rest: &'a [u8],
    row: Vec<Entry>,
    security_level: Option<i32>,
    /// An `@` command that is none spoils the list, but what follows it is read and may set the security level.
    commands_known: bool,
}

/// A character that is no part of the language: nothing after it is read.
struct SyntaxError;

/// What an element asks for: the traits that its words share, and the suite if they name one.
#[derive(Default)]
struct Wanted {
    traits: Traits,
    suite: Option<u16>,
}

impl<'a> Reader<'a> {
    /// `ALL:!COMPLEMENTOFDEFAULT:!eNULL`
    fn add_default(&mut self) {
        rearrange(&mut self.row, Operator::Add, |_| true);
    }

    fn read(&mut self) -> Result<(), SyntaxError> {
        while let Some(first) = self.rest.first() {
            let operator = match first {
                b':' | b' ' | b';' | b',' => {
                    self.skip(1);
                    continue;
                }
                b'@' => {
                    self.skip(1);
                    self.command()?;
                    continue;
                }
                b'!' => Operator::Kill,
                b'-' => Operator::Remove,
                b'+' => Operator::ToEnd,
                _ => Operator::Add,
            };
            if operator != Operator::Add {
                self.skip(1);
            }
            match self.terms()? {
                Some(wanted) => rearrange(&mut self.row, operator, |cipher| wanted.cover(cipher)),
                None => self.skip_element(),
            }
        }
        Ok(())
    }

    /// Words joined by `+`. `None` when nothing can be all of them, or one is unknown.
    fn terms(&mut self) -> Result<Option<Wanted>, SyntaxError> {
        let mut wanted = Wanted::default();
        loop {
            let word = self.word()?;
            let more = self.rest.first() == Some(&b'+');
            self.skip(usize::from(more));
            let suite = suite_named(word);
            let asked = match suite {
                Some(cipher) => Some(Traits::of(cipher).of_named()),
                None => cipher_words::find(word),
            };
            let Some(traits) = asked.and_then(|asked| wanted.traits.meet(&asked)) else {
                return Ok(None);
            };
            wanted = Wanted {
                traits,
                suite: suite.map(|cipher| cipher.code).or(wanted.suite),
            };
            if !more {
                return Ok(Some(wanted));
            }
        }
    }

    fn command(&mut self) -> Result<(), SyntaxError> {
        match self.word()? {
            // Only active suites are sorted, to the end of the row; since sorting is stable it comes to the same.
            b"STRENGTH" => self.row.sort_by_key(|entry| {
                let bits = std::cmp::Reverse(entry.cipher.bits());
                (entry.active, entry.active.then_some(bits))
            }),
            [b'S', b'E', b'C', b'L', b'E', b'V', b'E', b'L', b'=', level] => match level.wrapping_sub(b'0') {
                level @ 0..=MAX_SECURITY_LEVEL => self.security_level = Some(i32::from(level)),
                _ => self.commands_known = false,
            },
            _ => self.commands_known = false,
        }
        self.skip_element();
        Ok(())
    }

    fn word(&mut self) -> Result<&'a [u8], SyntaxError> {
        let is_part = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'=');
        let len = self.rest.iter().take_while(|c| is_part(c)).count();
        let (word, rest) = self.rest.split_at(len);
        self.rest = rest;
        if len > 0 { Ok(word) } else { Err(SyntaxError) }
    }

    fn skip(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or_default();
    }

    fn skip_element(&mut self) {
        let separator = |c: &u8| matches!(c, b':' | b' ' | b';' | b',');
        let len = self.rest.iter().take_while(|c| !separator(c)).count();
        self.skip(len);
    }
}

impl Wanted {
    fn cover(&self, cipher: &SSL_CIPHER) -> bool {
        self.suite.is_none_or(|code| cipher.code == code) && self.traits.cover(&Traits::of(cipher))
    }
}

fn suite_named(name: &[u8]) -> Option<&'static SSL_CIPHER> {
    cipher::ALL
        .iter()
        .find(|cipher| !cipher.is_tls13() && cipher.name.to_bytes() == name)
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

#[cfg(test)]
mod tests {
    use super::super::cipher::ALL;
    use super::*;

    fn codes(list: &str) -> Option<Vec<u16>> {
        let parsed = parse(list, ALL.iter().filter(|cipher| !cipher.is_tls13()), None);
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
        for list in [
            "ECDHE:@FOO",
            "ECDHE:@SECLEVEL=x",
            "DEFAULT:@SECLEVEL=9",
            "!!!",
            "ALL+",
            "ALL|AES",
        ] {
            assert_eq!(codes(list), None, "{list}");
        }
    }
}
