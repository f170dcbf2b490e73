//! The compiler of Thalweg as an ordinary library over tokens.
pub mod record;
