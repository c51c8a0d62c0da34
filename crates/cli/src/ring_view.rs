//! A ring's keys as a person and a program want to see them. Never the keys themselves.

use carnet_keys::{KeyInfo, KeyState, Ring};
use serde_json::{Value, json};

use crate::table::{self, hex, with_header};
use crate::time;

/// One word for where a key stands.
pub(crate) fn state(state: KeyState) -> &'static str {
    match state {
        KeyState::Ahead => "ahead",
        KeyState::Sealing => "sealing",
        KeyState::Opening => "opening",
    }
}

/// How the ring gets its keys, in a line.
pub(crate) fn policy(ring: &Ring) -> String {
    let policy = ring.policy();
    let from = if ring.is_rooted() {
        "keys from a root secret"
    } else {
        "random keys"
    };
    let interval = policy.interval.map_or_else(
        || "one key until it is rotated by hand".to_owned(),
        |interval| format!("each seals for {}", time::span(interval.get())),
    );
    format!(
        "{from}, {interval}, tickets open for {} after that",
        time::span(policy.lifetime)
    )
}

/// A line for each key.
pub(crate) fn keys(keys: &[KeyInfo], now: u64) -> String {
    if keys.is_empty() {
        return "no keys: they have run out, or been revoked; the next come with the next handshake, or when it is time".to_owned();
    }
    let mut table = with_header(&["name", "state", "seals from", "seals until", "opens until"]);
    for info in keys {
        let never_seals = info.seals_until == 0;
        let seals = |then| match never_seals {
            true => "never".to_owned(),
            false => time::moment_in_column(then, now),
        };
        table.add_row([
            // Enough to tell them apart, and to name one to `revoke`.
            hex(&info.key.name().0).chars().take(16).collect(),
            state(info.state).to_owned(),
            seals(info.seals_from),
            seals(info.seals_until),
            time::moment_in_column(info.opens_until, now),
        ]);
    }
    table::fit(table, table::width())
}

/// For a manual page.
pub(crate) const JSON: &str = "\
JSON:
  Names do not change; others may come. Times are seconds since 1970, null
  for never; spans are seconds.
  rooted     whether keys come from a root secret
  interval   for how long a key seals; null: until it is rotated by hand
  lifetime   for how long its tickets open after that
  now        when all this was so
  keys       of each: name, in hexadecimal; state (ahead, sealing, opening);
             seals_from, seals_until, opens_until";

/// What JSON says of a ring: policy and keys. Times are seconds since 1970, `null` for never.
pub(crate) fn json(ring: &Ring, now: u64) -> Value {
    let key = |info: &KeyInfo| {
        let seals = |then| match info.seals_until {
            0 => Value::Null,
            _ => time::json(then),
        };
        json!({
            "name": hex(&info.key.name().0),
            "state": state(info.state),
            "seals_from": seals(info.seals_from),
            "seals_until": seals(info.seals_until),
            "opens_until": time::json(info.opens_until),
        })
    };
    json!({
        "rooted": ring.is_rooted(),
        "interval": ring.policy().interval,
        "lifetime": ring.policy().lifetime,
        "now": now,
        "keys": ring.keys(now).iter().map(key).collect::<Vec<_>>(),
    })
}
