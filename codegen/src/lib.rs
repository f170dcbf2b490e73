//! x

pub mod args;
