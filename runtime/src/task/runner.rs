//! Drives one task: a machine without threads, told what time it is.
//!
//! A step does one thing, in this order of precedence:
//! 1. while an output or sink is full: move what waits, nothing else;
//! 2. resume a chain that stopped before its end;
//! 3. go on with the batch that an earlier turn did not finish;
//! 4. carry out what control frames led to, behind a turn that flushes: broadcast a watermark, a barrier, the end;
//! 5. fire timers that are due; flush what was held back for `buffer_timeout`;
//! 6. take something new: the next frame, or rows of the source.
//!
//! So a control frame goes on behind everything that came before it, and whatever a chain emits has room before the
//! chain gets more to do.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::context::{Handles, TaskContext, TaskSeed};
use super::hands::Hands;
use super::held::Held;
use super::inbox::{Action, Inbox};
use super::job::Job;
use super::metering::{Metering, Spent};
use super::pace::{Pace, TURN};
use super::panics::guard;
use super::snapshot::TaskId;
use super::source_task::SourceStatus;
use super::{Failure, Stage};
use crate::exchange::{Channel, Frame};
use crate::metrics::TaskMetrics;
use crate::plan::Factory;
use crate::task::Chain;
use crate::time::{TimeEvent, Timestamp};

/// What came of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// Something was done; there may be more to do.
    Worked,
    /// An output or sink is full.
    Blocked,
    /// There is nothing to do now.
    Idle,
    /// There will be nothing to do ever.
    Closed,
}

/// How far the turns are that must precede the first action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flushing {
    No,
    /// With what [`Action::flushes`] says.
    Running(Timestamp),
    Done,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Running,
    /// The input has ended; the sinks finish when all tasks of the job are that far.
    AwaitingOthers,
    Closed,
}

/// What a turn brings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Brings {
    Nothing,
    Batch,
    Source,
}

/// One task being run.
pub(crate) struct Runner {
    chain: Box<dyn Chain>,
    stage: Stage,
    handles: Handles,
    inbox: Inbox,
    job: Arc<Job>,
    actions: VecDeque<Action>,
    /// Control frames that wait for the answers before them.
    held: Held,
    flushing: Flushing,
    /// Chain and number.
    task: TaskId,
    /// The last checkpoint whose barrier has gone on, or that was given up.
    last_checkpoint: u64,
    saving: Option<Saving>,
    /// Bytes that its state may have when it is saved.
    state_most: Option<usize>,
    /// What the checkpoints' thread knows of this task.
    said: Said,
    /// How far time may have come downstream.
    time_told: Timestamp,
    /// The chain stopped before its end.
    resume: bool,
    phase: Phase,
    ending: bool,
    watermark: Timestamp,
    pace: Pace,
    buffer_timeout: Duration,
    /// When what was written must be handed on at the latest.
    flush_at: Option<Instant>,
    sinks_flushed: Instant,
    /// The earliest timer.
    timer: Option<Timestamp>,
    meter: Metering,
    alignment: Alignment,
    /// What became of time, if a test wants to know.
    told: Option<by_hand::Told>,
}

/// What a runner is made of besides its chain.
pub(crate) struct RunnerParts {
    pub(crate) seed: TaskSeed,
    pub(crate) stage: Stage,
    pub(crate) channels: Vec<(usize, Channel)>,
    pub(crate) job: Arc<Job>,
    pub(crate) metrics: Arc<TaskMetrics>,
    pub(crate) buffer_timeout: Duration,
    /// What a test puts in place of sources and sinks.
    pub(crate) hands: Option<Rc<Hands>>,
}

/// Who waits for a slow channel must not be who fills it: only sources can be left unread.
const ALIGNED_BEHIND_EXCHANGE: &str = "watermarks are aligned behind an exchange, where nothing can be left unread\nhelp: put `.event_time(..).watermarks(..)` right behind the source";

impl Runner {
    /// How often a sink that was not ready is asked again.
    const SINK_POLL: Duration = Duration::from_micros(500);
    /// How long a sink may buffer while its task is never idle.
    const SINK_FLUSH: Duration = Duration::from_secs(1);

    /// Opens a task.
    pub(crate) fn open(factory: &Factory, parts: RunnerParts) -> Result<Runner, Failure> {
        let mut cx = TaskContext::new(parts.seed, parts.stage, parts.hands);
        let chain = guard(|| factory(&mut cx))?;
        let (seed, stage, handles) = cx.into_parts();
        if let Some(edge) = seed.outputs.keys().next() {
            // Nobody would end it, and its reader would wait for ever.
            return Err(Failure::new(format!(
                "{edge:?} is among the outputs, but was not opened\nhelp: this is a defect of the compiler, please report it"
            )));
        }
        if handles.source.is_none()
            && handles.watermarks.iter().any(|marks| marks.borrow().aligns())
        {
            return Err(Failure::new(ALIGNED_BEHIND_EXCHANGE));
        }
        if let Some(spill) = &seed.shared.spill {
            for (id, state) in &handles.states {
                let has_disk = state.borrow_mut().spill(spill).map_err(Failure::new)?;
                if !has_disk && !id.is_empty() && seed.task == 0 {
                    tracing::warn!(state = %id, "stays in memory, whatever the budget");
                }
            }
        }
        let now = stage.clock().now();
        let aligns = parts.job.checkpoints.as_ref().is_none_or(|it| it.mode.aligns());
        let meter = Metering::new(parts.metrics, &handles, now);
        let mut runner = Runner {
            chain,
            handles,
            inbox: Inbox::new(parts.channels, aligns),
            job: parts.job,
            actions: VecDeque::new(),
            held: Held::default(),
            flushing: Flushing::No,
            task: (seed.chain, seed.task),
            last_checkpoint: 0,
            saving: None,
            state_most: seed.shared.most,
            said: Said::Nothing,
            time_told: Timestamp::MIN,
            resume: false,
            phase: Phase::Running,
            ending: false,
            watermark: Timestamp::MIN,
            pace: Pace::default(),
            buffer_timeout: parts.buffer_timeout,
            flush_at: None,
            sinks_flushed: now,
            timer: None,
            meter,
            alignment: Alignment::default(),
            told: None,
            stage,
        };
        match &seed.recovery.restored {
            Some(restored) => runner.restore(restored, seed.groups)?,
            None => runner.look_at_timers(),
        }
        Ok(runner)
    }

    /// Does one thing, at `now`; moves `now` on if that took a while.
    pub(crate) fn step(&mut self, now: &mut Instant) -> Result<Outcome, Failure> {
        if self.phase == Phase::Closed {
            return Ok(Outcome::Closed);
        }
        if self.said == Said::Nothing {
            self.say_that_it_is_open();
        }
        let mut saved = self.saves_now(*now) && self.save_more(now)?;
        let mut outcome = self.advance(now)?;
        if matches!(outcome, Outcome::Blocked | Outcome::Idle) && self.saving.is_some() {
            saved = saved || self.save_more(now)?;
            outcome = if saved { Outcome::Worked } else { outcome };
        }
        let spent = if outcome == Outcome::Blocked { Spent::Blocked } else { Spent::Waiting };
        self.meter.wait(*now, spent);
        self.meter.publish_now_and_then(*now, &self.handles, self.watermark);
        Ok(outcome)
    }

    fn advance(&mut self, now: &mut Instant) -> Result<Outcome, Failure> {
        if self.stage.blocked.get() && !self.unblock() {
            for watermarks in &self.handles.watermarks {
                watermarks.borrow_mut().held_up();
            }
            return Ok(Outcome::Blocked);
        }
        if self.resume {
            return self.turn(Brings::Nothing, now);
        }
        if let Some(outcome) = self.answer(now)? {
            return Ok(outcome);
        }
        let full = self.is_full();
        if self.inbox.current.is_some() && !full && self.flushing == Flushing::No {
            return self.turn(Brings::Batch, now);
        }
        if !self.actions.is_empty() {
            return self.act(now);
        }
        if let Some(checkpoint) = self.wanted_checkpoint()
            && !self.has_rest()
        {
            self.actions.push_back(Action::Barrier(checkpoint));
            return self.act(now);
        }
        if self.phase == Phase::AwaitingOthers {
            return self.await_others(*now);
        }
        let processing_time = self.stage.clock().processing_time(*now);
        let stands_still = self.stands_still() && !cfg!(bug_40);
        if self.timer.is_some_and(|timer| timer <= processing_time) && !stands_still {
            return self.turn(Brings::Nothing, now);
        }
        if self.flush_at.is_some_and(|at| at <= *now) {
            let sinks = now.duration_since(self.sinks_flushed) >= Self::SINK_FLUSH;
            self.actions.push_back(Action::Flush { sinks });
            return self.act(now);
        }
        if full {
            for watermarks in &self.handles.watermarks {
                watermarks.borrow_mut().held_up();
            }
            return Ok(Outcome::Blocked);
        }
        if self.handles.source.is_some() { self.poll(now) } else { self.receive(now) }
    }

    /// What answers that have come lead to: they are handed on, and the control frames behind them.
    fn answer(&mut self, now: &mut Instant) -> Result<Option<Outcome>, Failure> {
        let Some(awaited) = &self.handles.awaited else { return Ok(None) };
        if self.flushing == Flushing::No {
            self.held.settle(&*awaited.borrow());
        }
        if let Some(action) = self.held.due() {
            // Partial aggregates of the records before it: nothing behind it was handed on.
            if self.flushing == Flushing::No {
                self.flushing = Flushing::Running(Timestamp::MAX);
                return self.turn(Brings::Nothing, now).map(Some);
            }
            awaited.borrow_mut().release();
            self.held.gone();
            self.flushing = Flushing::No;
            self.carry_out(action)?;
            return Ok(Some(Outcome::Worked));
        }
        if self.flushing == Flushing::No && awaited.borrow().wants_turn() {
            return self.turn(Brings::Nothing, now).map(Some);
        }
        Ok(None)
    }

    /// Moves what waits for room; true if there is room everywhere.
    fn unblock(&mut self) -> bool {
        let mut clear = true;
        for output in &self.handles.outputs {
            clear &= output.output.borrow_mut().unblock();
        }
        let mut sinks = self.handles.sinks.iter();
        let clear = clear && sinks.all(|sink| sink.borrow_mut().is_ready());
        self.stage.blocked.set(!clear);
        clear
    }

    fn poll(&mut self, now: &mut Instant) -> Result<Outcome, Failure> {
        if self.ending {
            return Ok(Outcome::Idle);
        }
        let Some(source) = &self.handles.source else { return Ok(Outcome::Idle) };
        let (status, has_rest) = (source.borrow().status(), source.borrow().has_rest());
        // Behind the last barrier the end of the input is for the next attempt to tell.
        let ended = status == SourceStatus::Ended || (self.must_drain() && !has_rest);
        let drain = ended && !self.stands_still();
        if self.is_paused() {
            return Ok(Outcome::Idle);
        }
        if drain || (self.must_stop() && !has_rest) {
            self.ending = true;
            self.actions.push_back(Action::End { drain });
            return Ok(Outcome::Worked);
        }
        if !has_rest && self.must_wait() {
            return Ok(Outcome::Blocked);
        }
        match status {
            SourceStatus::Waiting => Ok(Outcome::Idle),
            _ => self.turn(Brings::Source, now),
        }
    }

    /// True if what is read is too far ahead of its alignment group. Nobody could read it, so it is not idle either.
    fn must_wait(&self) -> bool {
        let mut waits = false;
        for watermarks in &self.handles.watermarks {
            let mut watermarks = watermarks.borrow_mut();
            if watermarks.must_wait() {
                watermarks.held_up();
                waits = true;
            }
        }
        waits
    }

    fn has_rest(&self) -> bool {
        self.handles.source.as_ref().is_some_and(|source| source.borrow().has_rest())
    }

    fn receive(&mut self, now: &mut Instant) -> Result<Outcome, Failure> {
        self.look_at_given_up();
        let Some(channel) = self.inbox.receive(&mut self.actions) else {
            return Ok(Outcome::Idle);
        };
        if let Some(current) = &self.inbox.current {
            self.stage.cursor.set(0, false, false);
            self.meter.counts.records_in += current.batch.len() as u64;
            self.meter.counts.bytes_in += current.batch.bytes() as u64;
            return self.turn(Brings::Batch, now);
        }
        self.look_at_alignment(*now);
        if self.inbox.has_ended(channel) {
            for watermarks in &self.handles.watermarks {
                watermarks.borrow_mut().end(channel);
            }
        }
        Ok(Outcome::Worked)
    }

    /// One turn of the chain.
    fn turn(&mut self, brings: Brings, now: &mut Instant) -> Result<Outcome, Failure> {
        let start = *now;
        let before = self.stage.cursor.next();
        let mut turn = self.stage.turn_until(self.watermark, start + TURN);
        // Else a turn that only flushes would let timers fire, too.
        if !self.stands_still() || cfg!(bug_40) {
            turn.processing_time = self.stage.clock().processing_time(start);
        }
        if let Flushing::Running(until) = self.flushing {
            turn.flushes = Some(until);
        }
        turn.limit = self.pace.records();
        match (&self.inbox.current, brings) {
            (Some(current), Brings::Batch) => {
                turn.batch = Some((current.input, &current.batch));
                turn.split = current.channel;
            }
            _ => turn.polls = brings == Brings::Source,
        }
        let chain = &mut self.chain;
        let done = guard(|| chain.turn(&mut turn));
        self.resume = turn.more();
        self.meter.counts.skipped += turn.skipped();
        done.map_err(|failure| self.located(failure, brings))?;
        *now = self.stage.clock().now();
        self.meter.worked(start, *now);
        if !self.resume && matches!(self.flushing, Flushing::Running(_)) {
            self.flushing = Flushing::Done;
        }
        let outcome = match brings {
            Brings::Nothing => Outcome::Worked,
            Brings::Batch => self.batch_turned(before, now.duration_since(start)),
            Brings::Source => self.source_turned(now.duration_since(start))?,
        };
        if self.flush_at.is_none() && self.flushing == Flushing::No && outcome != Outcome::Idle {
            self.flush_at = Some(*now + self.buffer_timeout);
        }
        self.look_at_timers();
        Ok(outcome)
    }

    fn batch_turned(&mut self, before: usize, took: Duration) -> Outcome {
        let Some(current) = self.inbox.current.take() else { return Outcome::Worked };
        let next = self.stage.cursor.next();
        self.pace.took((next - before) as u64, took);
        self.generators_read(current.channel);
        let untouched = next == before && !self.stage.blocked.get();
        if next >= current.batch.len() || untouched {
            self.inbox.give_back(current);
        } else {
            self.inbox.current = Some(current);
        }
        Outcome::Worked
    }

    fn source_turned(&mut self, took: Duration) -> Result<Outcome, Failure> {
        let Some(source) = &self.handles.source else { return Ok(Outcome::Worked) };
        let polled = source.borrow_mut().polled()?;
        let status = source.borrow().status();
        self.pace.took(polled.records, took);
        self.meter.counts.records_in += polled.records;
        if polled.records > 0 {
            self.generators_read(polled.split);
        }
        if polled.ended {
            for watermarks in &self.handles.watermarks {
                watermarks.borrow_mut().end(polled.split);
            }
        }
        let in_vain = polled.records == 0 && status == SourceStatus::Waiting;
        Ok(if in_vain { Outcome::Idle } else { Outcome::Worked })
    }

    /// Records of a split or channel were processed: watermarks may be due.
    fn generators_read(&mut self, split: usize) {
        for (index, watermarks) in self.handles.watermarks.iter().enumerate() {
            let mut watermarks = watermarks.borrow_mut();
            watermarks.read(split);
            let due = watermarks.due(false).into_iter().flatten();
            self.actions.extend(due.map(|event| Action::Generated(index, event)));
        }
    }

    fn look_at_timers(&mut self) {
        let states = self.handles.states.iter();
        self.timer = states.filter_map(|(_, state)| state.borrow().next_timer()).min();
    }

    /// Carries out the first action, behind a turn that flushes.
    fn act(&mut self, now: &mut Instant) -> Result<Outcome, Failure> {
        let Some(&action) = self.actions.front() else { return Ok(Outcome::Idle) };
        if self.barrier_waits() {
            return Ok(Outcome::Idle);
        }
        let flushes = !matches!(
            action,
            Action::Cancel(_)
                | Action::Time(TimeEvent::Active)
                | Action::Generated(_, TimeEvent::Active)
        );
        if flushes && self.flushing == Flushing::No {
            self.move_time(action);
            self.flushing = Flushing::Running(action.flushes(self.time_told));
            return self.turn(Brings::Nothing, now);
        }
        self.actions.pop_front();
        self.flushing = Flushing::No;
        if action == (Action::Flush { sinks: true }) {
            self.sinks_flushed = *now;
        }
        if let Some(awaited) = &self.handles.awaited
            && self.held.hold(action, &mut *awaited.borrow_mut())
        {
            return Ok(Outcome::Worked);
        }
        self.carry_out(action)?;
        Ok(Outcome::Worked)
    }

    fn move_time(&mut self, action: Action) {
        match action {
            Action::Time(TimeEvent::Watermark(time)) => self.watermark = time,
            // A source has no time of its own: what its generator says is as good.
            Action::Generated(_, TimeEvent::Watermark(time)) if self.handles.source.is_some() => {
                self.watermark = self.watermark.max(time);
            }
            Action::End { drain: true } if !cfg!(bug_10) => self.watermark = Timestamp::MAX,
            _ => {}
        }
    }

    fn carry_out(&mut self, action: Action) -> Result<(), Failure> {
        self.tell(action);
        self.time_told = self.time_told.max(action.tells());
        match action {
            Action::Time(event) => self.broadcast(Some(None), &|| frame(event)),
            Action::Generated(index, event) => self.broadcast(Some(Some(index)), &|| frame(event)),
            Action::Barrier(checkpoint) => self.barrier(checkpoint)?,
            Action::Cancel(checkpoint) => self.cancel(checkpoint),
            Action::Flush { sinks } => {
                for output in &self.handles.outputs {
                    output.output.borrow_mut().flush();
                }
                self.flush_at = None;
                if sinks {
                    self.flush_sinks()?;
                }
            }
            Action::End { drain } => {
                self.broadcast(None, &|| Frame::EndOfData { drain });
                self.flush_sinks()?;
                self.phase = Phase::AwaitingOthers;
                self.flush_at = None;
                self.meter.publish(&self.handles, self.watermark);
                self.job.task_waits();
            }
        }
        Ok(())
    }

    /// Sends a frame to all outputs, or to those whose time comes from there.
    fn broadcast(&mut self, of: Option<Option<usize>>, frame: &dyn Fn() -> Frame) {
        for output in &self.handles.outputs {
            if of.is_none_or(|of| of == output.watermarks) {
                output.output.borrow_mut().control(frame);
            }
        }
    }

    fn flush_sinks(&mut self) -> Result<(), Failure> {
        guard(|| self.handles.sinks.iter().try_for_each(|sink| sink.borrow_mut().flush()))
    }

    /// The last step: all tasks of the job have processed everything.
    fn await_others(&mut self, now: Instant) -> Result<Outcome, Failure> {
        if self.inbox.receive(&mut self.actions).is_some() {
            self.look_at_alignment(now);
            return Ok(Outcome::Worked);
        }
        self.look_at_given_up();
        self.say_that_it_waits();
        if !self.job.may_finish() {
            return Ok(Outcome::Idle);
        }
        guard(|| self.handles.sinks.iter().try_for_each(|sink| sink.borrow_mut().finish()))?;
        self.meter.publish(&self.handles, self.watermark);
        self.phase = Phase::Closed;
        Ok(Outcome::Worked)
    }
}

fn frame(event: TimeEvent) -> Frame {
    match event {
        TimeEvent::Watermark(time) => Frame::Watermark(time),
        TimeEvent::Idle => Frame::Idle,
        TimeEvent::Active => Frame::Active,
    }
}

mod alignment;
mod by_hand;
mod idle;
mod position;
mod saving;

use alignment::Alignment;
use saving::{Said, Saving};

pub(crate) use by_hand::Mark;

#[cfg(test)]
mod tests;
