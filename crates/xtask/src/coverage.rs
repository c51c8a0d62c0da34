//! c
use crate::{Failure, Generated};
/// g
pub fn generate() -> Result<Generated, Failure> {
    Err("x".into())
}
