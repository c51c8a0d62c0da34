//! The key schedule of TLS 1.3 (RFC 8446 section 7); that of TLS 1.2 is in `prf`.
//!
//! Each stage is a type that is consumed by the next, so that a secret can't be derived out of order:
//! [`Early`] → [`Handshake`] → [`Master`]. Every secret's HMAC key is prepared once and shared by what is derived
//! from it; it lives in a box, because it is large and the states that own it are moved a lot.

mod hash;
mod hmac;
mod prf;

use std::fmt;
use std::sync::LazyLock;

pub(crate) use hash::{Digest, HashAlgorithm, Mac, Running, Secret};
pub(crate) use prf::{HelloRandoms, MasterSecret};

use crate::number::Suite13;
use crate::record::RecordKey;
use crate::{Error, ErrorKind};

static ZERO_SALT: LazyLock<[Mac; 2]> = LazyLock::new(|| {
    // HMAC pads keys with zeros: no salt at all is the same as a string of Hash.length zeros.
    [
        Mac::new(HashAlgorithm::Sha256, &[]),
        Mac::new(HashAlgorithm::Sha384, &[]),
    ]
});

/// Without a PSK the whole first stage is constant: the salt of the second.
static NO_PSK_SALT: LazyLock<[Mac; 2]> = LazyLock::new(|| {
    [HashAlgorithm::Sha256, HashAlgorithm::Sha384].map(|hash| {
        let zeros = [0; 48];
        next_salt(&Early::with_psk(hash, zeros.get(..hash.len()).unwrap_or(&zeros)).mac)
    })
});

fn of(pair: &[Mac; 2], hash: HashAlgorithm) -> &Mac {
    let [sha256, sha384] = pair;
    match hash {
        HashAlgorithm::Sha256 => sha256,
        HashAlgorithm::Sha384 => sha384,
    }
}

/// Derive-Secret(., "derived", ""), ready to be HKDF-Extract's salt.
fn next_salt(stage: &Mac) -> Mac {
    let hash = stage.hash();
    Mac::new(
        hash,
        stage.expand_label(b"derived", hash.of_nothing().as_bytes()).as_bytes(),
    )
}

/// Where a PSK comes from. "The different labels prevent the substitution of one type of PSK for the other" (section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PskKind {
    /// A ticket.
    Resumption,
    /// The application.
    External,
}

/// The Early Secret of a connection with a PSK.
#[derive(Debug)]
pub(crate) struct Early {
    mac: Box<Mac>,
}

impl Early {
    pub(crate) fn with_psk(hash: HashAlgorithm, psk: &[u8]) -> Self {
        let secret = of(&ZERO_SALT, hash).extract(psk);
        Self {
            mac: Box::new(Mac::new(hash, secret.as_bytes())),
        }
    }

    /// The binder over the transcript up to and including the identities (section 4.2.11.2).
    pub(crate) fn binder(&self, kind: PskKind, truncated_hello: &Digest) -> Digest {
        let hash = self.mac.hash();
        let label: &[u8] = match kind {
            PskKind::Resumption => b"res binder",
            PskKind::External => b"ext binder",
        };
        let key = self.mac.expand_label(label, hash.of_nothing().as_bytes());
        finished(&Mac::new(hash, key.as_bytes()), truncated_hello)
    }

    /// client_early_traffic_secret; `transcript` is ClientHello alone.
    pub(crate) fn client_traffic(&self, transcript: &Digest) -> TrafficSecret {
        TrafficSecret::derive(&self.mac, b"c e traffic", transcript)
    }

    /// early_exporter_master_secret; the same transcript.
    pub(crate) fn exporter(&self, transcript: &Digest) -> ExporterSecret {
        ExporterSecret {
            hash: self.mac.hash(),
            secret: self.mac.expand_label(b"e exp master", transcript.as_bytes()),
        }
    }

    /// Goes on with the (EC)DHE secret; with none (psk_ke), zeros take its place.
    pub(crate) fn handshake(self, shared: Option<&[u8]>) -> Handshake {
        Handshake::extract(&next_salt(&self.mac), shared)
    }
}

/// The Handshake Secret.
#[derive(Debug)]
pub(crate) struct Handshake {
    mac: Box<Mac>,
}

impl Handshake {
    /// The second stage without a PSK.
    pub(crate) fn without_psk(hash: HashAlgorithm, shared: &[u8]) -> Self {
        Self::extract(of(&NO_PSK_SALT, hash), Some(shared))
    }

    fn extract(salt: &Mac, shared: Option<&[u8]>) -> Self {
        let hash = salt.hash();
        let zeros = [0; 48];
        let input = shared.unwrap_or(zeros.get(..hash.len()).unwrap_or(&zeros));
        Self {
            mac: Box::new(Mac::new(hash, salt.extract(input).as_bytes())),
        }
    }

    /// client_handshake_traffic_secret; `transcript` is ClientHello...ServerHello.
    pub(crate) fn client_traffic(&self, transcript: &Digest) -> TrafficSecret {
        TrafficSecret::derive(&self.mac, b"c hs traffic", transcript)
    }

    /// server_handshake_traffic_secret.
    pub(crate) fn server_traffic(&self, transcript: &Digest) -> TrafficSecret {
        TrafficSecret::derive(&self.mac, b"s hs traffic", transcript)
    }

    pub(crate) fn master(self) -> Master {
        let salt = next_salt(&self.mac);
        let hash = salt.hash();
        let zeros = [0; 48];
        let secret = salt.extract(zeros.get(..hash.len()).unwrap_or(&zeros));
        Master {
            mac: Box::new(Mac::new(hash, secret.as_bytes())),
        }
    }
}

/// The Master Secret.
#[derive(Debug)]
pub(crate) struct Master {
    mac: Box<Mac>,
}

impl Master {
    /// client_application_traffic_secret_0; `transcript` is ClientHello...server Finished.
    pub(crate) fn client_traffic(&self, transcript: &Digest) -> TrafficSecret {
        TrafficSecret::derive(&self.mac, b"c ap traffic", transcript)
    }

    /// server_application_traffic_secret_0; the same transcript.
    pub(crate) fn server_traffic(&self, transcript: &Digest) -> TrafficSecret {
        TrafficSecret::derive(&self.mac, b"s ap traffic", transcript)
    }

    /// exporter_master_secret; the same transcript.
    pub(crate) fn exporter(&self, transcript: &Digest) -> ExporterSecret {
        ExporterSecret {
            hash: self.mac.hash(),
            secret: self.mac.expand_label(b"exp master", transcript.as_bytes()),
        }
    }

    /// resumption_master_secret; `transcript` is ClientHello...client Finished.
    pub(crate) fn resumption(self, transcript: &Digest) -> ResumptionSecret {
        ResumptionSecret {
            hash: self.mac.hash(),
            secret: self.mac.expand_label(b"res master", transcript.as_bytes()),
        }
    }
}

/// One direction's traffic secret, with its HMAC key prepared.
#[derive(Clone)]
pub(crate) struct TrafficSecret {
    secret: Secret,
    mac: Box<Mac>,
}

impl TrafficSecret {
    fn derive(stage: &Mac, label: &[u8], transcript: &Digest) -> Self {
        Self::new(stage.hash(), stage.expand_label(label, transcript.as_bytes()))
    }

    fn new(hash: HashAlgorithm, secret: Secret) -> Self {
        let mac = Box::new(Mac::new(hash, secret.as_bytes()));
        Self { secret, mac }
    }

    /// For key logs.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    /// The record protection key and IV (section 7.3).
    pub(crate) fn record_key(&self, suite: &Suite13) -> Result<RecordKey, Error> {
        let key = self.mac.expand_label_len(b"key", &[], suite.aead.key_len());
        let iv = self.mac.expand_label_len(b"iv", &[], aws_lc_rs::aead::NONCE_LEN);
        RecordKey::new(suite, key.as_bytes(), iv.as_bytes())
    }

    /// The verify_data of Finished (section 4.4.4) over `transcript`.
    pub(crate) fn finished(&self, transcript: &Digest) -> Digest {
        finished(&self.mac, transcript)
    }

    /// The secret after a KeyUpdate (section 7.2).
    pub(crate) fn next(&self) -> Self {
        Self::new(self.mac.hash(), self.mac.expand_label(b"traffic upd", &[]))
    }
}

impl fmt::Debug for TrafficSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TrafficSecret")
    }
}

fn finished(base: &Mac, transcript: &Digest) -> Digest {
    let key = base.expand_label(b"finished", &[]);
    Mac::new(base.hash(), key.as_bytes()).digest(transcript.as_bytes())
}

/// exporter_master_secret.
#[derive(Debug, Clone)]
pub(crate) struct ExporterSecret {
    hash: HashAlgorithm,
    secret: Secret,
}

impl ExporterSecret {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    /// TLS-Exporter (section 7.5). No context and an empty one give the same.
    pub(crate) fn export(&self, out: &mut [u8], label: &[u8], context: &[u8]) -> Result<(), Error> {
        // Beyond these the formulas are not defined: HkdfLabel.label holds 255 bytes, HKDF gives 255 blocks.
        if label.len() > 249 || out.len() > 255 * self.hash.len() {
            return Err(ErrorKind::Misuse.into());
        }
        let derived =
            Mac::new(self.hash, self.secret.as_bytes()).expand_label(label, self.hash.of_nothing().as_bytes());
        let context = self.hash.digest(context);
        Mac::new(self.hash, derived.as_bytes()).expand_label_into(b"exporter", context.as_bytes(), out);
        Ok(())
    }
}

/// resumption_master_secret.
#[derive(Debug, Clone)]
pub(crate) struct ResumptionSecret {
    hash: HashAlgorithm,
    secret: Secret,
}

impl ResumptionSecret {
    /// The PSK of the ticket with this nonce (section 4.6.1).
    pub(crate) fn psk(&self, nonce: &[u8]) -> Secret {
        Mac::new(self.hash, self.secret.as_bytes()).expand_label(b"resumption", nonce)
    }
}

#[cfg(test)]
mod tests;
