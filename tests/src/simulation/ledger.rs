//! A target that is written to in two phases, and remembers everything: what it finds wrong is a violation.
//!
//! * S1, what is visible at the end is what the input leads to: compared by [`cases`](super::cases).
//! * S2, nothing is committed before the pointer says that its checkpoint is the truth.
//! * S3, what is committed again changes nothing; nothing is committed that was never prepared, or was given up.
//! * S4, what earlier attempts have prepared and nobody commits is gone at the end.
//! * Of each key, what becomes visible later has a greater version.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thalweg::connector::{
    Committable, Opening, Preparation, Sink, SinkError, Transaction, TwoPhaseCommitSink, Writer,
};
use thalweg::record::View;
use thalweg::testing::simulation::{Effect, effect, truth, violation};
use thalweg::time::Timestamp;

/// A row: whatever it is of, and a number.
pub type Row = (u64, i64, i64);

thread_local! {
    static TARGETS: RefCell<BTreeMap<String, Ledger>> = const { RefCell::new(BTreeMap::new()) };
}

/// The ledger of this name, on this thread.
pub fn ledger(name: &str) -> Ledger {
    TARGETS.with_borrow_mut(|targets| {
        let new = || Ledger { name: name.to_owned(), books: Arc::default() };
        targets.entry(name.to_owned()).or_insert_with(new).clone()
    })
}

/// Takes all ledgers of this thread away.
pub fn take() -> BTreeMap<String, Ledger> {
    TARGETS.take()
}

/// A target. Clones are the same.
#[derive(Clone)]
pub struct Ledger {
    name: String,
    books: Arc<Mutex<Books>>,
}

#[derive(Default)]
struct Books {
    /// Written, flushed and not shown, by transaction.
    prepared: BTreeMap<String, Vec<Row>>,
    /// Shown: the names, and the rows in the order in which that happened.
    committed: BTreeMap<String, u64>,
    visible: Vec<Row>,
    /// Given up.
    aborted: BTreeMap<String, u64>,
}

/// Writes the rows of one task.
pub struct LedgerWriter {
    ledger: Ledger,
    open: Vec<Row>,
}

impl Ledger {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What everybody sees, in the order in which it became visible.
    pub fn visible(&self) -> Vec<Row> {
        self.books().visible.clone()
    }

    /// What was prepared and is neither visible nor given up.
    pub fn left(&self) -> Vec<String> {
        self.books().prepared.keys().cloned().collect()
    }

    fn ask(&self, doing: &str, name: &str) -> Effect {
        effect(&format!("{doing} {}/{name}", self.name))
    }
}

fn silent() -> SinkError {
    SinkError::new("the target does not answer", "try again")
}

/// Does something, if that is what becomes of it.
fn done(becomes: Effect, apply: impl FnOnce()) -> Result<(), SinkError> {
    match becomes {
        Effect::Happens => apply(),
        Effect::Unanswered => {
            apply();
            return Err(silent());
        }
        Effect::Lost | Effect::NoSpace => return Err(silent()),
    }
    Ok(())
}

impl Sink<Row> for Ledger {
    type Writer = LedgerWriter;

    fn name(&self) -> String {
        format!("ledger({})", self.name)
    }

    fn open(&self, _: usize, _: usize) -> Result<LedgerWriter, SinkError> {
        Ok(LedgerWriter { ledger: self.clone(), open: Vec::new() })
    }

    fn two_phase(&self) -> Option<&dyn TwoPhaseCommitSink> {
        Some(self)
    }
}

impl Writer<Row> for LedgerWriter {
    fn write(&mut self, _: Timestamp, row: View<'_, Row>) -> Result<(), SinkError> {
        self.open.push(row);
        Ok(())
    }

    fn prepare(&mut self, by: &Transaction) -> Result<Option<Preparation>, SinkError> {
        if self.open.is_empty() {
            return Ok(None);
        }
        let name = format!("{}-{}-{}", by.attempt, by.checkpoint, by.task);
        let (ledger, rows) = (self.ledger.clone(), std::mem::take(&mut self.open));
        Ok(Some(Box::new(move || {
            let becomes = ledger.ask("prepare", &name);
            done(becomes, || {
                let mut books = ledger.books();
                if books.committed.contains_key(&name) || books.aborted.contains_key(&name) {
                    violation(format!("S3: transaction {name} is prepared when it is over"));
                }
                if books.prepared.insert(name.clone(), rows).is_some() {
                    violation(format!("S3: transaction {name} is prepared twice"));
                }
            })?;
            Ok(Committable(name.into()))
        })))
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        if !self.open.is_empty() {
            violation(format!("S1: rows behind the last checkpoint: {:?}", self.open));
        }
        Ok(())
    }
}

/// The attempt and the checkpoint of a transaction.
fn numbers(name: &str) -> (u64, u64) {
    let mut numbers = name.split('-').map(|number| number.parse().expect("as it was made"));
    (numbers.next().expect("an attempt"), numbers.next().expect("a checkpoint"))
}

impl TwoPhaseCommitSink for Ledger {
    fn commit(&self, committable: &Committable) -> Result<(), SinkError> {
        let name = committable.0.as_str().expect("as it was made");
        let becomes = self.ask("commit", name);
        done(becomes, || {
            let mut books = self.books();
            if let Some(times) = books.committed.get_mut(name) {
                *times += 1;
                return;
            }
            if truth() < Some(numbers(name).1) {
                violation(format!("S2: {name} is committed, and the truth is {:?}", truth()));
            }
            match books.prepared.remove(name) {
                Some(rows) => books.visible.extend(rows),
                None => {
                    let aborted = books.aborted.contains_key(name);
                    violation(format!("S5: {name} is to be committed: aborted is {aborted}"));
                }
            }
            books.committed.insert(name.to_owned(), 1);
        })
    }

    fn abort_orphans(&self, opening: &Opening<'_>) -> Result<(), SinkError> {
        let becomes = self.ask("abort", &format!("before {}", opening.attempt));
        done(becomes, || {
            let mut books = self.books();
            let kept: Vec<_> = opening.kept.iter().filter_map(|it| it.0.as_str()).collect();
            let earlier = books.prepared.extract_if(.., |name, _| {
                numbers(name).0 < opening.attempt && !kept.contains(&name.as_str())
            });
            let earlier: Vec<_> = earlier.map(|(name, _)| (name, 1)).collect();
            books.aborted.extend(earlier);
        })
    }
}
