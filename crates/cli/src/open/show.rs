//! An opened ticket as a table and as JSON, made of the same fields.

use carnet_ticket::Session;
use serde_json::{Map, Value, json};

use super::attempt::Opened;
use super::{context, names};
use crate::table::{self, hex};
use crate::{output, time};

/// One thing that a ticket says.
struct Field {
    key: &'static str,
    text: String,
    value: Value,
}

impl Field {
    fn new(key: &'static str, text: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            key,
            text: text.into(),
            value: value.into(),
        }
    }

    /// A number that may have a name.
    fn named(key: &'static str, name: Option<&str>, number: i64, digits: &str) -> Self {
        let text = name.map_or_else(|| digits.to_owned(), |name| format!("{name} ({digits})"));
        Self::new(key, text, json!({ "number": number, "name": name }))
    }

    /// A number of the wire, shown in hexadecimal.
    fn wire(key: &'static str, name: Option<&str>, number: u32) -> Self {
        Self::named(key, name, number.into(), &format!("0x{number:04x}"))
    }

    /// Bytes that are mostly text; `–` for none.
    fn bytes(key: &'static str, bytes: Option<&[u8]>) -> Self {
        let Some(bytes) = bytes else {
            return Self::new(key, "–", Value::Null);
        };
        let text = printable(bytes);
        let shown = match (&text, bytes.is_empty()) {
            (_, true) => "empty".to_owned(),
            (Some(text), _) => format!("{text:?} ({} bytes, {})", bytes.len(), hex(bytes)),
            (None, _) => format!("{} ({} bytes)", hex(bytes), bytes.len()),
        };
        Self::new(
            key,
            shown,
            json!({ "hex": hex(bytes), "text": text, "len": bytes.len() }),
        )
    }

    fn moment(key: &'static str, then: u64, now: u64) -> Self {
        Self::new(key, time::moment(then, now), time::json(then))
    }
}

/// All that there is to say.
pub(super) struct View<'a> {
    pub(super) ticket: &'a [u8],
    pub(super) opened: &'a Opened<'a>,
    pub(super) session: &'a Session,
    pub(super) now: u64,
    /// Show the session's secret.
    pub(super) secrets: bool,
}

impl View<'_> {
    pub(super) fn table(&self) -> String {
        let mut table = table::plain();
        for field in self.fields() {
            table.add_row([field.key.replace('_', " "), clipped(output::in_a_line(&field.text))]);
        }
        table::fit(table, table::width())
    }

    pub(super) fn json(&self) -> Value {
        let fields = self
            .fields()
            .into_iter()
            .map(|field| (field.key.to_owned(), field.value));
        let mut all: Map<String, Value> = fields.collect();
        all.insert("opened".to_owned(), true.into());
        Value::Object(all)
    }

    fn fields(&self) -> Vec<Field> {
        let mut fields = self.about_the_ticket();
        fields.extend(self.about_the_session());
        fields.extend(self.about_the_peer());
        fields.extend(self.rest());
        fields
    }

    fn about_the_ticket(&self) -> Vec<Field> {
        let candidate = self.opened.candidate;
        let name = hex(self.ticket.get(..16).unwrap_or_default());
        let key = hex(&candidate.key.name().0);
        let sealed = match self.opened.context {
            None if self.opened.chain_start.is_none() => {
                Field::new("sealed_for", "every context with this key", Value::Null)
            }
            None => Field::new(
                "sealed_for",
                "every context with this key, with an end to its chain",
                Value::Null,
            ),
            Some(guess) => {
                let server_name = match guess.server_name.as_str() {
                    "" => "no server name",
                    name => name,
                };
                Field::new(
                    "sealed_for",
                    format!(
                        "certificate {}, verify mode {}, {server_name}",
                        guess.certificate, guess.verify_mode
                    ),
                    json!({
                        "certificate": guess.certificate,
                        "verify_mode": guess.verify_mode,
                        "server_name": guess.server_name,
                    }),
                )
            }
        };
        let lengths = json!({ "ticket": self.ticket.len(), "session": self.opened.plaintext.len() });
        vec![
            Field::new("key_name", name.clone(), name),
            Field::new(
                "key",
                format!("{key}, {}", candidate.place),
                json!({ "name": key, "place": candidate.place }),
            ),
            sealed,
            Field::new(
                "length",
                format!(
                    "{} bytes, with a session of {}",
                    self.ticket.len(),
                    self.opened.plaintext.len()
                ),
                lengths,
            ),
        ]
    }

    fn about_the_session(&self) -> Vec<Field> {
        let (session, now) = (self.session, self.now);
        let expires = session.time.checked_add(session.timeout);
        let mut expiry = Field::moment("expires", expires.unwrap_or(u64::MAX), now);
        if session.is_expired(now) {
            expiry.text = format!("expired: {}", expiry.text);
        }
        let chain = match self.opened.chain_start {
            Some(start) => Field::moment("chain_start", start, now),
            None => Field::new("chain_start", "not in this ticket", Value::Null),
        };
        vec![
            Field::wire("version", names::version(session.protocol), session.protocol.into()),
            Field::wire("suite", names::suite(session.cipher), session.cipher.into()),
            Field::moment("made", session.time, now),
            Field::new("timeout", time::span(session.timeout), session.timeout),
            expiry,
            chain,
        ]
    }

    fn about_the_peer(&self) -> Vec<Field> {
        let session = self.session;
        let subject = session.peer.as_ref().map(|der| {
            let subject = context::subject(der);
            subject.unwrap_or_else(|| format!("a certificate of {} bytes that can't be read", der.len()))
        });
        let result = session.verify_result;
        vec![
            Field::bytes("server_name", session.hostname.as_deref()),
            Field::bytes("alpn", session.alpn.as_deref()),
            Field::new(
                "client_certificate",
                subject.clone().unwrap_or_else(|| "–".to_owned()),
                subject,
            ),
            Field::named(
                "verify_result",
                names::verify_result(result),
                result,
                &result.to_string(),
            ),
            Field::bytes("session_id_context", some(session.session_id_context.as_bytes())),
            Field::bytes("appdata", session.appdata.as_deref()),
        ]
    }

    fn rest(&self) -> Vec<Field> {
        let session = self.session;
        let group = match session.kex_group {
            0 => Field::new("group", "–", Value::Null),
            number => Field::wire("group", names::group(number), number),
        };
        let ems = if session.extended_master_secret() {
            "extended master secret"
        } else {
            "none"
        };
        let secret = match self.secrets {
            true => Field::new("secret", hex(session.secret.as_bytes()), hex(session.secret.as_bytes())),
            false => Field::new(
                "secret",
                format!("{} bytes, hidden (--secrets shows them)", session.secret.len()),
                Value::Null,
            ),
        };
        vec![
            group,
            Field::new("flags", ems, session.flags),
            Field::new(
                "max_early_data",
                session.max_early_data.to_string(),
                session.max_early_data,
            ),
            Field::new("age_add", session.age_add.to_string(), session.age_add),
            Field::bytes("session_id", some(session.session_id.as_bytes())),
            Field::bytes("psk_identity", session.psk_identity.as_deref()),
            secret,
        ]
    }
}

/// What a person can take in. A client may have had tens of thousands of bytes put into its ticket.
fn clipped(text: String) -> String {
    const MOST: usize = 1000;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!(
            "{} … (--json shows all {} letters)",
            text.get(..end).unwrap_or_default(),
            text.chars().count()
        ),
        None => text,
    }
}

fn some(bytes: &[u8]) -> Option<&[u8]> {
    (!bytes.is_empty()).then_some(bytes)
}

/// The text, if it is nothing else.
fn printable(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let plain = text.chars().all(|letter| !letter.is_control());
    (plain && !text.is_empty()).then(|| text.to_owned())
}
