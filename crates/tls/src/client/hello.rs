//! The ClientHello (RFC 8446 section 4.1.2): what is offered, and so what the server's answers are judged by.

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::Session;

use super::early::EarlyOffer;
use super::offered::Offered;
use super::psk::PskOffer;
use super::tls12::Offer12;
use crate::codec::Writer;
use crate::core::Core;
use crate::kx::{self, KeyShare};
use crate::message::{self, server_hello::extension};
use crate::schedule::{HashAlgorithm, PskKind};
use crate::transcript::Transcript;
use crate::{
    CipherSuite, Error, ErrorKind, ExtensionType, HandshakeType, NamedGroup, Offer, ProtocolVersion, Settings,
};

/// Everything that a client offers. A HelloRetryRequest changes it in few places; the rest must stay as it is.
pub(super) struct Hello {
    settings: Arc<Settings>,
    random: [u8; 32],
    session_id: Vec<u8>,
    suites: Vec<CipherSuite>,
    groups: Vec<NamedGroup>,
    shares: Vec<KeyShare>,
    /// Tickets, then the application's own.
    psks: Vec<PskOffer>,
    early: Option<EarlyOffer>,
    cookie: Option<Bytes>,
    /// What is offered of TLS 1.2, if it is.
    tls12: Option<Offer12>,
}

impl Hello {
    /// Settles what to offer; draws the randomness and the key shares.
    pub(super) fn new(settings: Arc<Settings>, offers: Vec<Offer>) -> Result<Self, Error> {
        if settings.min_version > ProtocolVersion::TLS1_3 || settings.max_version < ProtocolVersion::TLS1_2 {
            return Err(ErrorKind::UnsupportedVersion.into());
        }
        let tls13 = settings.allows(ProtocolVersion::TLS1_3);
        let tls12 = settings.allows(ProtocolVersion::TLS1_2);
        let suites: Vec<_> = settings
            .suites
            .iter()
            .copied()
            .filter(|suite| tls13 && suite.is_tls13() || tls12 && suite.is_tls12())
            .collect();
        let groups: Vec<_> = settings
            .groups
            .iter()
            .copied()
            .filter(|group| tls13 && kx::is_supported(*group) || group.is_tls12())
            .collect();
        if suites.is_empty() {
            return Err(ErrorKind::NoSharedCipher.into());
        }
        if groups.is_empty() {
            return Err(ErrorKind::NoSharedGroup.into());
        }
        if settings.schemes.is_empty() {
            return Err(ErrorKind::NoSharedScheme.into());
        }
        let shares = if tls13 { first_shares(&groups)? } else { Vec::new() };
        let tls12 = match tls12 {
            true => Some(Offer12::new(&settings, &offers, &suites)?),
            false => None,
        };
        let psks = offers
            .into_iter()
            .filter_map(|offer| PskOffer::ticket(offer, &suites))
            .filter(|_| tls13)
            .collect();
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        let session_id = match tls12.as_ref().and_then(Offer12::session_id) {
            Some(session_id) => session_id.to_vec(),
            None if tls13 => made_up_session_id(&settings)?,
            None => Vec::new(),
        };
        Ok(Self {
            settings,
            random,
            session_id,
            suites,
            groups,
            shares,
            psks,
            early: None,
            cookie: None,
            tls12,
        })
    }

    /// Is TLS 1.3 on offer?
    pub(super) fn offers_tls13(&self) -> bool {
        // It always comes with a key share.
        !self.shares.is_empty()
    }

    /// Is TLS 1.2 on offer?
    pub(super) fn offers_tls12(&self) -> bool {
        self.tls12.is_some()
    }

    /// The TLS 1.2 session on offer, if any.
    pub(super) fn take_session12(&mut self) -> Option<Arc<Session>> {
        self.tls12.take()?.into_session()
    }

    pub(super) fn random(&self) -> &[u8; 32] {
        &self.random
    }

    pub(super) fn session_id(&self) -> &[u8] {
        &self.session_id
    }

    pub(super) fn offers_suite(&self, suite: CipherSuite) -> bool {
        self.suites.contains(&suite)
    }

    pub(super) fn offers_group(&self, group: NamedGroup) -> bool {
        self.groups.contains(&group)
    }

    pub(super) fn has_share(&self, group: NamedGroup) -> bool {
        self.shares.iter().any(|share| share.group() == group)
    }

    /// Has psk_ke been offered, besides psk_dhe_ke?
    pub(super) fn offers_psk_ke(&self) -> bool {
        self.settings.allow_psk_ke
    }

    /// What the messages after ServerHello are judged by.
    pub(super) fn offered(&self) -> Offered {
        // renegotiation_info is asked for among the suites (RFC 5746 section 3.4).
        let by_suite = self.tls12.iter().map(|_| ExtensionType::RENEGOTIATION_INFO);
        let extensions = WIRE_ORDER
            .iter()
            .filter(|row| (row.is_sent)(self))
            .map(|row| row.extension_type)
            .chain(by_suite)
            .collect();
        Offered::new(Arc::clone(&self.settings), extensions)
    }

    /// The key pair whose public half was sent for `group`. It can be used once.
    pub(super) fn take_share(&mut self, group: NamedGroup) -> Option<KeyShare> {
        let at = self.shares.iter().position(|share| share.group() == group)?;
        Some(self.shares.swap_remove(at))
    }

    pub(super) fn suites(&self) -> &[CipherSuite] {
        &self.suites
    }

    pub(super) fn psks(&self) -> &[PskOffer] {
        &self.psks
    }

    /// One more PSK to offer, behind the others.
    pub(super) fn add_psk(&mut self, psk: PskOffer) {
        self.psks.push(psk);
    }

    /// The PSK that the server's selected_identity means. The others are of no use any more.
    pub(super) fn take_psk(&mut self, index: u16) -> Option<PskOffer> {
        std::mem::take(&mut self.psks).into_iter().nth(index.into())
    }

    /// Offers early data with the first PSK, if that allows any.
    pub(super) fn offer_early_data(&mut self) -> Result<(), Error> {
        if let Some(first) = self.psks.first() {
            self.early = EarlyOffer::new(first, &self.suites, &self.settings)?;
        }
        Ok(())
    }

    /// This `message` is out; early data may follow, if it was offered.
    pub(super) fn begin_early_data(&self, core: &mut Core, message: &[u8]) -> Result<(), Error> {
        match (&self.early, self.psks.first()) {
            (Some(early), Some(first)) => early.begin(core, first, message),
            _ => Ok(()),
        }
    }

    /// Has early data been offered?
    pub(super) fn has_early(&self) -> bool {
        self.early.is_some()
    }

    pub(super) fn take_early(&mut self) -> Option<EarlyOffer> {
        self.early.take()
    }

    /// Applies a HelloRetryRequest: the group asked for, the cookie, and the suite that has been chosen.
    pub(super) fn retry(
        &mut self,
        group: Option<NamedGroup>,
        cookie: Option<Bytes>,
        hash: HashAlgorithm,
    ) -> Result<(), Error> {
        if let Some(group) = group {
            // "replacing the list of shares with a list containing a single KeyShareEntry from the indicated group".
            self.shares = vec![KeyShare::generate(group)?];
        }
        self.cookie = cookie;
        // "In addition, in its updated ClientHello, the client SHOULD NOT offer any pre-shared keys associated with a
        // hash other than that of the selected cipher suite" (section 4.1.4).
        self.psks
            .retain(|psk| psk.kind() == PskKind::Resumption && psk.hash() == hash);
        // "Removing the 'early_data' extension if one was present. Early data is not permitted after a HelloRetryRequest"
        // (section 4.1.2).
        self.early = None;
        Ok(())
    }

    /// The whole message. `before` is the transcript of what was exchanged before it: nothing, or the first
    /// ClientHello's hash and the HelloRetryRequest.
    pub(super) fn encode(&self, before: Option<&Transcript>) -> Result<Vec<u8>, Error> {
        let mut message = Vec::with_capacity(512 + self.shares.iter().map(|share| share.public().len()).sum::<usize>());
        message::encode(&mut message, HandshakeType::CLIENT_HELLO, |w| self.write(w))?;
        // The binders are the message's tail, and sign what is before them.
        let tail: usize = self.psks.iter().map(|psk| 1 + psk.hash().len()).sum();
        let at = message.len().saturating_sub(tail);
        // The list's length field belongs to it: "it includes all of the ClientHello but not the binders list itself".
        let truncated = message.get(..at.saturating_sub(2)).unwrap_or_default();
        let binders: Vec<_> = self.psks.iter().map(|psk| psk.binder(truncated, before)).collect();
        message.truncate(at);
        for binder in binders {
            Writer::new(&mut message).vec8(binder.as_bytes());
        }
        Ok(message)
    }

    fn write(&self, w: &mut Writer<'_>) {
        // "the legacy_version field MUST be set to 0x0303, which is the version number for TLS 1.2".
        w.u16(ProtocolVersion::TLS1_2.0);
        w.bytes(&self.random);
        w.vec8(&self.session_id);
        w.nest16(|w| {
            self.suites.iter().for_each(|suite| w.u16(suite.0));
            if self.tls12.is_some() {
                w.u16(CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV.0);
            }
            if self.settings.tls12.is_fallback {
                w.u16(CipherSuite::TLS_FALLBACK_SCSV.0);
            }
        });
        // "this vector MUST contain exactly one byte, set to zero".
        w.vec8(&[0]);
        w.nest16(|w| {
            for row in &WIRE_ORDER {
                if (row.is_sent)(self) {
                    extension(w, row.extension_type, |w| (row.write)(self, w));
                }
            }
        });
    }
}

/// The shares to send unasked: one for the group that we like best, as a second would rarely be used, except that the
/// hybrid is accompanied by X25519. Servers that do not know ML-KEM are still many, nearly all of them take X25519, and
/// its 36 bytes and 15 microseconds save them a round trip (OpenSSL 3.5, rustls and the browsers do the same).
fn first_shares(groups: &[NamedGroup]) -> Result<Vec<KeyShare>, Error> {
    let first = *groups.first().ok_or(ErrorKind::NoSharedGroup)?;
    let mut shares = vec![KeyShare::generate(first)?];
    if first == NamedGroup::X25519MLKEM768 && groups.contains(&NamedGroup::X25519) {
        shares.push(KeyShare::generate(NamedGroup::X25519)?);
    }
    Ok(shares)
}

/// "In compatibility mode [...], this field MUST be non-empty, so a client not offering a pre-TLS 1.3 session MUST
/// generate a new 32-byte value. [...] Otherwise, it MUST be set as a zero-length vector" (section 4.1.2).
fn made_up_session_id(settings: &Settings) -> Result<Vec<u8>, Error> {
    if !settings.middlebox_compat {
        return Ok(Vec::new());
    }
    let mut session_id = vec![0; 32];
    getrandom::fill(&mut session_id)?;
    Ok(session_id)
}

/// One extension: when it is sent, and with what content.
struct Row {
    extension_type: ExtensionType,
    is_sent: fn(&Hello) -> bool,
    write: fn(&Hello, &mut Writer<'_>),
}

/// In the order of the wire, which is OpenSSL's.
static WIRE_ORDER: [Row; 17] = [
    Row {
        extension_type: ExtensionType::SERVER_NAME,
        is_sent: |hello| hello.settings.server_name.is_some(),
        write: write_server_name,
    },
    Row {
        extension_type: ExtensionType::EC_POINT_FORMATS,
        is_sent: Hello::offers_tls12,
        // uncompressed(0)
        write: |_, w| w.vec8(&[0]),
    },
    Row {
        extension_type: ExtensionType::SUPPORTED_GROUPS,
        is_sent: |_| true,
        write: |hello, w| w.nest16(|w| hello.groups.iter().for_each(|group| w.u16(group.0))),
    },
    Row {
        extension_type: ExtensionType::SESSION_TICKET,
        is_sent: |hello| hello.tls12.is_some() && hello.settings.tickets,
        // Empty: a ticket is welcome (RFC 5077 section 3.1).
        write: |hello, w| w.bytes(hello.tls12.as_ref().map_or(&[], Offer12::ticket)),
    },
    Row {
        extension_type: ExtensionType::STATUS_REQUEST,
        is_sent: |hello| hello.settings.request_ocsp,
        // struct { CertificateStatusType status_type = ocsp(1); ResponderID responder_id_list<0..2^16-1>;
        // Extensions request_extensions<0..2^16-1>; } (RFC 6066 section 8)
        write: |_, w| w.bytes(&[1, 0, 0, 0, 0]),
    },
    Row {
        extension_type: ExtensionType::ALPN,
        is_sent: |hello| !hello.settings.protocols.is_empty(),
        write: |hello, w| w.vec16(&hello.settings.protocols),
    },
    Row {
        extension_type: ExtensionType::EXTENDED_MASTER_SECRET,
        is_sent: |hello| hello.settings.tls12.extended_master_secret && hello.offers_tls12(),
        write: |_, _| {},
    },
    Row {
        extension_type: ExtensionType::POST_HANDSHAKE_AUTH,
        is_sent: |hello| hello.settings.post_handshake_auth && hello.offers_tls13(),
        write: |_, _| {},
    },
    Row {
        extension_type: ExtensionType::SIGNATURE_ALGORITHMS,
        is_sent: |_| true,
        write: |hello, w| w.nest16(|w| hello.settings.schemes.iter().for_each(|scheme| w.u16(scheme.0))),
    },
    Row {
        extension_type: ExtensionType::SUPPORTED_VERSIONS,
        is_sent: Hello::offers_tls13,
        write: |hello, w| {
            w.nest8(|w| {
                w.u16(ProtocolVersion::TLS1_3.0);
                if hello.offers_tls12() {
                    w.u16(ProtocolVersion::TLS1_2.0);
                }
            });
        },
    },
    Row {
        // Sent though no ticket be offered: it is what lets the server know which tickets are of use to us. "Servers
        // SHOULD NOT send NewSessionTicket with tickets that are not compatible with the advertised modes."
        extension_type: ExtensionType::PSK_KEY_EXCHANGE_MODES,
        is_sent: Hello::offers_tls13,
        write: write_psk_modes,
    },
    Row {
        extension_type: ExtensionType::KEY_SHARE,
        is_sent: Hello::offers_tls13,
        write: write_key_shares,
    },
    Row {
        extension_type: ExtensionType::COOKIE,
        is_sent: |hello| hello.cookie.is_some(),
        write: |hello, w| w.vec16(hello.cookie.as_deref().unwrap_or_default()),
    },
    Row {
        extension_type: ExtensionType::EARLY_DATA,
        is_sent: |hello| hello.early.is_some(),
        write: |_, _| {},
    },
    Row {
        extension_type: ExtensionType::CERTIFICATE_AUTHORITIES,
        is_sent: |hello| !hello.settings.authorities.is_empty() && hello.offers_tls13(),
        write: |hello, w| w.nest16(|w| hello.settings.authorities.iter().for_each(|name| w.vec16(name))),
    },
    Row {
        extension_type: ExtensionType::TICKET_REQUEST,
        is_sent: |hello| hello.settings.ticket_request.is_some() && hello.offers_tls13(),
        write: |hello, w| {
            if let Some(request) = hello.settings.ticket_request {
                request.write(w);
            }
        },
    },
    // "The 'pre_shared_key' extension MUST be the last extension in the ClientHello" (section 4.2.11).
    Row {
        extension_type: ExtensionType::PRE_SHARED_KEY,
        is_sent: |hello| !hello.psks.is_empty(),
        write: write_psks,
    },
];

fn write_server_name(hello: &Hello, w: &mut Writer<'_>) {
    // struct { NameType name_type = host_name(0); HostName<1..2^16-1>; } (RFC 6066 section 3)
    w.nest16(|w| {
        w.u8(0);
        w.vec16(hello.settings.server_name.as_deref().unwrap_or_default().as_bytes());
    });
}

fn write_psk_modes(hello: &Hello, w: &mut Writer<'_>) {
    w.nest8(|w| {
        w.u8(1);
        if hello.settings.allow_psk_ke {
            w.u8(0);
        }
    });
}

fn write_key_shares(hello: &Hello, w: &mut Writer<'_>) {
    w.nest16(|w| {
        for share in &hello.shares {
            w.u16(share.group().0);
            w.vec16(share.public());
        }
    });
}

/// Identities, and room for the binders, which need the rest of the message.
fn write_psks(hello: &Hello, w: &mut Writer<'_>) {
    w.nest16(|w| {
        for psk in &hello.psks {
            w.vec16(psk.identity());
            w.u32(psk.obfuscated_age());
        }
    });
    w.nest16(|w| {
        for psk in &hello.psks {
            w.vec8(psk.hash().of_nothing().as_bytes());
        }
    });
}
