//! What happens when the library is loaded, before each fork, and after it.

use crate::openssl::OpenSsl;
use crate::state;
use crate::undisturbed::undisturbed;

/// Run by the dynamic linker.
#[used]
#[unsafe(link_section = ".init_array")]
static LOADED: extern "C" fn() = loaded;

/// Takes note of the environment while it is whole. In a program without OpenSSL that is all: no system call.
extern "C" fn loaded() {
    let _done = undisturbed(|| {
        state::begin();
        #[cfg(not(test))]
        std::panic::set_hook(Box::new(|panic| {
            let place = panic
                .location()
                .map_or_else(String::new, |place| format!(" at {place}"));
            state::tell(&format!("this library has failed{place}; going on without"));
        }));
        if OpenSsl::is_loaded() {
            // Before privileges are dropped, and before workers are forked that are to share it.
            state::ring();
        }
        // SAFETY: the handlers stay as long as the library, which is never unloaded.
        unsafe { libc::pthread_atfork(Some(before_fork), None, Some(in_child)) };
    });
}

/// A program that loads libssl late, and makes its contexts in forked workers: they share the ring of their parent. What
/// another thread is in the middle of making is waited for: the child would wait for it for ever.
unsafe extern "C" fn before_fork() {
    let _done = undisturbed(|| {
        if OpenSsl::is_loaded() {
            let _found = OpenSsl::get();
            state::ring();
        }
    });
}

/// A server that puts itself into the background leaves its parent behind, and with it the lock on its keys' memory.
unsafe extern "C" fn in_child() {
    let _done = undisturbed(|| {
        if let Some(ring) = state::made_ring() {
            ring.lock_after_fork();
        }
    });
}
