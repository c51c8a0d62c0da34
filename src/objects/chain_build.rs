//! Building the chain of our own certificate ahead (`SSL_CTX_build_cert_chain(3)`).

use super::credentials::Credentials;
use crate::error::{Common, Error, Reason, Result};
use crate::libcrypto::err;
use crate::libcrypto::stack::CertificateStack;
use crate::libcrypto::store::Store;
use crate::libcrypto::store_ctx::{self, Building};

/// Which of `SSL_build_cert_chain(3)`'s flags are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuildFlags(pub u32);

impl BuildFlags {
    const UNTRUSTED: u32 = 1;
    const NO_ROOT: u32 = 2;
    const CHECK: u32 = 4;
    const IGNORE_ERROR: u32 = 8;
    const CLEAR_ERROR: u32 = 16;

    fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }
}

impl Credentials {
    /// `SSL_build_cert_chain(3)`: the issuers that were found, for [`Credentials::set_chain`], and whether the chain is good
    /// or an error was ignored. The store's callbacks run: no lock may be held.
    pub fn build_chain(&self, trusted: &Store, flags: BuildFlags) -> Result<(CertificateStack, bool)> {
        let slot = self.slot();
        let leaf = slot.certificate.clone().ok_or(Reason::NO_CERTIFICATE_SET)?;
        let given = slot.chain.clone();
        let store = if flags.has(BuildFlags::CHECK) {
            let store = Store::new().ok_or(Common::MallocFailure)?;
            let all = given.iter().flat_map(|chain| chain.elements()).chain([leaf.clone()]);
            all.for_each(|certificate| store.add(&certificate));
            store
        } else {
            self.chain_store.as_ref().unwrap_or(trusted).clone()
        };
        let untrusted = given
            .as_deref()
            .filter(|_| flags.has(BuildFlags::UNTRUSTED) && !flags.has(BuildFlags::CHECK));
        let building = Building {
            store: &store,
            leaf: &leaf,
            untrusted,
            flags: 0,
        };
        let (built, verdict) = store_ctx::build(&building).ok_or(Common::X509_LIB)?;
        if let Err(error) = verdict {
            if !flags.has(BuildFlags::IGNORE_ERROR) {
                let text = store_ctx::error_text(error).to_string_lossy();
                return Err(Error::SslData(
                    Reason::CERTIFICATE_VERIFY_FAILED,
                    format!("Verify error:{text}"),
                ));
            }
            if flags.has(BuildFlags::CLEAR_ERROR) {
                err::clear();
            }
        }
        let chain = issuers(&built, flags).ok_or(Common::MallocFailure)?;
        Ok((chain, verdict.is_ok()))
    }
}

/// Everything that was built but the leaf, and the root if it is not wanted.
fn issuers(built: &CertificateStack, flags: BuildFlags) -> Option<CertificateStack> {
    let mut chain = CertificateStack::new()?;
    let last = built.len().saturating_sub(1);
    for (index, issuer) in built.elements().enumerate().skip(1) {
        let unwanted = index == last && flags.has(BuildFlags::NO_ROOT) && issuer.is_self_signed();
        if !unwanted {
            chain.push(issuer).then_some(())?;
        }
    }
    Some(chain)
}
