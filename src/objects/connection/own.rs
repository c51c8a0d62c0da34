//! What belongs to one connection alone: no context lends it.

use std::ffi::CString;

use carnet_tls::{ClientHello, ExtensionType};

/// What only SSL_set_… functions set, and what is kept of the peer's hello.
#[derive(Default)]
pub struct Own {
    /// SSL_set_tlsext_host_name(3): the name that a client sends.
    pub host_name: Option<CString>,
    /// The client's lists, from the moment that its hello is given up to save memory.
    pub lists: Option<HelloLists>,
}

/// The lists of a ClientHello that programs ask for as long as the connection lives.
#[derive(Debug, Default)]
pub struct HelloLists {
    /// SSL_get0_raw_cipherlist(3): two bytes each.
    pub suites: Box<[u8]>,
    groups: Box<[u8]>,
    schemes: Box<[u8]>,
}

impl HelloLists {
    /// Copies the lists.
    pub fn of(hello: &ClientHello) -> Self {
        // An extension that is a list begins with the list's length.
        let list = |kind| {
            hello
                .extension(kind)
                .and_then(|content| content.get(2..))
                .unwrap_or_default()
                .into()
        };
        Self {
            suites: hello.cipher_suites().into(),
            groups: list(ExtensionType::SUPPORTED_GROUPS),
            schemes: list(ExtensionType::SIGNATURE_ALGORITHMS),
        }
    }

    /// The numbers in cipher_suites.
    pub fn suites(&self) -> Vec<u16> {
        numbers(&self.suites)
    }

    /// The numbers in supported_groups.
    pub fn groups(&self) -> Vec<u16> {
        numbers(&self.groups)
    }

    /// The numbers in signature_algorithms.
    pub fn schemes(&self) -> Vec<u16> {
        numbers(&self.schemes)
    }
}

fn numbers(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks().0.iter().copied().map(u16::from_be_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_number_at_the_end_is_none() {
        assert_eq!(numbers(&[0x13, 0x01, 0x13, 0x02, 0x13]), [0x1301, 0x1302]);
        assert!(numbers(&[]).is_empty());
    }
}
