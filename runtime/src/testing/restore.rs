//! Checkpoints and crashes of a pipeline under test.

use super::Pipeline;
use crate::error::JobError;

impl Pipeline {
    /// Takes a checkpoint: a barrier goes from the sources through all tasks, as in production. What sinks were given
    /// before it is committed.
    ///
    /// A pipeline that has ended takes no checkpoints any more.
    #[track_caller]
    pub fn checkpoint(&mut self) -> &mut Pipeline {
        let taken = self.kit.checkpoint();
        self.checkpointed(taken)
    }

    /// Has the next step that feeds the pipeline take a checkpoint in its midst, with records under way between tasks:
    /// tasks take turns in an order that `seed` determines, and somewhere among that the barrier is sent.
    #[track_caller]
    pub fn checkpoint_amid(&mut self, seed: u64) -> &mut Pipeline {
        self.amid = Some(seed);
        self
    }

    /// Takes the checkpoint that is to be amid this step, if one is.
    #[track_caller]
    pub(super) fn amid(&mut self) {
        self.come_to_trouble();
        if let Some(seed) = self.amid.take() {
            let taken = self.kit.checkpoint_amid(seed);
            self.checkpointed(taken);
        }
    }

    #[track_caller]
    fn checkpointed(&mut self, taken: Result<bool, JobError>) -> &mut Pipeline {
        if let Ok(true) = taken {
            assert!(!self.kit.is_checkpointing(), "the checkpoint is not complete");
            self.log.checkpointed();
        }
        self.look_at(taken.map(drop))
    }

    /// A digest of all that the last checkpoint holds, if there is one. The same steps lead to the same in every process
    /// and on every machine, unless the pipeline depends on chance.
    pub fn checkpoint_digest(&self) -> Option<String> {
        self.kit.checkpoint_digest()
    }

    /// Throws all tasks away with all that they have, and goes on from the last [`checkpoint`](Pipeline::checkpoint),
    /// or from the start: what the test did since then is done again, at the same points of processing time.
    ///
    /// What the test reads afterwards is what it would read without the crash: see
    /// [the module](super#checkpoints-and-crashes).
    ///
    /// # Panics
    /// If a sink is not given again what the test has read and no checkpoint had.
    #[track_caller]
    pub fn crash_and_restore(&mut self) -> &mut Pipeline {
        self.restore(None)
    }

    /// The same, and every chain that does not say otherwise has `parallelism` tasks from then on.
    ///
    /// # Panics
    /// As [`crash_and_restore`](Pipeline::crash_and_restore).
    #[track_caller]
    pub fn rescale(&mut self, parallelism: usize) -> &mut Pipeline {
        self.restore(Some(parallelism))
    }

    #[track_caller]
    fn restore(&mut self, parallelism: Option<usize>) -> &mut Pipeline {
        let restored = self.kit.crash(parallelism).and_then(|()| self.log.replay(&mut self.kit));
        let is_restored = restored.is_ok();
        self.look_at(restored);
        if is_restored {
            for sink in self.kit.hands.sinks.borrow().iter() {
                let missing = sink.given_again();
                assert!(
                    missing == 0,
                    "sink `{}` is not given again {missing} of the records that the test has read and that no \
                     checkpoint had\nhelp: is it written to by what depends on chance, or on the parallelism? then take \
                     a `.checkpoint()` before reading it",
                    sink.name
                );
            }
        }
        self
    }
}
