//! The real OpenSSL, found at run time: this library is loaded into programs that have none, have it already, or get it
//! later by dlopen.
//!
//! Functions of libssl that this library exports too are looked for behind it (RTLD_NEXT); where libssl came by dlopen,
//! out of the program's own scope, in libssl.so.3 itself.

use std::ffi::{CStr, c_char, c_int, c_long, c_uchar, c_uint, c_ulong, c_void};
use std::ptr::null_mut;
use std::sync::OnceLock;

/// Pointers of OpenSSL's: passed on, never looked into.
pub type Ctx = *mut c_void;
/// `SSL *`
pub type Ssl = *mut c_void;

/// `int (*)(SSL *, unsigned char name[16], unsigned char iv[EVP_MAX_IV_LENGTH], EVP_CIPHER_CTX *, EVP_MAC_CTX *, int enc)`;
/// the older kind has an `HMAC_CTX *` as its fifth argument. An application's may leave without an answer: in a thread
/// that is cancelled, or by an exception of C++.
pub type KeyCallback =
    unsafe extern "C-unwind" fn(Ssl, *mut c_uchar, *mut c_uchar, *mut c_void, *mut c_void, c_int) -> c_int;
/// `void (*)(void)`
pub type AnyCallback = unsafe extern "C" fn();
/// `CRYPTO_EX_new` and `CRYPTO_EX_free`
pub type ExCallback = unsafe extern "C" fn(*mut c_void, *mut c_void, *mut c_void, c_int, c_long, *mut c_void);
/// `CRYPTO_EX_dup`
pub type ExDup =
    unsafe extern "C" fn(*mut c_void, *const c_void, *mut *mut c_void, c_int, c_long, *mut c_void) -> c_int;

/// `OSSL_PARAM`
#[repr(C)]
pub struct Param {
    pub key: *const c_char,
    pub data_type: c_uint,
    pub data: *mut c_void,
    pub data_size: usize,
    pub return_size: usize,
}

/// OSSL_PARAM_UTF8_STRING, OSSL_PARAM_OCTET_STRING
pub const PARAM_UTF8: c_uint = 4;
pub const PARAM_OCTETS: c_uint = 5;

macro_rules! functions {
    (
        $(fn $name:ident($($argument:ty),*) -> $result:ty;)*
        optional $(fn $maybe:ident($($taken:ty),*) -> $given:ty;)*
    ) => {
        /// What is called of libssl and libcrypto. What is optional is not in every OpenSSL 3: it came later, or the build leaves out
        /// what is deprecated.
        #[expect(non_snake_case, reason = "OpenSSL's names")]
        pub struct OpenSsl {
            $(pub $name: unsafe extern "C" fn($($argument),*) -> $result,)*
            $(pub $maybe: Option<unsafe extern "C" fn($($taken),*) -> $given>,)*
        }

        impl OpenSsl {
            fn find() -> Option<Self> {
                Some(Self {
                    $($name: {
                        let found = symbol(concat!(stringify!($name), "\0"))?;
                        // SAFETY: OpenSSL 3's function of this name has this type, and `find` is only called for that.
                        unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($argument),*) -> $result>(found) }
                    },)*
                    $($maybe: symbol(concat!(stringify!($maybe), "\0")).map(|found| {
                        // SAFETY: likewise.
                        unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($taken),*) -> $given>(found) }
                    }),)*
                })
            }
        }
    };
}

functions! {
    fn SSL_CTX_ctrl(Ctx, c_int, c_long, *mut c_void) -> c_long;
    fn SSL_CTX_callback_ctrl(Ctx, c_int, Option<AnyCallback>) -> c_long;
    fn SSL_CTX_set_tlsext_ticket_key_evp_cb(Ctx, Option<KeyCallback>) -> c_int;
    fn SSL_CTX_get_verify_mode(*const c_void) -> c_int;
    fn SSL_CTX_get_verify_callback(*const c_void) -> *mut c_void;
    fn SSL_CTX_get0_certificate(*const c_void) -> *mut c_void;
    fn SSL_CTX_get_client_CA_list(*const c_void) -> *mut c_void;
    fn SSL_CTX_get_cert_store(*const c_void) -> *mut c_void;
    fn SSL_CTX_get0_param(Ctx) -> *mut c_void;
    fn SSL_CTX_get_verify_depth(*const c_void) -> c_int;
    fn SSL_CTX_get_ex_data(*const c_void, c_int) -> *mut c_void;
    fn SSL_CTX_set_ex_data(Ctx, c_int, *mut c_void) -> c_int;
    fn SSL_get_SSL_CTX(*const c_void) -> Ctx;
    fn SSL_get_ex_data(*const c_void, c_int) -> *mut c_void;
    fn SSL_set_ex_data(Ssl, c_int, *mut c_void) -> c_int;
    fn SSL_get_verify_mode(*const c_void) -> c_int;
    fn SSL_get_verify_callback(*const c_void) -> *mut c_void;
    fn SSL_get_verify_depth(*const c_void) -> c_int;
    fn SSL_get0_param(Ssl) -> *mut c_void;
    fn SSL_ctrl(Ssl, c_int, c_long, *mut c_void) -> c_long;
    fn SSL_get_verify_result(*const c_void) -> c_long;
    fn SSL_get_servername(*const c_void, c_int) -> *const c_char;
    fn SSL_client_hello_get0_ext(Ssl, c_uint, *mut *const c_uchar, *mut usize) -> c_int;
    fn SSL_version(*const c_void) -> c_int;
    fn SSL_session_reused(*const c_void) -> c_int;
    fn SSL_get_psk_identity(*const c_void) -> *const c_char;
    fn SSL_get_session(*const c_void) -> *mut c_void;
    fn SSL_SESSION_get0_peer(*mut c_void) -> *mut c_void;
    fn SSL_SESSION_get_time(*const c_void) -> c_long;
    fn SSL_SESSION_get0_id_context(*const c_void, *mut c_uint) -> *const c_uchar;
    fn ERR_set_mark() -> c_int;
    fn ERR_pop_to_mark() -> c_int;
    fn CRYPTO_get_ex_new_index(c_int, c_long, *mut c_void, Option<ExCallback>, Option<ExDup>, Option<ExCallback>) -> c_int;
    fn CRYPTO_get_ex_data(*const c_void, c_int) -> *mut c_void;
    fn RAND_bytes_ex(*mut c_void, *mut c_uchar, usize, c_uint) -> c_int;
    fn EVP_CIPHER_fetch(*mut c_void, *const c_char, *const c_char) -> *mut c_void;
    fn EVP_CIPHER_free(*mut c_void) -> ();
    fn EVP_CipherInit_ex(*mut c_void, *const c_void, *mut c_void, *const c_uchar, *const c_uchar, c_int) -> c_int;
    fn EVP_MAC_CTX_set_params(*mut c_void, *const Param) -> c_int;
    fn EVP_MD_fetch(*mut c_void, *const c_char, *const c_char) -> *mut c_void;
    fn EVP_MD_free(*mut c_void) -> ();
    fn X509_up_ref(*mut c_void) -> c_int;
    fn X509_free(*mut c_void) -> ();
    fn X509_STORE_up_ref(*mut c_void) -> c_int;
    fn X509_STORE_free(*mut c_void) -> ();
    fn X509_STORE_lock(*mut c_void) -> c_int;
    fn X509_STORE_unlock(*mut c_void) -> c_int;
    fn X509_STORE_get0_objects(*const c_void) -> *mut c_void;
    fn X509_OBJECT_get0_X509_CRL(*mut c_void) -> *mut c_void;
    fn X509_CRL_up_ref(*mut c_void) -> c_int;
    fn X509_CRL_free(*mut c_void) -> ();
    fn X509_CRL_digest(*const c_void, *const c_void, *mut c_uchar, *mut c_uint) -> c_int;
    fn X509_STORE_get0_param(*const c_void) -> *mut c_void;
    fn X509_OBJECT_get0_X509(*const c_void) -> *mut c_void;
    fn X509_VERIFY_PARAM_get_flags(*const c_void) -> c_ulong;
    fn X509_VERIFY_PARAM_get0_host(*mut c_void, c_int) -> *mut c_char;
    fn X509_VERIFY_PARAM_get0_email(*mut c_void) -> *mut c_char;
    fn X509_VERIFY_PARAM_get1_ip_asc(*mut c_void) -> *mut c_char;
    fn CRYPTO_free(*mut c_void, *const c_char, c_int) -> ();
    fn X509_digest(*const c_void, *const c_void, *mut c_uchar, *mut c_uint) -> c_int;
    fn X509_pubkey_digest(*const c_void, *const c_void, *mut c_uchar, *mut c_uint) -> c_int;
    fn X509_NAME_digest(*const c_void, *const c_void, *mut c_uchar, *mut c_uint) -> c_int;
    fn OPENSSL_sk_num(*const c_void) -> c_int;
    fn OPENSSL_sk_value(*const c_void, c_int) -> *mut c_void;
    optional
    fn HMAC_Init_ex(*mut c_void, *const c_void, c_int, *const c_void, *mut c_void) -> c_int;
    fn SSL_get_srp_username(Ssl) -> *mut c_char;
    fn SSL_get0_peer_rpk(Ssl) -> *mut c_void;
}

impl OpenSsl {
    /// OpenSSL 3, once it is loaded. `None`: it is not, or it is another OpenSSL.
    pub fn get() -> Option<&'static Self> {
        static FOUND: OnceLock<Option<OpenSsl>> = OnceLock::new();
        if let Some(found) = FOUND.get() {
            return found.as_ref();
        }
        // Looked for with no lock held, by each thread that comes here now. The linker's own is needed for it, and a thread
        // that has that, in the constructor of a library, may be on its way here.
        let found = Self::look()?;
        FOUND.get_or_init(|| found).as_ref()
    }

    /// `None`: not there yet, which is no answer for ever.
    fn look() -> Option<Option<Self>> {
        let version = symbol("OpenSSL_version_num\0")?;
        // SAFETY: every OpenSSL since 1.1 has this function, of this type.
        let version: unsafe extern "C" fn() -> u64 = unsafe { std::mem::transmute(version) };
        // SAFETY: it has no preconditions.
        let number = unsafe { version() };
        if number >> 28 != 3 {
            return Some(None);
        }
        // It must not go while its functions are kept.
        library(c"libssl.so.3");
        Some(Self::find())
    }

    /// Does what this library has to do besides what the application wants, and leaves the thread's error queue as it was:
    /// what fails here is no error of the application's, which would put it into its log, or take it for one.
    pub fn aside<R>(&self, work: impl FnOnce() -> R) -> R {
        // SAFETY: these have no preconditions. Of an empty queue nothing can be marked, and then all of it goes.
        unsafe { (self.ERR_set_mark)() };
        let result = work();
        // SAFETY: likewise.
        unsafe { (self.ERR_pop_to_mark)() };
        result
    }

    /// Is libssl.so.3 in this process? Costs no system call.
    pub fn is_loaded() -> bool {
        is_present(c"libssl.so.3")
    }
}

/// What follows this library in the order of the program's libraries, or is in libssl.so.3. `name` ends in NUL.
pub fn symbol(name: &'static str) -> Option<*mut c_void> {
    let name = CStr::from_bytes_with_nul(name.as_bytes()).ok()?;
    // SAFETY: the name ends in NUL; RTLD_NEXT is what comes after this library, so nothing of its own is found.
    let behind = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
    let found = [c"libssl.so.3", c"libcrypto.so.3"]
        .into_iter()
        .fold(behind, |found, file| {
            let library = if found.is_null() { library(file) } else { null_mut() };
            if library.is_null() {
                return found;
            }
            // SAFETY: the handle is that of a library that stays loaded: whoever calls us uses it.
            unsafe { libc::dlsym(library, name.as_ptr()) }
        });
    (!found.is_null()).then_some(found)
}

/// A library that is loaded already.
fn library(file: &CStr) -> *mut c_void {
    // To ask for a library that is not there would have the linker look for its file.
    if !is_present(file) {
        return null_mut();
    }
    // SAFETY: the name ends in NUL. RTLD_NOLOAD: nothing is loaded and no constructor runs. The reference is not given
    // back, so that functions found through it stay.
    unsafe { libc::dlopen(file.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD) }
}

/// Has a library of this name been loaded?
fn is_present(file: &CStr) -> bool {
    unsafe extern "C" fn compare(object: *mut libc::dl_phdr_info, _: usize, wanted: *mut c_void) -> c_int {
        // SAFETY: the linker's own record, whose name ends in NUL or is NULL; `wanted` is what was passed below.
        let (path, wanted) = unsafe {
            let path = (*object).dlpi_name;
            (!path.is_null()).then(|| (CStr::from_ptr(path), &*wanted.cast::<&CStr>()))
        }
        .unzip();
        let (Some(path), Some(wanted)) = (path, wanted) else {
            return 0;
        };
        let name = path.to_bytes().rsplit(|byte| *byte == b'/').next();
        (name == Some(wanted.to_bytes())).into()
    }
    let mut file = file;
    // SAFETY: the function has the right type and takes what it is given here.
    unsafe { libc::dl_iterate_phdr(Some(compare), (&raw mut file).cast()) != 0 }
}
