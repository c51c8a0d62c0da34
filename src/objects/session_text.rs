//! A session in words (SSL_SESSION_print(3)) and as a key log's line (SSL_SESSION_print_keylog(3)).

use std::fmt::Write;

use carnet_ticket::Session;

use super::cipher;
use crate::libcrypto::session_pem::verify_result_text;

const TLS1_3: u16 = 0x0304;

/// A description in three parts: the ticket's hex dump goes between the first and the last.
pub struct Text {
    /// Up to the ticket.
    pub head: String,
    /// From the times on.
    pub tail: String,
}

/// Describes a session as OpenSSL does, secret included.
pub fn describe(session: &Session) -> Result<Text, std::fmt::Error> {
    Ok(Text {
        head: head(session)?,
        tail: tail(session)?,
    })
}

fn head(session: &Session) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let out = &mut text;
    writeln!(out, "SSL-Session:")?;
    writeln!(out, "    Protocol  : {}", protocol_name(session.protocol))?;
    match cipher::find(session.cipher) {
        Some(cipher) => writeln!(out, "    Cipher    : {}", cipher.name.to_string_lossy())?,
        None => writeln!(out, "    Cipher    : {:04X}", session.cipher)?,
    }
    writeln!(out, "    Session-ID: {}", Hex(session.session_id.as_bytes()))?;
    writeln!(
        out,
        "    Session-ID-ctx: {}",
        Hex(session.session_id_context.as_bytes())
    )?;
    let secret = if session.protocol == TLS1_3 {
        "Resumption PSK"
    } else {
        "Master-Key"
    };
    writeln!(out, "    {secret}: {}", Hex(session.secret.as_bytes()))?;
    writeln!(out, "    PSK identity: {}", or_none(session.psk_identity.as_deref()))?;
    writeln!(
        out,
        "    PSK identity hint: {}",
        or_none(session.psk_identity_hint.as_deref())
    )?;
    writeln!(out, "    SRP username: {}", or_none(session.srp_username.as_deref()))?;
    if session.lifetime_hint != 0 {
        writeln!(
            out,
            "    TLS session ticket lifetime hint: {} (seconds)",
            session.lifetime_hint
        )?;
    }
    if session.ticket.is_some() {
        writeln!(out, "    TLS session ticket:")?;
    }
    Ok(text)
}

fn tail(session: &Session) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let out = &mut text;
    if session.ticket.is_some() {
        writeln!(out)?;
    }
    if let Some(method) = session.compression {
        writeln!(out, "    Compression: {method}")?;
    }
    if session.time != 0 {
        writeln!(out, "    Start Time: {}", session.time.cast_signed())?;
    }
    if session.timeout != 0 {
        writeln!(out, "    Timeout   : {} (sec)", session.timeout.cast_signed())?;
    }
    let result = session.verify_result;
    writeln!(out, "    Verify return code: {result} ({})", verify_result_text(result))?;
    let extended = if session.extended_master_secret() { "yes" } else { "no" };
    writeln!(out, "    Extended master secret: {extended}")?;
    if session.protocol == TLS1_3 {
        writeln!(out, "    Max Early Data: {}", session.max_early_data)?;
    }
    Ok(text)
}

/// The session's line for a key log; none without a session id or a secret.
pub fn key_log_line(session: &Session) -> Option<String> {
    let (id, secret) = (session.session_id.as_bytes(), session.secret.as_bytes());
    let known = !id.is_empty() && !secret.is_empty();
    known.then(|| format!("RSA Session-ID:{} Master-Key:{}\n", Hex(id), Hex(secret)))
}

/// `SSL_get_version(3)`'s words for a number on the wire.
fn protocol_name(protocol: u16) -> &'static str {
    match protocol {
        TLS1_3 => "TLSv1.3",
        0x0303 => "TLSv1.2",
        0x0302 => "TLSv1.1",
        0x0301 => "TLSv1",
        0x0300 => "SSLv3",
        0xfefd => "DTLSv1.2",
        0xfeff => "DTLSv1",
        0x0100 => "DTLSv0.9",
        _ => "unknown",
    }
}

fn or_none(text: Option<&[u8]>) -> std::borrow::Cow<'_, str> {
    text.map_or("None".into(), String::from_utf8_lossy)
}

struct Hex<'a>(&'a [u8]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}
