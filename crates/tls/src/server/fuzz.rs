//! The fuzzer's way to early data: it can't guess a binder or an early traffic key, so a client that has them does what its
//! bytes say.

use crate::codec::{Malformed, Reader, Writer};
use crate::message;
use crate::message::server_hello::extension;
use crate::record::RecordKey;
use crate::schedule::{Early, HashAlgorithm, PskKind};
use crate::{CipherSuite, ContentType, ExtensionType, HandshakeType};

/// A client's first flight, with binders and early data under `psk` (SHA-256): what the script changes in a ClientHello that
/// a server takes, then what it says.
pub fn early_flight(script: &[u8], psk: &[u8]) -> Vec<u8> {
    let mut script = Reader::new(script);
    let (kind, extensions, identities) = bend(&mut script).unwrap_or_default();
    let kind = if kind & 1 == 0 {
        PskKind::Resumption
    } else {
        PskKind::External
    };
    let early = Early::with_psk(HashAlgorithm::Sha256, psk);
    let hello = encode(&extensions, &identities, |truncated| {
        early
            .binder(kind, &HashAlgorithm::Sha256.digest(truncated))
            .as_bytes()
            .to_vec()
    });
    let mut wire = Vec::new();
    for part in hello.chunks(1 << 14) {
        let mut w = Writer::new(&mut wire);
        w.bytes(&[22, 3, 1]);
        w.vec16(part);
    }
    let traffic = early.client_traffic(&HashAlgorithm::Sha256.digest(&hello));
    let key = CipherSuite::TLS_AES_128_GCM_SHA256
        .tls13()
        .and_then(|suite| traffic.record_key(suite).ok());
    if let Some(mut key) = key {
        while say(&mut script, &mut key, &mut wire).is_ok() {}
    }
    wire
}

type Extensions = Vec<(ExtensionType, Vec<u8>)>;

/// What kind of PSKs, which extensions, and which identities.
fn bend(script: &mut Reader<'_>) -> Result<(u8, Extensions, Vec<Vec<u8>>), Malformed> {
    let how = script.u8()?;
    let mut extensions = good();
    for _ in 0..(how >> 1 & 3) {
        let changed = ExtensionType(script.u16()?);
        let data = script.vec8()?.to_vec();
        extensions.retain(|(extension_type, _)| *extension_type != changed);
        extensions.push((changed, data));
    }
    let mut identities = Vec::new();
    for _ in 0..(how >> 3 & 3) {
        identities.push(script.vec8()?.to_vec());
    }
    Ok((how, extensions, identities))
}

fn good() -> Extensions {
    let mut share = vec![0, 36, 0, 0x1d, 0, 32];
    share.extend_from_slice(&[9; 32]);
    vec![
        (ExtensionType::SUPPORTED_VERSIONS, vec![2, 3, 4]),
        (ExtensionType::SUPPORTED_GROUPS, vec![0, 4, 0, 0x1d, 0, 0x17]),
        (ExtensionType::SIGNATURE_ALGORITHMS, vec![0, 4, 4, 3, 8, 7]),
        (ExtensionType::KEY_SHARE, share),
        (ExtensionType::PSK_KEY_EXCHANGE_MODES, vec![2, 1, 0]),
        (ExtensionType::EARLY_DATA, Vec::new()),
    ]
}

fn encode(extensions: &Extensions, identities: &[Vec<u8>], binder: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    let written = message::encode(&mut out, HandshakeType::CLIENT_HELLO, |w| {
        w.u16(0x0303);
        w.bytes(&[0x77; 32]);
        w.vec8(&[5; 32]);
        w.vec16(&[0x13, 0x01]);
        w.vec8(&[0]);
        w.nest16(|w| {
            for (extension_type, data) in extensions {
                extension(w, *extension_type, |w| w.bytes(data));
            }
            if !identities.is_empty() {
                extension(w, ExtensionType::PRE_SHARED_KEY, |w| psks(w, identities));
            }
        });
    });
    let tail = 33 * identities.len();
    let at = out.len().saturating_sub(tail);
    if written.is_ok() && tail > 0 {
        let binder = binder(out.get(..at.saturating_sub(2)).unwrap_or_default());
        out.truncate(at);
        identities.iter().for_each(|_| Writer::new(&mut out).vec8(&binder));
    }
    out
}

fn psks(w: &mut Writer<'_>, identities: &[Vec<u8>]) {
    w.nest16(|w| {
        for identity in identities {
            w.vec16(identity);
            w.u32(0);
        }
    });
    w.nest16(|w| identities.iter().for_each(|_| w.vec8(&[0; 32])));
}

/// The next record: protected, or raw.
fn say(script: &mut Reader<'_>, key: &mut RecordKey, wire: &mut Vec<u8>) -> Result<(), Malformed> {
    match script.u8()? % 4 {
        0 => wire.extend_from_slice(script.vec8()?),
        1 => {
            let content_type = ContentType(script.u8()?);
            let content = script.vec16()?;
            key.seal(content_type, content, 0, wire).map_err(|_| Malformed)?;
        }
        2 => {
            let data = vec![b'x'; usize::from(script.u16()? & 0x3fff)];
            key.seal(ContentType::APPLICATION_DATA, &data, 0, wire)
                .map_err(|_| Malformed)?;
        }
        _ => key
            .seal(ContentType::HANDSHAKE, &[5, 0, 0, 0], 0, wire)
            .map_err(|_| Malformed)?,
    }
    Ok(())
}
