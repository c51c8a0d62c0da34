//! Other programs' key files.
//!
//! | file | bytes of a key |
//! | --- | --- |
//! | OpenSSL's blob (`SSL_CTX_set_tlsext_ticket_keys`), nginx `ssl_session_ticket_key` of 80 bytes | name 16, HMAC-SHA-256 key 32, AES-256 key 32 |
//! | nginx of 48 bytes, Apache httpd `SSLSessionTicketKeyFile` | name 16, AES-128 key 16, HMAC-SHA-256 key 16 |
//! | HAProxy `tls-ticket-keys` | base64, one a line, of the 48 bytes above, or of: name 16, AES-256 key 32, HMAC-SHA-256 key 32 |
//!
//! So 80 bytes mean one thing to nginx and another to HAProxy (seen with 1.22.1 and 2.6.12): what counts is whether they come
//! as a line of base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use carnet_ticket::{KeyError, KeyName, MacAlgorithm, TicketKey};
use zeroize::Zeroizing;

/// Length of a key with AES-128.
pub const SHORT_LEN: usize = 48;
/// Length of a key with AES-256.
pub const LONG_LEN: usize = 80;

/// Why a file holds no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Neither 48 nor 80 bytes, nor lines of base64.
    #[error("not a ticket key file: {0} bytes, where a key has 48 or 80, or is a line of base64 of as many")]
    Length(usize),
    /// A line that decodes to another length, or does not decode.
    #[error("line {0} is not the base64 of 48 or 80 bytes")]
    Line(usize),
    /// What should be a key is none.
    #[error("{0}")]
    Key(#[from] KeyError),
}

/// The keys in the bytes of a key file, in the file's order.
pub fn parse_keys(bytes: &[u8]) -> Result<Vec<TicketKey>, FormError> {
    if let SHORT_LEN | LONG_LEN = bytes.len() {
        return Ok(vec![parse_key(bytes)?]);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| FormError::Length(bytes.len()))?;
    let lines = (1..).zip(text.lines().map(str::trim));
    let keys = lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| {
            let decoded = STANDARD.decode(line).map(Zeroizing::new);
            match decoded.as_deref().map(Vec::as_slice) {
                Ok(key) if matches!(key.len(), SHORT_LEN | LONG_LEN) => {
                    parse(key, |keys| keys.split_at(keys.len() / 2))
                }
                _ => Err(FormError::Line(number)),
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(FormError::Length(bytes.len()));
    }
    Ok(keys)
}

/// A key of 48 or 80 bytes, as nginx, Apache httpd and OpenSSL have them.
pub fn parse_key(bytes: &[u8]) -> Result<TicketKey, FormError> {
    parse(bytes, |keys| match keys.len() {
        32 => keys.split_at(16),
        len => {
            let (mac, cipher) = keys.split_at(len / 2);
            (cipher, mac)
        }
    })
}

/// `order` takes what follows the name, 32 or 64 bytes, apart into cipher key and MAC key.
fn parse(bytes: &[u8], order: impl Fn(&[u8]) -> (&[u8], &[u8])) -> Result<TicketKey, FormError> {
    match bytes.split_first_chunk::<16>() {
        Some((name, keys)) if matches!(bytes.len(), SHORT_LEN | LONG_LEN) => {
            let (cipher, mac) = order(keys);
            Ok(TicketKey::new(KeyName(*name), cipher, MacAlgorithm::Sha256, mac)?)
        }
        _ => Err(FormError::Length(bytes.len())),
    }
}

/// The 48 or 80 bytes of a key, as nginx, Apache httpd and OpenSSL have them. `None`: it has other lengths or another MAC,
/// and only we know how to use it.
pub fn write_key(key: &TicketKey) -> Option<Zeroizing<Vec<u8>>> {
    let (cipher, mac) = parts(key)?;
    match cipher.len() {
        16 => Some(write(key, [cipher, mac])),
        _ => Some(write(key, [mac, cipher])),
    }
}

/// A line of HAProxy's file, with its newline.
pub fn write_line(key: &TicketKey) -> Option<Zeroizing<String>> {
    let (cipher, mac) = parts(key)?;
    let mut line = Zeroizing::new(STANDARD.encode(&*write(key, [cipher, mac])));
    line.push('\n');
    Some(line)
}

/// Cipher key and MAC key, if they are of a kind that these files have.
fn parts(key: &TicketKey) -> Option<(&[u8], &[u8])> {
    let (cipher, mac) = (key.cipher_key(), key.mac_key());
    let fits = matches!(
        (key.mac_algorithm(), cipher.len(), mac.len()),
        (MacAlgorithm::Sha256, 16, 16) | (MacAlgorithm::Sha256, 32, 32)
    );
    fits.then_some((cipher, mac))
}

fn write(key: &TicketKey, parts: [&[u8]; 2]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONG_LEN));
    bytes.extend_from_slice(&key.name().0);
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(len: u8) -> Vec<u8> {
        (1..=len).collect()
    }

    #[test]
    fn eighty_bytes_are_name_mac_cipher() {
        let key = parse_key(&bytes(80)).unwrap();
        assert_eq!(key.name().0, bytes(80)[..16]);
        assert_eq!(key.mac_key(), &bytes(80)[16..48]);
        assert_eq!(key.cipher_key(), &bytes(80)[48..]);
        assert_eq!(*write_key(&key).unwrap(), bytes(80));
    }

    #[test]
    fn forty_eight_bytes_are_name_cipher_mac() {
        let key = parse_key(&bytes(48)).unwrap();
        assert_eq!(key.cipher_key(), &bytes(48)[16..32]);
        assert_eq!(key.mac_key(), &bytes(48)[32..]);
        assert_eq!(*write_key(&key).unwrap(), bytes(48));
    }

    #[test]
    fn haproxy_lines() {
        let lines: String = [80, 48].map(|len| STANDARD.encode(bytes(len)) + "\n").concat();
        let keys = parse_keys(format!("\n{lines}\n").as_bytes()).unwrap();
        assert_eq!(keys.len(), 2);
        let written: String = keys.iter().map(|key| write_line(key).unwrap().to_string()).collect();
        assert_eq!(written, lines);
    }

    #[test]
    fn haproxys_eighty_bytes_are_name_cipher_mac() {
        let keys = parse_keys(STANDARD.encode(bytes(80)).as_bytes()).unwrap();
        assert_eq!(keys[0].cipher_key(), &bytes(80)[16..48]);
        assert_eq!(keys[0].mac_key(), &bytes(80)[48..]);
        assert_ne!(
            *write_key(&keys[0]).unwrap(),
            bytes(80),
            "nginx has them the other way round"
        );
    }

    #[test]
    fn what_is_no_key_file() {
        let error = |bytes: &[u8]| parse_keys(bytes).unwrap_err();
        assert_eq!(error(b""), FormError::Length(0));
        assert_eq!(error(&bytes(79)), FormError::Line(1));
        assert_eq!(error(&[0xff; 81]), FormError::Length(81));
        assert_eq!(error(b"\n\nAAAA\n"), FormError::Line(3));
        assert_eq!(error(&[0; 80]), FormError::Key(KeyError::Zero));
        assert_eq!(error(&[0; 48]), FormError::Key(KeyError::Zero));
    }

    #[test]
    fn other_kinds_of_keys_have_no_form() {
        let key = |cipher, mac: MacAlgorithm, mac_len| {
            TicketKey::new(KeyName([1; 16]), &vec![1; cipher], mac, &vec![1; mac_len]).unwrap()
        };
        assert!(write_key(&key(16, MacAlgorithm::Sha256, 32)).is_none());
        assert!(write_key(&key(32, MacAlgorithm::Sha384, 32)).is_none());
        assert!(write_key(&key(16, MacAlgorithm::Sha512, 16)).is_none());
    }
}
