//! A table in PostgreSQL as a sink.
//!
//! ```text
//!   slot: rows as CSV ─▶ chunks ─▶ queue ─▶ a thread per task: BEGIN · COPY … ─┬─ no checkpoints: COMMIT at each flush
//!                                 (bounded)                                   ├─ upsert: merge, COMMIT at each flush
//!                                                                             └─ with checkpoints:
//!     ledger row · PREPARE TRANSACTION 'tw:…' ─▶ a committable ─ the checkpoint is complete ─▶ COMMIT PREPARED
//! ```
//!
//! # Once, whatever fails
//! A prepared transaction outlives the connection, the job and the server. It is named by its committable, which is in
//! the checkpoint, and carries a row of `tw_ledger` with it. `COMMIT PREPARED` answers "there is none of that name" both
//! if it was committed before and if somebody rolled it back: the ledger tells which, as its row came with the others. If
//! it has none, the rows are lost, and the job fails with the transaction's name.
//!
//! The ledger's row of a transaction replaces the earlier ones of its task: that a later one is committed proves those
//! before it, which are committed in order. Each attempt's names have a random part, so that no two of them are ever the
//! same, in whatever directory a job begins. What earlier attempts have prepared and no checkpoint knows is rolled back
//! when an attempt begins, and with each checkpoint after that: a killed process's server may be slow.
//!
//! # Versions instead
//! An upsert shows each change at once. What a failed attempt has shown is shown again from the last checkpoint on, so
//! values would be seen to go back, and an old process that thaws could write over newer ones. So each row has a version
//! that grows with the key's changes, and is written only if what is there has none that is later. That must come from the
//! record: the number of an attempt says which of two *equal* versions to believe, but if it went first, each replay would
//! begin by putting back older values.

mod builder;
mod commit;
mod connection;
mod courier;
mod statements;
#[cfg(test)]
mod tests;
mod tls;
mod writer;

pub use builder::{Postgres, PostgresServer, postgres};
pub use writer::PostgresWriter;
