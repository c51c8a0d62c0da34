//! A connection's later life: another handshake, a copy, another context, another session, and a session that its end spoils.

use super::{
    Configurable, Connection, Context, CurrentContext, Error, Facts, Io, Phase, Ref, Result, SENT_SHUTDOWN,
    SessionObject, SessionSlot, VerifyParam, lock,
};

impl Connection {
    /// Forgets the handshake but keeps settings, BIOs and session (SSL_set_accept_state and SSL_set_connect_state).
    pub fn restart(&self) -> Result<()> {
        let mut io = self.try_io()?;
        let (read_bio, write_bio) = (io.read_bio.take(), io.write_bio.take());
        let old = std::mem::replace(
            &mut *io,
            Io {
                read_bio,
                write_bio,
                ..Io::default()
            },
        );
        drop(io);
        drop(old);
        self.own().lists = None;
        self.status.clear();
        Ok(())
    }

    /// SSL_clear(3): as new, except for settings, side and BIOs. A session that was closed properly stays, to be resumed.
    pub fn clear(&self) -> Result<()> {
        let unclosed = self.status.phase() == Phase::Open && self.status.shutdown() & SENT_SHUTDOWN == 0;
        if unclosed {
            self.forget_session();
        }
        self.restart()?;
        let mut facts = self.facts();
        let session = if unclosed {
            SessionSlot::Empty
        } else {
            std::mem::take(&mut facts.session)
        };
        let old = std::mem::replace(
            &mut *facts,
            Facts {
                session,
                ..Facts::default()
            },
        );
        drop(facts);
        drop(old);
        Ok(())
    }

    /// SSL_dup(3): a connection like this one before its handshake; `None` when its handshake has begun.
    pub fn duplicate(&self) -> Result<Option<Ref<Self>>> {
        if self.status.phase() != Phase::Before {
            return Ok(None);
        }
        let copy = Self::open(self.session_context().clone())?;
        if let CurrentContext::Switched(context) = self.context() {
            copy.set_context(context);
        }
        let num_tickets = copy.config().resumption.num_tickets;
        *lock(&copy.config) = self.config();
        copy.update(|config| config.resumption.num_tickets = num_tickets);
        copy.status.set_mode(self.status.mode());
        copy.status.set_shutdown(self.status.shutdown());
        if self.status.role_chosen() {
            copy.status.choose_role(self.status.role());
        }
        copy.ex_data.copy_from(&self.ex_data);
        if let Some(param) = self.param.get() {
            let param = VerifyParam::inherited(param).ok_or(Error::Queued)?;
            let _first = copy.param.set(param);
        }
        copy.own().host_name.clone_from(&self.own().host_name);
        let session = self.named_session()?;
        if let Some(session) = session {
            copy.facts().session = SessionSlot::Named(session);
        }
        Ok(Some(copy))
    }

    /// SSL_set_SSL_CTX(3): certificates and what OpenSSL keeps with them come from the new context. The session-id
    /// context does if the connection's is still that of the old one, and not one that was set for it alone.
    pub fn switch_context(&self, context: Ref<Context>) {
        let (old, new) = (self.context(), context.config());
        if old.as_ptr() == context.as_ptr() {
            return;
        }
        let inherited = old.config().resumption.id_context == self.config().resumption.id_context;
        self.update(|config| {
            config.adopt_certificates(&new);
            if inherited {
                config.resumption.id_context = new.resumption.id_context;
            }
        });
        self.set_context(context);
        self.tell_engine(&self.config());
    }

    /// SSL_set_session(3): what to offer, or what to say that was used.
    pub fn set_session(&self, session: Option<Ref<SessionObject>>) {
        self.forget_unclosed_session();
        let mut facts = self.facts();
        if let Some(session) = &session {
            facts.peer.verify_result = session.read(|session| session.verify_result);
        }
        let slot = session.map_or(SessionSlot::Empty, SessionSlot::Named);
        let old = std::mem::replace(&mut facts.session, slot);
        drop(facts);
        drop(old);
    }

    /// Takes the session out of the cache, and marks it, when the connection ended without SSL_shutdown.
    pub fn forget_unclosed_session(&self) {
        if self.status.phase() == Phase::Open && self.status.shutdown() & SENT_SHUTDOWN == 0 {
            self.forget_session();
        }
    }

    /// Takes the session out of the cache, marks it as not resumable and tells the application (fatal alerts in either
    /// direction, a connection that ends without SSL_shutdown). To be called with no lock held.
    pub fn forget_session(&self) {
        let Some(session) = self.facts().session.object().cloned() else {
            return;
        };
        let context = self.session_context();
        context.remove_session(&session, || self.named_session().ok().flatten());
    }
}
