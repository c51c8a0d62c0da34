//! Contexts of other OpenSSLs in the same process: Python packages that bring a libssl of their own name, plug-ins of
//! programs that have OpenSSL inside. Their calls come here as well, and must reach the OpenSSL that they belong to.
//!
//! A new context's method points into the libssl that it came from; which contexts are foreign is remembered.

use std::cell::Cell;
use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use arc_swap::ArcSwapOption;

use crate::openssl::{self, Ctx};

/// A loaded object, by where it starts.
type Base = usize;

/// Contexts that are not of the libssl that this library serves, with an address inside the one they are of.
static FOREIGN: ArcSwapOption<Vec<(usize, usize)>> = ArcSwapOption::const_empty();

/// Whose a context is.
#[derive(Clone, Copy)]
enum Home {
    Ours,
    /// Of the libssl in which this address is.
    Foreign(usize),
}

thread_local! {
    /// Whose context this thread is making.
    static BEING_MADE: Cell<Option<Home>> = const { Cell::new(None) };
}

/// A function of libssl's that this library exports, too.
pub struct Function {
    name: &'static str,
    found: AtomicPtr<c_void>,
}

impl Function {
    /// `name` ends in NUL.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            found: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// The function of the libssl that this library serves.
    fn of_ours(&self) -> Option<*mut c_void> {
        let found = self.found.load(Ordering::Relaxed);
        if !found.is_null() {
            return Some(found);
        }
        let found = openssl::symbol(self.name)?;
        self.found.store(found, Ordering::Relaxed);
        Some(found)
    }

    /// For a new context with this method: the function, and whether the context will be foreign.
    pub fn for_method(&self, method: *const c_void) -> Option<(*mut c_void, bool)> {
        let ours = self.of_ours();
        let base = |function: *mut c_void| object_of(function).map(|object| object.0);
        match object_of(method) {
            Some((home, _)) if ours.and_then(base) != Some(home) => {
                let theirs = self.in_object_of(method);
                theirs
                    .map(|function| (function, true))
                    .or(ours.map(|ours| (ours, false)))
            }
            _ => ours.map(|ours| (ours, false)),
        }
    }

    /// For a context that there is: the function, and whether the context is foreign.
    pub fn for_context(&self, context: Ctx) -> Option<(*mut c_void, bool)> {
        match BEING_MADE.get().unwrap_or_else(|| home_of(context)) {
            Home::Ours => self.of_ours().map(|ours| (ours, false)),
            Home::Foreign(inside) => {
                let theirs = self.in_object_of(std::ptr::without_provenance(inside));
                theirs.map(|function| (function, true))
            }
        }
    }

    /// The function as the object has it in which `inside` is.
    fn in_object_of(&self, inside: *const c_void) -> Option<*mut c_void> {
        let (home, path) = object_of(inside)?;
        let name = CStr::from_bytes_with_nul(self.name.as_bytes()).ok()?;
        let load = libc::RTLD_NOW | libc::RTLD_NOLOAD;
        // SAFETY: paths end in NUL. RTLD_NOLOAD: nothing is loaded. NULL is the program itself, which is not found by its
        // path.
        let handles = unsafe { [libc::dlopen(path.as_ptr(), load), libc::dlopen(std::ptr::null(), load)] };
        handles
            .into_iter()
            .filter(|handle| !handle.is_null())
            .find_map(|handle| {
                // SAFETY: a handle from above.
                let found = unsafe { libc::dlsym(handle, name.as_ptr()) };
                // SAFETY: likewise; whoever calls us keeps the object loaded.
                unsafe { libc::dlclose(handle) };
                object_of(found).filter(|(base, _)| *base == home).map(|_| found)
            })
    }
}

/// Has libssl make a context, and remembers whose it is. While it is at that, what it calls concerns a context that nobody
/// knows yet, maybe where a foreign one has been: since OpenSSL 3.2 it sets the groups by SSL_CTX_ctrl(3).
pub fn make(method: *const c_void, is_foreign: bool, make: impl FnOnce() -> Ctx) -> Ctx {
    let home = if is_foreign {
        Home::Foreign(method.addr())
    } else {
        Home::Ours
    };
    let before = BEING_MADE.replace(Some(home));
    let context = make();
    BEING_MADE.set(before);
    if !context.is_null() {
        remember(context, method, is_foreign);
    }
    context
}

/// Are there contexts of other OpenSSLs?
pub fn is_any() -> bool {
    FOREIGN.load().is_some()
}

fn home_of(context: Ctx) -> Home {
    let foreign = FOREIGN.load();
    let known = foreign.iter().flat_map(|all| all.iter());
    let home = known.into_iter().find(|(known, _)| *known == context.addr());
    home.map_or(Home::Ours, |(_, inside)| Home::Foreign(*inside))
}

/// Another may have been at its address.
fn remember(context: Ctx, method: *const c_void, is_foreign: bool) {
    let context = context.addr();
    if !is_foreign && FOREIGN.load().is_none() {
        return;
    }
    FOREIGN.rcu(|before| {
        let others = before.iter().flat_map(|all| all.iter().copied());
        let new = is_foreign.then_some((context, method.addr()));
        Some(Arc::new(
            others
                .filter(|(known, _)| *known != context)
                .chain(new)
                .collect::<Vec<_>>(),
        ))
    });
}

/// The loaded object in which an address is: where it starts, and its path.
fn object_of(address: *const c_void) -> Option<(Base, &'static CStr)> {
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: any address may be asked about; `info` has room for the answer.
    if unsafe { libc::dladdr(address, info.as_mut_ptr()) } == 0 {
        return None;
    }
    // SAFETY: dladdr has filled it in, and all zeros would be valid, too.
    let info = unsafe { info.assume_init() };
    if info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: the linker's own string, there while the object is; it is used before the caller of this library returns.
    Some((info.dli_fbase.addr(), unsafe { CStr::from_ptr(info.dli_fname) }))
}
