//! X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem section 4): ML-KEM's part comes first, in shares and in the secret.

use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::kem::{Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_768};

use super::{SharedSecret, agree as agree_curve, curve};
use crate::{Error, ErrorKind, NamedGroup};

const ENCAPSULATION_KEY_LEN: usize = 1184;
const CIPHERTEXT_LEN: usize = 1088;

/// A client's two private keys.
pub(super) struct Private {
    kem: DecapsulationKey,
    curve: PrivateKey,
}

pub(super) fn generate() -> Result<(Private, Vec<u8>), Error> {
    let kem = DecapsulationKey::generate(&ML_KEM_768)?;
    let curve = PrivateKey::generate(curve(NamedGroup::X25519)?)?;
    let mut public = kem.encapsulation_key()?.key_bytes()?.as_ref().to_vec();
    public.extend_from_slice(curve.compute_public_key()?.as_ref());
    Ok((Private { kem, curve }, public))
}

pub(super) fn agree(private: &Private, server_share: &[u8]) -> Result<SharedSecret, Error> {
    let (ciphertext, point) = split(server_share, CIPHERTEXT_LEN)?;
    let kem_secret = private
        .kem
        .decapsulate(Ciphertext::from(ciphertext))
        .map_err(|_| ErrorKind::BadKeyShare)?;
    finish(kem_secret.as_ref(), &private.curve, point)
}

pub(super) fn respond(client_share: &[u8]) -> Result<(Vec<u8>, SharedSecret), Error> {
    let (key, point) = split(client_share, ENCAPSULATION_KEY_LEN)?;
    // "the server MUST perform the encapsulation key check described in Section 7.2 of [FIPS203]", which
    // `encapsulate` does, "and abort with an illegal_parameter alert if it fails".
    let key = EncapsulationKey::new(&ML_KEM_768, key).map_err(|_| ErrorKind::BadKeyShare)?;
    let (ciphertext, kem_secret) = key.encapsulate().map_err(|_| ErrorKind::BadKeyShare)?;
    let curve = PrivateKey::generate(curve(NamedGroup::X25519)?)?;
    let secret = finish(kem_secret.as_ref(), &curve, point)?;
    let mut public = ciphertext.as_ref().to_vec();
    public.extend_from_slice(curve.compute_public_key()?.as_ref());
    Ok((public, secret))
}

fn finish(kem_secret: &[u8], private: &PrivateKey, point: &[u8]) -> Result<SharedSecret, Error> {
    let mut secret = SharedSecret::empty();
    secret.append(kem_secret)?;
    agree_curve(NamedGroup::X25519, private, point, &mut secret)?;
    Ok(secret)
}

fn split(share: &[u8], kem_len: usize) -> Result<(&[u8], &[u8]), Error> {
    share
        .split_at_checked(kem_len)
        .ok_or_else(|| ErrorKind::BadKeyShare.into())
}
