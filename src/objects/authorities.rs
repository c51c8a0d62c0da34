//! Lists of the authorities whose certificates are welcome (`SSL_CTX_set0_CA_list(3)`, `SSL_load_client_CA_file(3)`).

use std::collections::HashSet;
use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::config::{Config, Verify};
use crate::error::{Common, Error, Result};
use crate::libcrypto::pem::{File, Password};
use crate::libcrypto::stack::NameStack;
use crate::libcrypto::x509::{Certificate, Name};
use crate::libcrypto::{cert_store, err};

/// Which of the two lists: for clients' certificates only, or for both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// `SSL_set_client_CA_list(3)`
    ForClients,
    /// `SSL_set0_CA_list(3)`
    ForBoth,
}

/// Whose list: a connection starts without one, and has its context's until it gets one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// `SSL_CTX_…`
    Context,
    /// `SSL_…`
    Connection,
}

impl Config {
    /// The list in force, or nothing when there is none.
    pub fn authority_list(&self, list: List) -> Option<&NameStack> {
        let Verify {
            client_authorities,
            authorities,
            own_client_authorities,
            own_authorities,
            ..
        } = &self.verify;
        match list {
            List::ForClients => own_client_authorities.as_ref().or(client_authorities.as_ref()),
            List::ForBoth => own_authorities.as_ref().or(authorities.as_ref()),
        }
        .map(Arc::as_ref)
    }

    fn authority_slot(&mut self, owner: Owner, list: List) -> &mut Option<Arc<NameStack>> {
        match (owner, list) {
            (Owner::Context, List::ForClients) => &mut self.verify.client_authorities,
            (Owner::Context, List::ForBoth) => &mut self.verify.authorities,
            (Owner::Connection, List::ForClients) => &mut self.verify.own_client_authorities,
            (Owner::Connection, List::ForBoth) => &mut self.verify.own_authorities,
        }
    }

    /// Replaces the list.
    pub fn set_authority_list(&mut self, owner: Owner, list: List, names: Option<NameStack>) {
        *self.authority_slot(owner, list) = names.map(Arc::new);
    }

    /// Adds the subject of a certificate.
    pub fn add_authority(&mut self, owner: Owner, list: List, certificate: &Certificate) -> Result<()> {
        let name = certificate.subject().ok_or(Common::MallocFailure)?;
        let slot = self.authority_slot(owner, list);
        let old = match slot.take().map(Arc::try_unwrap) {
            Some(Ok(names)) => Some(names),
            Some(Err(shared)) => shared.duplicate(),
            None => NameStack::new(),
        };
        let mut names = old.ok_or(Common::MallocFailure)?;
        let pushed = names.push(name);
        *slot = Some(Arc::new(names));
        if pushed {
            Ok(())
        } else {
            Err(Common::MallocFailure.into())
        }
    }
}

/// Subjects of certificates, each once, in the order of their first appearance.
pub struct Subjects {
    seen: HashSet<Bytes>,
    added: Vec<Name>,
}

impl Subjects {
    /// Nothing yet but what a list already has.
    pub fn beside(known: impl IntoIterator<Item = Bytes>) -> Self {
        Self {
            seen: known.into_iter().collect(),
            added: Vec::new(),
        }
    }

    /// Those that were added.
    pub fn into_names(self) -> Vec<Name> {
        self.added
    }

    /// The subjects of all certificates in a PEM file. A file without any is an error only for
    /// [`Subjects::load`].
    pub fn add_file(&mut self, name: &CStr) -> Result<usize> {
        let file = File::open(name).ok_or(Error::Queued)?;
        let no_password = Password {
            callback: None,
            argument: std::ptr::null_mut(),
        };
        let mut count = 0;
        while let Some(certificate) = file.certificate(no_password) {
            self.add(&certificate)?;
            count += 1;
        }
        Ok(count)
    }

    fn add(&mut self, certificate: &Certificate) -> Result<()> {
        let subject = certificate.subject().ok_or(Common::MallocFailure)?;
        let der = subject.to_der().ok_or(Error::Queued)?;
        if self.seen.insert(der) {
            self.added.push(subject);
        }
        Ok(())
    }

    /// `SSL_load_client_CA_file(3)`: a new list, and an error when there is nothing in the file.
    pub fn load(name: &CStr) -> Result<NameStack> {
        let mut subjects = Self::beside([]);
        if subjects.add_file(name)? == 0 {
            return Err(Error::Queued);
        }
        err::clear();
        let mut names = NameStack::new().ok_or(Common::MallocFailure)?;
        for name in subjects.into_names() {
            if !names.push(name) {
                return Err(Common::MallocFailure.into());
            }
        }
        Ok(names)
    }

    /// `SSL_add_store_cert_subjects_to_stack(3)`: all certificates under a URI.
    pub fn add_store(&mut self, uri: &CStr) -> Result<()> {
        for certificate in cert_store::certificates(uri).ok_or(Error::Queued)? {
            self.add(&certificate)?;
        }
        Ok(())
    }

    /// `SSL_add_dir_cert_subjects_to_stack(3)`: all files of a directory.
    pub fn add_dir(&mut self, dir: &CStr) -> Result<()> {
        let path = Path::new(std::ffi::OsStr::from_bytes(dir.to_bytes()));
        let failed = |error: io::Error| {
            let call = format!("calling OPENSSL_dir_read({})", path.display());
            Error::System {
                errno: error.raw_os_error().unwrap_or(0),
                call,
            }
            .push("SSL_add_dir_cert_subjects_to_stack");
            Error::from(Common::SYS_LIB)
        };
        for entry in fs::read_dir(path).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            if file.is_dir() {
                continue;
            }
            let name = CString::new(file.into_os_string().into_vec()).map_err(|_| Common::PassedInvalidArgument)?;
            self.add_file(&name)?;
            err::clear();
        }
        Ok(())
    }
}
