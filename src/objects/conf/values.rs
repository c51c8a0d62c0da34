//! The values of commands, parsed. No target is needed for that, and nothing is changed.

use std::ffi::{CStr, CString};

use super::commands::*;
use super::{Change, Purpose, Source};

/// A command without a value.
#[derive(Debug, Clone, Copy)]
pub enum Switch {
    /// Sets options.
    Set(u64),
    /// Clears options.
    Clear(u64),
    /// Checks certificates against what the peer says it can verify, by the letter.
    StrictCertificates,
}

impl Switch {
    /// What it does.
    pub fn change(self) -> Change {
        match self {
            Self::Set(bits) => Change::Options(bits, true),
            Self::Clear(bits) => Change::Options(bits, false),
            Self::StrictCertificates => Change::CertificateFlags(1),
        }
    }
}

/// How a command reads its value.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "each is the command of that name")]
pub enum Parse {
    Schemes,
    ClientSchemes,
    Groups,
    OneGroup,
    CipherList,
    Ciphersuites,
    Protocols,
    MinVersion,
    MaxVersion,
    Options,
    VerifyMode,
    BlockPadding,
    NumTickets,
    Certificate,
    PrivateKey,
    ServerInfo,
    DhParameters,
    ChainDirectory,
    ChainFile,
    ChainUri,
    VerifyDirectory,
    VerifyFile,
    VerifyUri,
    NamesFile,
    NamesDirectory,
    NamesUri,
}

/// A value's meaning: what to do, and whether all of the value was understood. OpenSSL does what comes before a mistake in a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What to do, in order.
    pub changes: Vec<Change>,
    /// Whether there was a mistake.
    pub mistaken: bool,
}

impl Parsed {
    fn one(change: Change) -> Self {
        Self {
            changes: vec![change],
            mistaken: false,
        }
    }

    fn nothing() -> Self {
        Self::default()
    }

    fn mistake() -> Self {
        Self {
            changes: Vec::new(),
            mistaken: true,
        }
    }

    fn maybe(change: Option<Change>) -> Self {
        change.map_or_else(Self::mistake, Self::one)
    }
}

impl Parse {
    /// Reads `value` as under `flags`.
    pub fn parse(self, value: &CStr, flags: u32) -> Parsed {
        let owned: CString = value.to_owned();
        let store = |purpose, source, text| Parsed::one(Change::Store(purpose, source, text));
        match self {
            Self::Schemes => Parsed::one(Change::Schemes(owned)),
            Self::ClientSchemes => Parsed::one(Change::ClientSchemes(owned)),
            Self::Groups => Parsed::one(Change::Groups(owned)),
            Self::OneGroup => one_group(owned, flags),
            Self::CipherList => Parsed::one(Change::CipherList(owned)),
            Self::Ciphersuites => Parsed::one(Change::Ciphersuites(owned)),
            Self::Protocols => list(value, flags, PROTOCOLS, Change::Options),
            Self::MinVersion => version(value, Change::MinVersion),
            Self::MaxVersion => version(value, Change::MaxVersion),
            Self::Options => list(value, flags, OPTIONS, Change::Options),
            Self::VerifyMode => list(value, flags, VERIFY_MODES, Change::VerifyMode),
            Self::BlockPadding => Parsed::maybe(number(value).map(Change::BlockPadding)),
            Self::NumTickets => Parsed::maybe(number(value).map(Change::NumTickets)),
            Self::Certificate => Parsed::one(Change::Certificate(owned)),
            Self::PrivateKey => Parsed::one(Change::PrivateKey(owned)),
            Self::ServerInfo => Parsed::one(Change::ServerInfo(owned)),
            Self::DhParameters => Parsed::one(Change::DhParameters(owned)),
            Self::ChainDirectory => store(Purpose::Chain, Source::Directory, owned),
            Self::ChainFile => store(Purpose::Chain, Source::File, owned),
            Self::ChainUri => store(Purpose::Chain, Source::Uri, owned),
            Self::VerifyDirectory => store(Purpose::Verify, Source::Directory, owned),
            Self::VerifyFile => store(Purpose::Verify, Source::File, owned),
            Self::VerifyUri => store(Purpose::Verify, Source::Uri, owned),
            Self::NamesFile => Parsed::one(Change::CaNames(Source::File, owned)),
            Self::NamesDirectory => Parsed::one(Change::CaNames(Source::Directory, owned)),
            Self::NamesUri => Parsed::one(Change::CaNames(Source::Uri, owned)),
        }
    }
}

/// A word of a list: what it stands for, whether it turns those bits off, and who may use it.
struct Word<T> {
    name: &'static str,
    bits: T,
    inverted: bool,
    sides: u32,
}

const fn word<T>(name: &'static str, bits: T) -> Word<T> {
    Word {
        name,
        bits,
        inverted: false,
        sides: CLIENT | SERVER,
    }
}

const fn inverted<T>(name: &'static str, bits: T) -> Word<T> {
    Word {
        name,
        bits,
        inverted: true,
        sides: CLIENT | SERVER,
    }
}

const fn for_side<T>(sides: u32, name: &'static str, bits: T) -> Word<T> {
    Word {
        name,
        bits,
        inverted: false,
        sides,
    }
}

const PROTOCOLS: &[Word<u64>] = &[
    inverted("ALL", NO_SSL3 | NO_TLS1 | NO_TLS1_1 | NO_TLS1_2 | NO_TLS1_3),
    inverted("SSLv2", 0),
    inverted("SSLv3", NO_SSL3),
    inverted("TLSv1", NO_TLS1),
    inverted("TLSv1.1", NO_TLS1_1),
    inverted("TLSv1.2", NO_TLS1_2),
    inverted("TLSv1.3", NO_TLS1_3),
    inverted("DTLSv1", NO_TLS1),
    inverted("DTLSv1.2", NO_TLS1_2),
];

const OPTIONS: &[Word<u64>] = &[
    inverted("SessionTicket", NO_TICKET),
    inverted("EmptyFragments", DONT_INSERT_EMPTY_FRAGMENTS),
    word("Bugs", BUGS),
    inverted("Compression", NO_COMPRESSION),
    for_side(SERVER, "ServerPreference", SERVER_PREFERENCE),
    for_side(SERVER, "NoResumptionOnRenegotiation", NO_RESUMPTION_ON_RENEGOTIATION),
    for_side(SERVER, "DHSingle", 0),
    for_side(SERVER, "ECDHSingle", 0),
    word("UnsafeLegacyRenegotiation", UNSAFE_RENEGOTIATION),
    word("UnsafeLegacyServerConnect", LEGACY_SERVER_CONNECT),
    word("ClientRenegotiation", CLIENT_RENEGOTIATION),
    inverted("EncryptThenMac", NO_ENCRYPT_THEN_MAC),
    word("NoRenegotiation", NO_RENEGOTIATION),
    word("AllowNoDHEKEX", ALLOW_NO_DHE_KEX),
    word("PrioritizeChaCha", PRIORITIZE_CHACHA),
    word("MiddleboxCompat", MIDDLEBOX_COMPAT),
    inverted("AntiReplay", NO_ANTI_REPLAY),
    inverted("ExtendedMasterSecret", NO_EXTENDED_MASTER_SECRET),
    inverted("CANames", DISABLE_CA_NAMES),
    word("KTLS", KERNEL_TLS),
];

// Bits of SSL_CTX_set_verify(3).
const PEER: i32 = 1;
const FAIL_IF_NO_PEER_CERT: i32 = 2;
const ONCE: i32 = 4;
const POST_HANDSHAKE: i32 = 8;

const VERIFY_MODES: &[Word<i32>] = &[
    for_side(CLIENT, "Peer", PEER),
    for_side(SERVER, "Request", PEER),
    for_side(SERVER, "Require", PEER | FAIL_IF_NO_PEER_CERT),
    for_side(SERVER, "Once", PEER | ONCE),
    for_side(SERVER, "RequestPostHandshake", PEER | POST_HANDSHAKE),
    for_side(
        SERVER,
        "RequirePostHandshake",
        PEER | POST_HANDSHAKE | FAIL_IF_NO_PEER_CERT,
    ),
];

/// Words between commas, each with `+` or `-` before it or neither. Spaces around a word don't count; an empty word is a
/// mistake.
fn list<T: Copy>(value: &CStr, flags: u32, words: &[Word<T>], change: impl Fn(T, bool) -> Change) -> Parsed {
    let mut parsed = Parsed::nothing();
    for element in value.to_bytes().split(|byte| *byte == b',') {
        let element = element.trim_ascii();
        let (name, on) = match element.split_first() {
            Some((b'+', rest)) => (rest, true),
            Some((b'-', rest)) => (rest, false),
            _ => (element, true),
        };
        let known = words
            .iter()
            .find(|word| flags & word.sides != 0 && word.name.as_bytes().eq_ignore_ascii_case(name));
        let Some(word) = known else {
            parsed.mistaken = true;
            return parsed;
        };
        parsed.changes.push(change(word.bits, on != word.inverted));
    }
    parsed
}

/// A version by name. DTLS's are understood and change nothing, since this is TLS.
fn version(value: &CStr, change: impl Fn(u16) -> Change) -> Parsed {
    match value.to_bytes() {
        b"None" => Parsed::one(change(0)),
        b"SSLv3" => Parsed::one(change(0x0300)),
        b"TLSv1" => Parsed::one(change(0x0301)),
        b"TLSv1.1" => Parsed::one(change(0x0302)),
        b"TLSv1.2" => Parsed::one(change(0x0303)),
        b"TLSv1.3" => Parsed::one(change(0x0304)),
        b"DTLSv1" | b"DTLSv1.2" => Parsed::nothing(),
        _ => Parsed::mistake(),
    }
}

/// One group. The words with which OpenSSL 1.0.2 chose a group by itself are still taken.
fn one_group(value: CString, flags: u32) -> Parsed {
    let bytes = value.to_bytes();
    let automatic = (flags & FILE != 0
        && (bytes.eq_ignore_ascii_case(b"+automatic") || bytes.eq_ignore_ascii_case(b"automatic")))
        || (flags & CMDLINE != 0 && bytes == b"auto");
    if automatic {
        Parsed::nothing()
    } else if bytes.contains(&b':') {
        Parsed::mistake()
    } else {
        Parsed::one(Change::Groups(value))
    }
}

/// A number as C's `atoi` reads it, where what is none is 0; a negative one is a mistake.
fn number(value: &CStr) -> Option<usize> {
    let text = value.to_bytes().trim_ascii_start();
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let number = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0usize, |sum, byte| {
            sum.saturating_mul(10).saturating_add(usize::from(byte - b'0'))
        });
    (!negative || number == 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(parse: Parse, value: &CStr, flags: u32) -> Parsed {
        parse.parse(value, flags)
    }

    #[test]
    fn lists_do_what_comes_before_a_mistake() {
        let parsed = parse(Parse::Options, c" Bugs , -SessionTicket,", CLIENT);
        assert!(parsed.mistaken);
        assert_eq!(
            parsed.changes,
            [Change::Options(BUGS, true), Change::Options(NO_TICKET, true)]
        );
        assert!(parse(Parse::Options, c"", SERVER).mistaken);
        assert!(parse(Parse::Options, c"Bugs", 0).mistaken);
    }

    #[test]
    fn protocols_are_options_the_other_way_round() {
        let parsed = parse(Parse::Protocols, c"-ALL,TLSv1.3", SERVER);
        let all = 0x3e00_0000;
        assert_eq!(
            parsed.changes,
            [Change::Options(all, true), Change::Options(NO_TLS1_3, false)]
        );
    }

    #[test]
    fn verify_modes_belong_to_a_side() {
        assert!(parse(Parse::VerifyMode, c"Peer", SERVER).mistaken);
        assert_eq!(
            parse(Parse::VerifyMode, c"Require", SERVER).changes,
            [Change::VerifyMode(3, true)]
        );
    }

    #[test]
    fn versions_and_numbers() {
        assert_eq!(
            parse(Parse::MinVersion, c"TLSv1.3", 0).changes,
            [Change::MinVersion(0x0304)]
        );
        assert_eq!(parse(Parse::MinVersion, c"DTLSv1.2", 0), Parsed::nothing());
        assert!(parse(Parse::MinVersion, c"tlsv1.2", 0).mistaken);
        assert_eq!(parse(Parse::NumTickets, c"x", 0).changes, [Change::NumTickets(0)]);
        assert!(parse(Parse::NumTickets, c"-1", 0).mistaken);
        assert_eq!(
            parse(Parse::BlockPadding, c" 512x", 0).changes,
            [Change::BlockPadding(512)]
        );
    }

    #[test]
    fn one_group_is_not_two() {
        assert!(parse(Parse::OneGroup, c"P-256:P-384", FILE).mistaken);
        assert_eq!(parse(Parse::OneGroup, c"+Automatic", FILE), Parsed::nothing());
    }
}
