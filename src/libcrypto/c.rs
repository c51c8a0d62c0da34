//! libcrypto's opaque types, under their C tags, so that headers made from these declarations agree with OpenSSL's.

macro_rules! opaque {
    ($($(#[$doc:meta])* $tag:ident as $alias:ident;)*) => {
        $(
            $(#[$doc])*
            #[repr(C)]
            #[allow(non_camel_case_types, reason = "C's own name")]
            pub struct $tag {
                _opaque: [u8; 0],
            }
            $(#[$doc])*
            #[allow(non_camel_case_types, reason = "C's own name")]
            pub type $alias = $tag;
        )*
    };
}

opaque! {
    /// A certificate.
    x509_st as X509;
    /// A certificate or revocation list store.
    x509_store_st as X509_STORE;
    /// A verification in progress.
    x509_store_ctx_st as X509_STORE_CTX;
    /// What a verification checks.
    X509_VERIFY_PARAM_st as X509_VERIFY_PARAM;
    /// A distinguished name.
    X509_name_st as X509_NAME;
    /// A key.
    evp_pkey_st as EVP_PKEY;
    /// A key with an operation under way.
    evp_pkey_ctx_st as EVP_PKEY_CTX;
    /// A message digest under way.
    evp_md_ctx_st as EVP_MD_CTX;
    /// A message digest.
    evp_md_st as EVP_MD;
    /// A cipher.
    evp_cipher_st as EVP_CIPHER;
    /// A cipher under way.
    evp_cipher_ctx_st as EVP_CIPHER_CTX;
    /// An HMAC under way.
    hmac_ctx_st as HMAC_CTX;
    /// A MAC under way.
    evp_mac_ctx_st as EVP_MAC_CTX;
    /// A source or sink of bytes.
    bio_st as BIO;
    /// A kind of BIO.
    bio_method_st as BIO_METHOD;
    /// An RSA key.
    rsa_st as RSA;
    /// An elliptic-curve key.
    ec_key_st as EC_KEY;
    /// Diffie-Hellman parameters.
    dh_st as DH;
    /// What OPENSSL_init_ssl is told.
    ossl_init_settings_st as OPENSSL_INIT_SETTINGS;
    /// A library context.
    ossl_lib_ctx_st as OSSL_LIB_CTX;
    /// `STACK_OF(X509)`
    stack_st_X509 as STACK_OF_X509;
    /// `STACK_OF(X509_NAME)`
    stack_st_X509_NAME as STACK_OF_X509_NAME;
    /// `STACK_OF(SSL_CIPHER)`
    stack_st_SSL_CIPHER as STACK_OF_SSL_CIPHER;
    /// `LHASH_OF(SSL_SESSION)`
    lhash_st_SSL_SESSION as LHASH_OF_SSL_SESSION;
    /// Any stack.
    stack_st as OPENSSL_STACK;
    /// C's `FILE`.
    _IO_FILE as FILE;
}

/// Asks for the pass phrase of an encrypted PEM file (`pem_password_cb`, `PEM_read_bio_PrivateKey(3)`).
#[allow(non_camel_case_types, reason = "C's own name")]
pub type pem_password_cb = unsafe extern "C" fn(
    buf: *mut std::ffi::c_char,
    size: std::ffi::c_int,
    rwflag: std::ffi::c_int,
    userdata: *mut std::ffi::c_void,
) -> std::ffi::c_int;
