//! Session ids and session-id contexts: at most 32 bytes, kept inline.

use std::fmt;

/// A session id (RFC 5246 section 7.4.1.2): 0 to 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SessionId {
    len: u8,
    // Beyond `len` always zero, so that the derived comparison and hash see equal ids as equal.
    bytes: [u8; Self::MAX_LEN],
}

/// A session-id context (`SSL_CTX_set_session_id_context(3)`): 0 to 32 bytes, like a session id.
pub type SessionIdContext = SessionId;

/// More than 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session id or session-id context has at most 32 bytes")]
pub struct SessionIdTooLong;

impl SessionId {
    /// SSL_MAX_SSL_SESSION_ID_LENGTH and SSL_MAX_SID_CTX_LENGTH.
    pub const MAX_LEN: usize = 32;

    /// Copies `id`, if it is short enough.
    pub fn new(id: &[u8]) -> Result<Self, SessionIdTooLong> {
        let mut bytes = [0; Self::MAX_LEN];
        bytes.get_mut(..id.len()).ok_or(SessionIdTooLong)?.copy_from_slice(id);
        let len = u8::try_from(id.len()).map_err(|_| SessionIdTooLong)?;
        Ok(Self { len, bytes })
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many bytes.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl TryFrom<&[u8]> for SessionId {
    type Error = SessionIdTooLong;

    fn try_from(id: &[u8]) -> Result<Self, SessionIdTooLong> {
        Self::new(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_up_to_32_bytes() {
        for len in 0..=32 {
            let id = SessionId::new(&vec![7; len]).unwrap();
            assert_eq!((id.len(), id.is_empty()), (len, len == 0));
            assert_eq!(id.as_bytes(), vec![7; len]);
        }
        assert_eq!(SessionId::new(&[7; 33]), Err(SessionIdTooLong));
    }

    #[test]
    fn length_is_part_of_the_identity() {
        assert_ne!(SessionId::new(&[0]).unwrap(), SessionId::new(&[0, 0]).unwrap());
    }
}
