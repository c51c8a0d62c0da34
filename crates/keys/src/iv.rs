//! A fresh IV for each ticket.

use carnet_ticket::IV_LEN;

use crate::{Entropy, NoEntropy, SystemEntropy};

/// Sixteen random bytes (RFC 5077 section 4: 'a new IV for every ticket').
pub fn fresh_iv() -> Result<[u8; IV_LEN], NoEntropy> {
    let mut iv = [0; IV_LEN];
    SystemEntropy.fill(&mut iv)?;
    Ok(iv)
}
