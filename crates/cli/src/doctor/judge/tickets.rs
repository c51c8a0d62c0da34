//! What the tickets themselves show.

use crate::doctor::facts::Seen;
use crate::doctor::finding::Finding;

/// "Servers MUST NOT use any value greater than 604800 seconds (7 days)" (RFC 8446 section 4.6.1).
const WEEK: u32 = 604_800;

pub(super) fn judge(place: &str, version: &str, seen: &Seen) -> Vec<Finding> {
    let checks = [
        key_name(place, seen),
        many_keys(place, seen),
        long_life(place, seen),
        no_life(place, version, seen),
        master_secret(place, seen),
        early_data(place, seen),
    ];
    checks.into_iter().flatten().collect()
}

fn key_name(place: &str, seen: &Seen) -> Option<Finding> {
    let keys = &seen.tickets.keys;
    if keys.zero_key {
        return Some(Finding::problem(
            "zero-key",
            place,
            "The tickets' MAC is made with a key of zeros: everybody can change tickets, and read and make them, if the cipher's \
             key is zeros, too.",
            "Switch tickets off now. Apache httpd with SSLSessionTicketKeyFile does it under OpenSSL 3, whatever stands in the file: \
             it hands over a key that is gone by then. Take the directive out; libcarnet_preload.so with CARNET_MODE=override \
             brings keys of its own. Elsewhere, see that the key's file holds a key.",
        ));
    }
    if keys.zero {
        return Some(Finding::problem(
            "zero-key-name",
            place,
            "The key's name in the tickets is all zeros: a key callback does not write one. The key itself is not zeros, as far as \
             the MAC tells (HMAC-SHA256).",
            "The server can't tell old keys from new ones. stunnel with ticketKeySecret does it, where libcarnet_preload.so leaves \
             its keys in force; CARNET_MODE=override brings keys with names. GnuTLS 3.6.4 to 3.6.13 did it, too, and its key was \
             zeros (CVE-2020-13777): update it.",
        ));
    }
    keys.memory.then(|| {
        Finding::problem(
            "memory-in-key-name",
            place,
            "The key's name in the tickets looks like addresses in the server's memory: a key callback does not write one, and \
             what was on its stack goes out.",
            "That helps attackers find their way in the process, and the server can't tell its keys apart. stunnel with \
             ticketKeySecret does it. libcarnet_preload.so sends zeros instead, and with CARNET_MODE=override keys with names.",
        )
    })
}

fn many_keys(place: &str, seen: &Seen) -> Option<Finding> {
    let keys = &seen.tickets.keys;
    let names = keys.names.len();
    (names > 1 && !keys.memory && seen.resumption.resumed == seen.resumption.offered).then(|| {
        Finding::note(
            "many-keys",
            place,
            format!("{names} keys seal tickets at the same time, and each is known everywhere."),
            "Nothing to do: a key was changed meanwhile, or the processes share what they make.",
        )
    })
}

fn long_life(place: &str, seen: &Seen) -> Option<Finding> {
    let lifetime = seen.tickets.lifetime.filter(|lifetime| *lifetime > WEEK)?;
    Some(Finding::problem(
        "lifetime-too-long",
        place,
        format!(
            "Tickets are said to live {} days; TLS 1.3 forbids more than 7, and clients forget them by then.",
            lifetime / 86_400
        ),
        "Lower nginx's ssl_session_timeout, HAProxy's tune.ssl.lifetime, or what the program gives to SSL_CTX_set_timeout.",
    ))
}

fn no_life(place: &str, version: &str, seen: &Seen) -> Option<Finding> {
    (version == "1.3" && seen.tickets.sent > 0 && seen.tickets.lifetime == Some(0)).then(|| {
        Finding::problem(
            "lifetime-zero",
            place,
            "Tickets come with a lifetime of 0: clients have to throw them away at once.",
            "Set a session timeout of more than 0, or send no tickets.",
        )
    })
}

fn master_secret(place: &str, seen: &Seen) -> Option<Finding> {
    (seen.extended_master_secret == Some(false) && seen.resumption.resumed > 0).then(|| {
        Finding::problem(
            "no-extended-master-secret",
            place,
            "Sessions resume without extended master secret (RFC 7627), so a man in the middle can make two of them look alike \
             (the triple-handshake attack).",
            "OpenSSL has it since 1.1.0, Go since 1.21: update, or take SSL_OP_NO_EXTENDED_MASTER_SECRET out.",
        )
    })
}

fn early_data(place: &str, seen: &Seen) -> Option<Finding> {
    let most = seen.tickets.max_early_data;
    (most > 0).then(|| {
        Finding::note(
            "early-data",
            place,
            format!("Tickets allow {most} bytes of early data, which an attacker may be able to send again."),
            "Be sure that the application takes only requests early that do no harm twice (RFC 8470), or switch it off: nginx's \
             ssl_early_data, HAProxy's allow-0rtt.",
        )
    })
}
