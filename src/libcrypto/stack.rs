//! Stacks of libcrypto's (`OPENSSL_sk_new_null(3)`, `DEFINE_STACK_OF(3)`): of certificates, of names, of ciphers.

use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};

use bytes::Bytes;

use super::c::{OPENSSL_STACK, STACK_OF_X509, STACK_OF_X509_NAME};
use super::x509::{Certificate, Name, name_der};

unsafe extern "C" {
    fn OPENSSL_sk_new_null() -> *mut OPENSSL_STACK;
    fn OPENSSL_sk_new_reserve(compare: *const c_void, n: c_int) -> *mut OPENSSL_STACK;
    fn OPENSSL_sk_num(stack: *const OPENSSL_STACK) -> c_int;
    fn OPENSSL_sk_value(stack: *const OPENSSL_STACK, index: c_int) -> *mut c_void;
    fn OPENSSL_sk_push(stack: *mut OPENSSL_STACK, data: *const c_void) -> c_int;
    fn OPENSSL_sk_pop(stack: *mut OPENSSL_STACK) -> *mut c_void;
    fn OPENSSL_sk_free(stack: *mut OPENSSL_STACK);
}

/// What a stack holds, and who owns the elements.
pub trait Element {
    /// The element in Rust.
    type Owned;
    /// The stack in C.
    type C;
    /// The element's address; the stack takes it over.
    fn into_raw(owned: Self::Owned) -> *mut c_void;
    /// The element back from its address.
    ///
    /// # Safety
    /// `raw` is an element of such a stack, and nobody else will free it.
    unsafe fn from_raw(raw: *mut c_void) -> Option<Self::Owned>;
    /// Another owned element like that one.
    ///
    /// # Safety
    /// `raw` is an element of such a stack that lives.
    unsafe fn clone_raw(raw: *mut c_void) -> Option<Self::Owned>;
}

/// `STACK_OF(X509)`, which owns a reference on each.
pub enum Certificates {}

impl Element for Certificates {
    type Owned = Certificate;
    type C = STACK_OF_X509;
    fn into_raw(owned: Certificate) -> *mut c_void {
        owned.into_raw().cast()
    }
    unsafe fn from_raw(raw: *mut c_void) -> Option<Certificate> {
        // SAFETY: the caller's promise.
        unsafe { Certificate::from_owned(raw.cast()) }
    }
    unsafe fn clone_raw(raw: *mut c_void) -> Option<Certificate> {
        // SAFETY: the caller's promise.
        unsafe { Certificate::from_borrowed(raw.cast()) }
    }
}

/// `STACK_OF(X509_NAME)`, which owns its names.
pub enum Names {}

impl Element for Names {
    type Owned = Name;
    type C = STACK_OF_X509_NAME;
    fn into_raw(owned: Name) -> *mut c_void {
        owned.into_raw().cast()
    }
    unsafe fn from_raw(raw: *mut c_void) -> Option<Name> {
        // SAFETY: the caller's promise.
        unsafe { Name::from_owned(raw.cast()) }
    }
    unsafe fn clone_raw(raw: *mut c_void) -> Option<Name> {
        // SAFETY: the caller's promise.
        unsafe { Name::copy_of(raw.cast()) }
    }
}

/// A stack with its elements.
pub struct Stack<E: Element>(NonNull<OPENSSL_STACK>, std::marker::PhantomData<E::Owned>);

/// Certificates, for example a chain.
pub type CertificateStack = Stack<Certificates>;
/// Names, for example of acceptable authorities.
pub type NameStack = Stack<Names>;

// SAFETY: the stack belongs to this value alone, and its elements may be sent.
unsafe impl<E: Element> Send for Stack<E> where E::Owned: Send {}
// SAFETY: shared use only reads.
unsafe impl<E: Element> Sync for Stack<E> where E::Owned: Sync {}

impl<E: Element> Stack<E> {
    /// An empty stack.
    pub fn new() -> Option<Self> {
        // SAFETY: no arguments; the result is new or NULL.
        NonNull::new(unsafe { OPENSSL_sk_new_null() }).map(|stack| Self(stack, std::marker::PhantomData))
    }

    /// Takes over a stack and its elements.
    ///
    /// # Safety
    /// `stack` is NULL or such a stack, owned by the caller together with its elements.
    pub unsafe fn from_owned(stack: *mut E::C) -> Option<Self> {
        NonNull::new(stack.cast()).map(|stack| Self(stack, std::marker::PhantomData))
    }

    /// A stack of its own with the elements of another one (counted or copied).
    ///
    /// # Safety
    /// `stack` is NULL or a live stack of live elements.
    pub unsafe fn from_borrowed(stack: *const E::C) -> Option<Self> {
        let mut copy = Self::new()?;
        let stack: *const OPENSSL_STACK = stack.cast();
        // SAFETY: live by the caller's promise; sk_num answers -1 for NULL.
        let len = unsafe { OPENSSL_sk_num(stack) };
        for index in 0..len {
            // SAFETY: the index is in range, the element lives by the caller's promise.
            let element = unsafe { E::clone_raw(OPENSSL_sk_value(stack, index)) }?;
            copy.push(element).then_some(())?;
        }
        Some(copy)
    }

    /// Another stack with the same elements (counted or copied).
    pub fn duplicate(&self) -> Option<Self> {
        // SAFETY: the stack and its elements live.
        unsafe { Self::from_borrowed(self.as_ptr()) }
    }

    /// Appends.
    pub fn push(&mut self, element: E::Owned) -> bool {
        let raw = E::into_raw(element);
        // SAFETY: a live stack of ours, which takes the element over.
        if unsafe { OPENSSL_sk_push(self.0.as_ptr(), raw) } > 0 {
            return true;
        }
        // SAFETY: the stack did not take it, so it is still ours to drop.
        drop(unsafe { E::from_raw(raw) });
        false
    }

    /// How many elements.
    pub fn len(&self) -> usize {
        // SAFETY: a live stack.
        usize::try_from(unsafe { OPENSSL_sk_num(self.0.as_ptr()) }).unwrap_or(0)
    }

    /// No elements?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An owned copy (or further reference) of the element at `index`.
    pub fn element(&self, index: usize) -> Option<E::Owned> {
        if index >= self.len() {
            return None;
        }
        let index = c_int::try_from(index).ok()?;
        // SAFETY: the index is in range and the stack's elements live.
        unsafe { E::clone_raw(OPENSSL_sk_value(self.0.as_ptr(), index)) }
    }

    /// Copies of all elements in order.
    pub fn elements(&self) -> impl Iterator<Item = E::Owned> + '_ {
        (0..self.len()).filter_map(|index| self.element(index))
    }

    /// The address, owned by `self`.
    pub fn as_ptr(&self) -> *mut E::C {
        self.0.as_ptr().cast()
    }

    /// The address, which the caller now owns with the elements.
    pub fn into_raw(self) -> *mut E::C {
        let pointer = self.as_ptr();
        std::mem::forget(self);
        pointer
    }
}

impl<E: Element> Drop for Stack<E> {
    fn drop(&mut self) {
        loop {
            // SAFETY: a live stack; what it returns is no longer in it and ours to drop.
            let element = unsafe { E::from_raw(OPENSSL_sk_pop(self.0.as_ptr())) };
            if element.is_none() {
                break;
            }
        }
        // SAFETY: this value owns the stack, which is empty now.
        unsafe { OPENSSL_sk_free(self.0.as_ptr()) }
    }
}

impl Stack<Names> {
    /// The encodings, in order.
    pub fn to_der(&self) -> Vec<Bytes> {
        // SAFETY: the stack and its names live.
        unsafe { stack_der(self.as_ptr()) }
    }
}

/// The encodings of the names in a stack of the application's.
///
/// # Safety
/// `stack` is NULL or a live stack of live names.
pub unsafe fn stack_der(stack: *const STACK_OF_X509_NAME) -> Vec<Bytes> {
    let stack: *const OPENSSL_STACK = stack.cast();
    // SAFETY: live by the caller's promise; sk_num answers -1 for NULL.
    let len = unsafe { OPENSSL_sk_num(stack) };
    (0..len)
        .filter_map(|index| {
            // SAFETY: the index is in range and the names live.
            unsafe { name_der(OPENSSL_sk_value(stack, index).cast()) }
        })
        .collect()
}

/// Appends to a stack of the application's.
///
/// # Safety
/// `stack` is a live stack of names.
pub unsafe fn push_name(stack: *mut STACK_OF_X509_NAME, name: Name) -> bool {
    let raw = Names::into_raw(name);
    // SAFETY: live by the caller's promise; it takes the name over.
    if unsafe { OPENSSL_sk_push(stack.cast(), raw) } > 0 {
        return true;
    }
    // SAFETY: the stack did not take it.
    drop(unsafe { Names::from_raw(raw) });
    false
}

/// A stack of addresses that live for ever: `STACK_OF(SSL_CIPHER)`.
pub struct StaticStack(NonNull<OPENSSL_STACK>);

// SAFETY: the stack belongs to this value alone; its elements are never changed.
unsafe impl Send for StaticStack {}
// SAFETY: shared use only reads.
unsafe impl Sync for StaticStack {}

impl StaticStack {
    /// A stack of these.
    pub fn new<T: Sync>(elements: &[&'static T]) -> Option<Self> {
        let len = c_int::try_from(elements.len()).ok()?;
        // SAFETY: NULL for no comparison function; the result is new or NULL.
        let stack = Self(NonNull::new(unsafe { OPENSSL_sk_new_reserve(ptr::null(), len) })?);
        for element in elements {
            // SAFETY: a live stack of ours; it only keeps the address.
            let pushed = unsafe { OPENSSL_sk_push(stack.0.as_ptr(), ptr::from_ref(*element).cast()) };
            (pushed > 0).then_some(())?;
        }
        Some(stack)
    }

    /// The address, owned by `self`.
    pub fn as_ptr<C>(&self) -> *mut C {
        self.0.as_ptr().cast()
    }

    /// The address, which the caller now owns.
    pub fn into_raw<C>(self) -> *mut C {
        let pointer = self.as_ptr();
        std::mem::forget(self);
        pointer
    }
}

impl Drop for StaticStack {
    fn drop(&mut self) {
        // SAFETY: this value owns the stack; the elements are static.
        unsafe { OPENSSL_sk_free(self.0.as_ptr()) }
    }
}
