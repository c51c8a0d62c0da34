//! What a connection shows of itself without a lock: the wait reason, the shutdown flags, the handshake's state.
//!
//! SSL_get_error, SSL_want, SSL_in_init and SSL_state_string are called from everywhere, callbacks included, also while
//! an I/O call holds the protocol engine; so what they read are atomics that the driver keeps up to date.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU8, AtomicU32, Ordering::Relaxed};

use super::early::Early;
use crate::libcrypto::c::BIO;

/// SSL_SENT_SHUTDOWN
pub const SENT_SHUTDOWN: u8 = 1;
/// SSL_RECEIVED_SHUTDOWN
pub const RECEIVED_SHUTDOWN: u8 = 2;

/// Why the last I/O call stopped (SSL_want(3)); the numbers are `SSL_NOTHING` and its relatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Want {
    /// It did not wait.
    Nothing = 1,
    /// For the BIO to take bytes.
    Write = 2,
    /// For bytes from the BIO.
    Read = 3,
    /// For the application's certificate callback.
    Certificate = 4,
    /// For the application's client hello callback.
    ClientHello = 7,
    /// For the application's certificate verification callback.
    Verify = 8,
}

impl Want {
    fn from_number(number: u8) -> Self {
        match number {
            2 => Self::Write,
            3 => Self::Read,
            4 => Self::Certificate,
            7 => Self::ClientHello,
            8 => Self::Verify,
            _ => Self::Nothing,
        }
    }
}

/// Which end of the handshake this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// SSL_set_connect_state
    Client = 0,
    /// SSL_set_accept_state
    Server = 1,
}

/// How far the handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Not begun.
    Before = 0,
    /// Under way (SSL_in_init).
    Handshake = 1,
    /// Finished; application data flows.
    Open = 2,
    /// Failed for good.
    Failed = 3,
}

/// The flags. All orderings are relaxed: each is a value of its own, and a connection belongs to one thread at a time.
#[derive(Debug)]
pub struct Status {
    want: AtomicU8,
    shutdown: AtomicU8,
    warning: AtomicU8,
    held: AtomicBool,
    mode: AtomicU32,
    handshake: Handshake,
    later: Later,
    bios: Bios,
}

/// The handshake's side and state.
#[derive(Debug)]
struct Handshake {
    role: AtomicU8,
    role_chosen: AtomicBool,
    phase: AtomicU8,
    state: AtomicI32,
    /// In the middle, to let early data flow.
    paused: AtomicBool,
    early: AtomicU8,
}

/// What happens after the handshake.
#[derive(Debug, Default)]
struct Later {
    reporting: AtomicBool,
    exchange: AtomicBool,
    asked_to_send: AtomicBool,
    queued: AtomicBool,
}

/// The BIOs, for get0 functions.
#[derive(Debug, Default)]
struct Bios {
    read: AtomicPtr<BIO>,
    write: AtomicPtr<BIO>,
}

impl Status {
    /// Before anything has happened. A method that can accept counts as a server until told otherwise, as in OpenSSL.
    pub fn new(role: Role, mode: u32) -> Self {
        Self {
            want: AtomicU8::new(Want::Nothing as u8),
            shutdown: AtomicU8::new(0),
            warning: AtomicU8::new(0),
            held: AtomicBool::new(false),
            mode: AtomicU32::new(mode),
            handshake: Handshake {
                role: AtomicU8::new(role as u8),
                role_chosen: AtomicBool::new(false),
                phase: AtomicU8::new(Phase::Before as u8),
                state: AtomicI32::new(0),
                paused: AtomicBool::new(false),
                early: AtomicU8::new(Early::Untouched as u8),
            },
            later: Later::default(),
            bios: Bios::default(),
        }
    }

    /// SSL_want(3)
    pub fn want(&self) -> Want {
        Want::from_number(self.want.load(Relaxed))
    }

    /// Notes why an I/O call stops.
    pub fn set_want(&self, want: Want) {
        self.want.store(want as u8, Relaxed);
    }

    /// SSL_get_shutdown(3)
    pub fn shutdown(&self) -> u8 {
        self.shutdown.load(Relaxed)
    }

    /// SSL_set_shutdown(3)
    pub fn set_shutdown(&self, flags: u8) {
        self.shutdown.store(flags, Relaxed);
    }

    /// Adds flags to those that are set.
    pub fn add_shutdown(&self, flags: u8) {
        self.shutdown.fetch_or(flags, Relaxed);
    }

    /// The last warning alert; close_notify is 0, as is none, which SSL_get_error does not tell apart.
    pub fn warning(&self) -> u8 {
        self.warning.load(Relaxed)
    }

    /// Notes a warning alert.
    pub fn set_warning(&self, alert: u8) {
        self.warning.store(alert, Relaxed);
    }

    /// SSL_is_server(3)
    pub fn role(&self) -> Role {
        if self.handshake.role.load(Relaxed) == Role::Client as u8 {
            Role::Client
        } else {
            Role::Server
        }
    }

    /// True once SSL_set_accept_state or SSL_set_connect_state, or an I/O call that implies one, has been called.
    pub fn role_chosen(&self) -> bool {
        self.handshake.role_chosen.load(Relaxed)
    }

    /// SSL_set_accept_state(3), SSL_set_connect_state(3)
    pub fn choose_role(&self, role: Role) {
        self.handshake.role.store(role as u8, Relaxed);
        self.handshake.role_chosen.store(true, Relaxed);
    }

    /// How far the handshake is.
    pub fn phase(&self) -> Phase {
        match self.handshake.phase.load(Relaxed) {
            1 => Phase::Handshake,
            2 => Phase::Open,
            3 => Phase::Failed,
            _ => Phase::Before,
        }
    }

    /// Notes how far the handshake is. A pause is over with that.
    pub fn set_phase(&self, phase: Phase) {
        self.handshake.phase.store(phase as u8, Relaxed);
        self.handshake.paused.store(false, Relaxed);
    }

    /// Is the handshake at rest, so that early data and answers to it may flow?
    pub fn paused(&self) -> bool {
        self.handshake.paused.load(Relaxed)
    }

    /// Notes whether the handshake is at rest.
    pub fn set_paused(&self, paused: bool) {
        self.handshake.paused.store(paused, Relaxed);
    }

    /// How far early data is.
    pub fn early(&self) -> Early {
        Early::from_number(self.handshake.early.load(Relaxed))
    }

    /// Notes how far early data is.
    pub fn set_early(&self, early: Early) {
        self.handshake.early.store(early as u8, Relaxed);
    }

    /// SSL_in_init(3): also true while something is queued to be sent after the handshake, and while a callback reports
    /// a message that came after it; not while the handshake is at rest for early data.
    pub fn in_init(&self) -> bool {
        let going_on = self.phase() != Phase::Open && !self.paused();
        going_on || self.later.reporting.load(Relaxed) || self.later.queued.load(Relaxed)
    }

    /// Notes whether something is queued to be sent after the handshake.
    pub fn set_queued(&self, queued: bool) {
        self.later.queued.store(queued, Relaxed);
    }

    /// Is an I/O call at work?
    pub fn held(&self) -> bool {
        self.held.load(Relaxed)
    }

    /// Notes that an I/O call begins or ends its work.
    pub fn set_held(&self, held: bool) {
        self.held.store(held, Relaxed);
    }

    /// Is something queued to be sent after the handshake?
    pub fn queued(&self) -> bool {
        self.later.queued.load(Relaxed)
    }

    /// Is a message after the handshake being reported?
    pub fn reporting(&self) -> bool {
        self.later.reporting.load(Relaxed)
    }

    /// Is what is sent now what the application has asked for (a ticket, a KeyUpdate)?
    pub fn asked_to_send(&self) -> bool {
        self.later.asked_to_send.load(Relaxed)
    }

    /// Notes that the application's requests are being sent.
    pub fn set_asked_to_send(&self, asked: bool) {
        self.later.asked_to_send.store(asked, Relaxed);
    }

    /// Notes that a message after the handshake is being reported.
    pub fn set_reporting(&self, reporting: bool) {
        self.later.reporting.store(reporting, Relaxed);
        self.later.exchange.store(reporting && self.is_in_exchange(), Relaxed);
    }

    /// Does what is reported go on with further messages (post-handshake authentication, and its tickets)?
    pub fn is_in_exchange(&self) -> bool {
        self.later.exchange.load(Relaxed)
    }

    /// Notes that the message that is being reported is not the last.
    pub fn begin_exchange(&self) {
        self.later.exchange.store(true, Relaxed);
    }

    /// SSL_get_state(3)'s number.
    pub fn state(&self) -> i32 {
        self.handshake.state.load(Relaxed)
    }

    /// Notes the state to show.
    pub fn set_state(&self, state: i32) {
        self.handshake.state.store(state, Relaxed);
    }

    /// SSL_get_rbio(3)
    pub fn read_bio(&self) -> *mut BIO {
        self.bios.read.load(Relaxed)
    }

    /// SSL_get_wbio(3)
    pub fn write_bio(&self) -> *mut BIO {
        self.bios.write.load(Relaxed)
    }

    /// Notes which BIOs the connection owns now.
    pub fn set_bios(&self, read: *mut BIO, write: *mut BIO) {
        self.bios.read.store(read, Relaxed);
        self.bios.write.store(write, Relaxed);
    }

    /// SSL_get_mode(3): a copy of the configuration's, for calls that look at nothing else in it.
    pub fn mode(&self) -> u32 {
        self.mode.load(Relaxed)
    }

    /// Notes the configuration's mode.
    pub fn set_mode(&self, mode: u32) {
        self.mode.store(mode, Relaxed);
    }

    /// SSL_clear(3): as before the first handshake, except for the role and the BIOs.
    pub fn clear(&self) {
        self.want.store(Want::Nothing as u8, Relaxed);
        self.shutdown.store(0, Relaxed);
        self.warning.store(0, Relaxed);
        self.set_phase(Phase::Before);
        self.set_early(Early::Untouched);
        self.handshake.state.store(0, Relaxed);
        self.later.queued.store(false, Relaxed);
        self.later.reporting.store(false, Relaxed);
        self.later.asked_to_send.store(false, Relaxed);
    }
}
