//! What the user calls a ticket: bytes, digits, or a session with a ticket inside.

use std::path::Path;

use carnet_ticket::Session;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::{files, pem};

/// A ticket, and the client's session that it came in.
pub(super) struct Input {
    pub(super) ticket: Vec<u8>,
    pub(super) session: Option<Session>,
}

const SESSION: &str = "SSL SESSION PARAMETERS";

/// Reads `path`, or standard input for `-`.
pub(super) fn read(path: &Path, now: u64) -> Result<Input, Failure> {
    let bytes = match path == Path::new("-") {
        true => files::read_from(std::io::stdin().lock(), Path::new("standard input"))?,
        false => files::read(path)?,
    };
    of_bytes(&bytes, now).map_err(|what| Failure::new(format!("{}: {what}", path.display())))
}

fn of_bytes(bytes: &[u8], now: u64) -> Result<Input, &'static str> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if let Some(der) = pem::blocks(text, SESSION).first() {
        let session = Session::decode(der, now).map_err(|_| "this PEM holds no session that can be read")?;
        return of_session(session);
    }
    let decoded = hex(text).or_else(|| pem::decode_base64(text).filter(|bytes| !bytes.is_empty()));
    let ticket = decoded.unwrap_or_else(|| Zeroizing::new(bytes.to_vec()));
    if let Ok(session) = Session::decode(&ticket, now) {
        return of_session(session);
    }
    let is_text = |letter: char| !letter.is_control() || letter.is_ascii_whitespace();
    match ticket.len() {
        0 => Err("it is empty; give a ticket, or a session as `openssl s_client -sess_out` writes it"),
        // What was digits has become bytes by now; no ticket is text by chance.
        _ if *ticket == *bytes && !text.is_empty() && text.chars().all(is_text) => {
            Err("it is text, but no session, and neither hexadecimal nor base64; see carnet-open(1)")
        }
        _ => Ok(Input {
            ticket: ticket.to_vec(),
            session: None,
        }),
    }
}

fn of_session(session: Session) -> Result<Input, &'static str> {
    let ticket = session.ticket.as_ref().map(|ticket| ticket.to_vec());
    let ticket = ticket.filter(|ticket| !ticket.is_empty());
    let ticket = ticket.ok_or("this session has no ticket: the server sent none, or one for a session id only")?;
    Ok(Input {
        ticket,
        session: Some(session),
    })
}

/// Hexadecimal digits, with blanks or colons between bytes or not.
fn hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // As long as it can get, so that it does not move and leave a copy behind.
    let mut digits = Zeroizing::new(Vec::with_capacity(text.len()));
    for letter in text
        .chars()
        .filter(|letter| !letter.is_ascii_whitespace() && *letter != ':')
    {
        digits.push(letter.to_digit(16)?);
    }
    let (pairs, rest) = digits.as_chunks::<2>();
    let byte = |[high, low]: &[u32; 2]| u8::try_from(high * 16 + low).ok();
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for pair in pairs {
        bytes.push(byte(pair)?);
    }
    (rest.is_empty() && !bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(bytes: &[u8]) -> Vec<u8> {
        of_bytes(bytes, 0).map(|input| input.ticket).unwrap()
    }

    #[test]
    fn digits_and_bytes_are_told_apart() {
        assert_eq!(ticket(b"00ff 10\n"), [0, 0xff, 0x10]);
        assert_eq!(ticket(b"00:FF:10"), [0, 0xff, 0x10]);
        assert_eq!(ticket(b"/wD/\n/w==\n"), [0xff, 0, 0xff, 0xff]);
        assert_eq!(ticket(b"\x80\x81"), [0x80, 0x81]);
        assert!(of_bytes(b"", 0).is_err());
        for text in [
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "secret = \"x\"\n",
        ] {
            assert!(
                of_bytes(text.as_bytes(), 0).is_err_and(|what| what.starts_with("it is text")),
                "{text}"
            );
        }
    }

    #[test]
    fn sessions_without_a_ticket_say_so() {
        let session = Session::new(0x0304, 0x1301, carnet_ticket::Secret::new(&[1; 32]).unwrap(), 7);
        let mut der = Vec::new();
        session.encode_into(&mut der);
        assert!(of_bytes(&der, 0).is_err_and(|what| what.contains("no ticket")));
        let mut with = session;
        with.ticket = Some(vec![9; 80].into());
        der.clear();
        with.encode_into(&mut der);
        assert_eq!(ticket(&der), [9; 80]);
    }

    proptest::proptest! {
        /// Whatever a file holds, it is a ticket or an answer.
        #[test]
        fn nothing_panics(bytes: Vec<u8>, text in "(-----BEGIN SSL SESSION PARAMETERS-----)?[0-9a-zA-Z+/=: \n]{0,200}(-----END SSL SESSION PARAMETERS-----)?") {
            let _ = (of_bytes(&bytes, 0).is_ok(), of_bytes(text.as_bytes(), 0).is_ok());
        }
    }
}
