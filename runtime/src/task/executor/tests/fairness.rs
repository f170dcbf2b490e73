//! One watermark that fires a great many windows into a slow sink neither fills memory nor keeps others waiting.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;
use crate::connector::{
    Fill, OpenSource, Position, Reader, Rejected, Sink, SinkError, Source, SourceError, Split,
    Writer,
};
use crate::record::View;

const WINDOWS: u64 = 300_000;
/// Records that the slow sink takes before it has to be asked again.
const GULP: u64 = 500;

#[derive(Default)]
struct Shared {
    written: AtomicU64,
    /// Written when the neighbour had its last turn, and the most between two of its turns.
    seen: AtomicU64,
    longest: AtomicU64,
    neighbour_turns: AtomicU64,
    done: AtomicBool,
}

#[derive(Clone)]
struct Slow(Arc<Shared>);

struct SlowWriter {
    shared: Arc<Shared>,
    gulp: u64,
}

impl Sink<u64> for Slow {
    type Writer = SlowWriter;
    fn name(&self) -> String {
        "slow".to_owned()
    }
    fn open(&self, _: usize, _: usize) -> Result<SlowWriter, SinkError> {
        Ok(SlowWriter { shared: self.0.clone(), gulp: 0 })
    }
}

impl Writer<u64> for SlowWriter {
    fn write(&mut self, _: Timestamp, _: View<'_, u64>) -> Result<(), SinkError> {
        self.gulp += 1;
        assert!(self.gulp <= GULP + 1, "written to although it was not ready");
        self.shared.written.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
    fn is_ready(&mut self) -> bool {
        let ready = self.gulp < GULP;
        if !ready {
            self.gulp = 0;
        }
        ready
    }
    fn finish(&mut self) -> Result<(), SinkError> {
        self.shared.done.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// Yields a row per turn until the other pipeline has written everything.
struct Neighbour(Arc<Shared>);

impl Source for Neighbour {
    type Record = u64;
    type Reader = Neighbour;
    fn name(&self) -> String {
        "neighbour".to_owned()
    }
    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        Ok(vec![Split { id: "0".to_owned(), detail: serde_json::Value::Null }])
    }
    fn open(&self, _: OpenSource<'_>) -> Result<Neighbour, SourceError> {
        Ok(Neighbour(self.0.clone()))
    }
}

impl Reader for Neighbour {
    type Record = u64;
    type Batch = Vec<u64>;
    fn fill(
        &mut self,
        batch: &mut Vec<u64>,
        _: usize,
        _: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        let written = self.0.written.load(Ordering::Relaxed);
        let between = written - self.0.seen.swap(written, Ordering::Relaxed);
        self.0.longest.fetch_max(between, Ordering::Relaxed);
        self.0.neighbour_turns.fetch_add(1, Ordering::Relaxed);
        batch.push(written);
        Ok(if written == WINDOWS { Fill::End } else { Fill::More })
    }
    fn position(&self) -> Position {
        Position(serde_json::Value::Null)
    }
    fn locate(&self, _: usize) -> String {
        String::new()
    }
}

#[test]
fn firing_many_windows_leaves_room_for_others() {
    let shared = Arc::new(Shared::default());
    let mut plan = Plan::default();
    let source0 = plan.share(VecSource::new(vec![vec![1u64]]));
    let slow0 = plan.share(Slow(shared.clone()));
    plan.chain(spec(&[], &[]), move |cx| {
        let (source0, sink0) = (cx.source(&source0)?, cx.sink(&slow0)?);
        let mut windows = 0..WINDOWS;
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (source0, sink0) = (&mut *source0.borrow_mut(), &mut *sink0.borrow_mut());
            assert_eq!(source0.read(turn)?.count(), usize::from(turn.polls()));
            while turn.watermark() == Timestamp::MAX && !turn.must_yield() {
                let Some(window) = windows.next() else { break };
                sink0.write(Timestamp(0), window)?;
            }
            Ok(())
        })
    });
    let neighbour0 = plan.share(Neighbour(shared.clone()));
    plan.chain(spec(&[], &[]), move |cx| {
        let source0 = cx.source(&neighbour0)?;
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            source0.borrow_mut().read(turn)?.for_each(drop);
            Ok(())
        })
    });
    run(plan, &options(1), &Control::new()).unwrap();
    assert_eq!(shared.written.load(Ordering::Relaxed), WINDOWS);
    assert!(shared.done.load(Ordering::Relaxed));
    // The neighbour has a turn whenever the sink is full; at most every third is one to flush, not to read.
    let longest = shared.longest.load(Ordering::Relaxed);
    assert!(longest <= 4 * (GULP + 1), "{longest} records between two reads of the neighbour");
    let turns = shared.neighbour_turns.load(Ordering::Relaxed);
    assert!(turns >= WINDOWS / (4 * (GULP + 1)), "{turns} turns");
}
