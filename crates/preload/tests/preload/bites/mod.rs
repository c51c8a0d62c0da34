//! What bites: each item of the list that this library was written from.

mod chains;
mod isolation;
mod lengths;
mod limits;
mod names;
mod own_keys;
