//! A plan for people and programs: what `./job plan` prints.
//!
//! ```text
//!   Plan ──▶ Picture ──┬──▶ text      boxes for a terminal
//!                      ├──▶ json      for programs; the schema is in `Picture`
//!                      ├──▶ dot       for Graphviz
//!                      └──▶ Layout ──▶ svg
//! ```
//!
//! Same plan, same bytes: nothing here looks at a clock, the environment or a hash map's order.

mod crossing;
mod dot;
mod json;
mod layout;
mod picture;
mod svg;
mod text;

pub use dot::dot;
pub use json::json;
pub use picture::{ChainPicture, ExchangePicture, OperatorPicture, Picture};
pub use svg::svg;
pub use text::text;
