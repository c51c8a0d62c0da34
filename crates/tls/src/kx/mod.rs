//! Key exchange: (EC)DHE groups and the hybrid of ML-KEM-768 with X25519 (RFC 8446 section 4.2.8).

mod hybrid;

use aws_lc_rs::agreement::{self, Algorithm, PrivateKey, UnparsedPublicKey};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{Error, ErrorKind, NamedGroup};

/// What both sides end up with: 32 to 64 bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct SharedSecret {
    len: usize,
    bytes: [u8; 66],
}

impl SharedSecret {
    fn empty() -> Self {
        Self { len: 0, bytes: [0; 66] }
    }

    fn append(&mut self, part: &[u8]) -> Result<(), Error> {
        let to = self
            .bytes
            .get_mut(self.len..)
            .and_then(|rest| rest.get_mut(..part.len()));
        to.ok_or(ErrorKind::Internal)?.copy_from_slice(part);
        self.len += part.len();
        Ok(())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// A client's private half of a key share, and what it sends.
pub(crate) struct KeyShare {
    group: NamedGroup,
    private: Private,
    public: Vec<u8>,
}

enum Private {
    Curve(PrivateKey),
    Hybrid(hybrid::Private),
}

impl KeyShare {
    /// A fresh key pair of `group`.
    pub(crate) fn generate(group: NamedGroup) -> Result<Self, Error> {
        if group == NamedGroup::X25519MLKEM768 {
            let (private, public) = hybrid::generate()?;
            return Ok(Self {
                group,
                private: Private::Hybrid(private),
                public,
            });
        }
        let private = PrivateKey::generate(curve(group)?)?;
        let public = private.compute_public_key()?.as_ref().to_vec();
        Ok(Self {
            group,
            private: Private::Curve(private),
            public,
        })
    }

    pub(crate) fn group(&self) -> NamedGroup {
        self.group
    }

    /// The key_exchange to send.
    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    /// Agrees with the server's share.
    pub(crate) fn agree(self, server_share: &[u8]) -> Result<SharedSecret, Error> {
        match self.private {
            Private::Curve(private) => {
                let mut secret = SharedSecret::empty();
                agree(self.group, &private, server_share, &mut secret)?;
                Ok(secret)
            }
            Private::Hybrid(private) => hybrid::agree(&private, server_share),
        }
    }
}

/// The server's side in one go: its public value and the secret, for the client's share.
#[inline(never)]
pub(crate) fn respond(group: NamedGroup, client_share: &[u8]) -> Result<(Vec<u8>, SharedSecret), Error> {
    if group == NamedGroup::X25519MLKEM768 {
        return hybrid::respond(client_share);
    }
    let private = PrivateKey::generate(curve(group)?)?;
    let mut secret = SharedSecret::empty();
    agree(group, &private, client_share, &mut secret)?;
    Ok((private.compute_public_key()?.as_ref().to_vec(), secret))
}

/// What to keep of a peer's share for the application to see: nothing of a hybrid's.
pub(crate) fn shown(group: NamedGroup, share: &[u8]) -> Option<Box<[u8]>> {
    (group != NamedGroup::X25519MLKEM768).then(|| share.into())
}

/// Can this crate do the group?
pub(crate) fn is_supported(group: NamedGroup) -> bool {
    group == NamedGroup::X25519MLKEM768 || curve(group).is_ok()
}

fn curve(group: NamedGroup) -> Result<&'static Algorithm, Error> {
    match group {
        NamedGroup::X25519 => Ok(&agreement::X25519),
        NamedGroup::SECP256R1 => Ok(&agreement::ECDH_P256),
        NamedGroup::SECP384R1 => Ok(&agreement::ECDH_P384),
        NamedGroup::SECP521R1 => Ok(&agreement::ECDH_P521),
        _ => Err(ErrorKind::Internal.into()),
    }
}

/// The length of a public value on the wire.
fn public_len(group: NamedGroup) -> usize {
    match group {
        NamedGroup::SECP256R1 => 65,
        NamedGroup::SECP384R1 => 97,
        NamedGroup::SECP521R1 => 133,
        _ => 32,
    }
}

fn agree(group: NamedGroup, private: &PrivateKey, peer: &[u8], secret: &mut SharedSecret) -> Result<(), Error> {
    // The library would also take other encodings of a point, but a key_exchange is an UncompressedPoint (section
    // 4.2.8.2): "Peers MUST validate each other's public key Q by ensuring that the point is a valid point on the
    // elliptic curve", which the library does. It also refuses an all-zero X25519 secret, as section 7.4.2 demands.
    let is_nist = group != NamedGroup::X25519;
    if peer.len() != public_len(group) || (is_nist && peer.first() != Some(&4)) {
        return Err(ErrorKind::BadKeyShare.into());
    }
    let peer = UnparsedPublicKey::new(curve(group)?, peer);
    agreement::agree(private, peer, ErrorKind::BadKeyShare.into(), |bytes| {
        secret.append(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [NamedGroup; 5] = [
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
        NamedGroup::X25519MLKEM768,
    ];

    #[test]
    fn both_sides_agree_in_every_group() {
        for group in ALL {
            let client = KeyShare::generate(group).unwrap();
            let (public, server_secret) = respond(group, client.public()).unwrap();
            assert_eq!(client.group(), group);
            let client_secret = client.agree(&public).unwrap();
            assert_eq!(client_secret.as_bytes(), server_secret.as_bytes());
            assert!(client_secret.as_bytes().len() >= 32);
        }
    }

    #[test]
    fn bad_shares_are_illegal_parameters() {
        let bad = Some(ErrorKind::BadKeyShare);
        for group in ALL {
            let good = KeyShare::generate(group).unwrap().public().to_vec();
            let zeros = vec![0; good.len()];
            for share in [&[][..], &good[..good.len() - 1], &[&good[..], &[0]].concat(), &zeros] {
                assert_eq!(respond(group, share).err().map(|e| e.kind()), bad, "{group:?}");
                let client = KeyShare::generate(group).unwrap();
                assert_eq!(client.agree(share).err().map(|e| e.kind()), bad, "{group:?}");
            }
        }
        // A coefficient that is not reduced: FIPS 203's check of the encapsulation key.
        let mut key = KeyShare::generate(NamedGroup::X25519MLKEM768)
            .unwrap()
            .public()
            .to_vec();
        key[..3].fill(0xff);
        assert_eq!(respond(NamedGroup::X25519MLKEM768, &key).err().map(|e| e.kind()), bad);
        // Compressed points are not for TLS 1.3, and a point has to be on the curve.
        let mut point = KeyShare::generate(NamedGroup::SECP256R1).unwrap().public().to_vec();
        point[40] ^= 1;
        assert_eq!(respond(NamedGroup::SECP256R1, &point).err().map(|e| e.kind()), bad);
        point[0] = 2;
        assert_eq!(
            respond(NamedGroup::SECP256R1, &point[..33]).err().map(|e| e.kind()),
            bad
        );
    }
}
