//! Where random bytes come from.

use carnet_ticket::{OPENSSL_BLOB_LEN, TicketKey};
use zeroize::Zeroizing;

/// There are no random bytes to be had, now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoEntropy;

/// A source of random bytes. Tests have their own; everybody else takes [`SystemEntropy`].
pub trait Entropy: Send + Sync {
    /// Fills `out`, or leaves it unusable.
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(out).map_err(|_| NoEntropy)
    }
}

/// A key of OpenSSL's kind, all of it random: AES-256-CBC, HMAC-SHA-256.
pub(crate) fn random_key(entropy: &dyn Entropy) -> Result<TicketKey, NoEntropy> {
    let mut blob = Zeroizing::new([0; OPENSSL_BLOB_LEN]);
    entropy.fill(blob.as_mut_slice())?;
    // Zeros are what a broken source gives.
    TicketKey::from_openssl_blob(&blob).map_err(|_| NoEntropy)
}
