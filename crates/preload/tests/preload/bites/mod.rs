//! What bites: each item of the list that this library was written from.

mod chains;
mod hasty;
mod isolation;
mod kinds;
mod lengths;
mod limits;
mod names;
mod own_keys;
