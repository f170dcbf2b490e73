//! A slot: one thread that runs its tasks in turns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::job::Job;
use super::pace::TURN;
use super::runner::{Outcome, Runner};
use super::{Failure, Signal};

/// The tasks of one slot and what wakes it.
pub(crate) struct Slot {
    pub(crate) tasks: Vec<Runner>,
    pub(crate) signal: Arc<Signal>,
    pub(crate) job: Arc<Job>,
    /// How long it looks around before it sleeps: waking a thread costs 16 µs.
    pub(crate) spin: Duration,
}

/// What a round over all tasks came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Round {
    Worked,
    Nothing,
    Closed,
}

impl Slot {
    /// Runs until all tasks are closed or the job is aborted. A failure comes with the index of its task.
    pub(crate) fn run(&mut self, now: &dyn Fn() -> Instant) -> Result<(), (usize, Failure)> {
        self.signal.bind();
        let mut time = now();
        let mut idle_since = None;
        while !self.job.is_aborting() {
            match self.round(&mut time)? {
                Round::Closed => break,
                Round::Worked => idle_since = None,
                Round::Nothing => {
                    time = now();
                    let since = *idle_since.get_or_insert(time);
                    if time.duration_since(since) < self.spin {
                        std::hint::spin_loop();
                    } else if self.sleep(&mut time)? {
                        idle_since = None;
                    }
                    time = now();
                }
            }
        }
        Ok(())
    }

    /// Runs until there is nothing to do at `time`; answers false if that is for ever. For tests, which have no other
    /// slots to wait for.
    pub(crate) fn settle(&mut self, time: &mut Instant) -> Result<bool, (usize, Failure)> {
        loop {
            match self.round(time)? {
                Round::Worked => {}
                Round::Nothing => return Ok(true),
                Round::Closed => return Ok(false),
            }
        }
    }

    /// A turn of every task; if none had anything to do, they hand on what they hold back.
    fn round(&mut self, time: &mut Instant) -> Result<Round, (usize, Failure)> {
        let mut round = Round::Closed;
        for (index, task) in self.tasks.iter_mut().enumerate() {
            match take_turn(task, time).map_err(|failure| (index, failure))? {
                Outcome::Worked => round = Round::Worked,
                Outcome::Blocked | Outcome::Idle if round == Round::Closed => {
                    round = Round::Nothing
                }
                Outcome::Blocked | Outcome::Idle | Outcome::Closed => {}
            }
        }
        if round == Round::Nothing {
            for (index, task) in self.tasks.iter_mut().enumerate() {
                if task.idle(time).map_err(|failure| (index, failure))? == Outcome::Worked {
                    round = Round::Worked;
                }
            }
        }
        Ok(round)
    }

    /// Sleeps until there is something to do, unless there is after all: see `signal` for why nothing is missed.
    /// Answers true if there was.
    fn sleep(&mut self, time: &mut Instant) -> Result<bool, (usize, Failure)> {
        self.signal.announce();
        let round = self.round(time)?;
        if round != Round::Nothing || self.job.is_aborting() {
            self.signal.retract();
            return Ok(true);
        }
        let wanted = self.tasks.iter().filter_map(|task| task.wants_step_at(*time)).min();
        self.signal.park(wanted.map(|at| at.saturating_duration_since(*time)));
        Ok(false)
    }
}

/// Steps of one task, for a time slice at most. A task that reads a source does one: what it reads is then processed
/// while it is in the cache, and not piled up until the rings are full.
fn take_turn(task: &mut Runner, time: &mut Instant) -> Result<Outcome, Failure> {
    let end = *time + TURN;
    let first = task.step(time)?;
    if first != Outcome::Worked || task.reads_source() {
        return Ok(first);
    }
    while *time < end && task.step(time)? == Outcome::Worked {}
    Ok(first)
}
