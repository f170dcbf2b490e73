//! The queue of records that wait for their answers.

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::AsyncOptions;
use super::cache::Cache;
use super::request::{Arrivals, Asked, Outcome, Reply, Request, request};
use crate::exchange::too_much;
use crate::record::{Emit, Key, Record, View};
use crate::state::{LoadError, Loader, SnapshotWriter, State};
use crate::task::{Failure, Signal, Turn};
use crate::time::Timestamp;

/// What the task's runner knows of an `async_map`, whatever its types.
pub(crate) trait Awaited {
    /// True if a turn would hand something on.
    fn wants_turn(&self) -> bool;
    /// True if a request is under way.
    fn is_asking(&self) -> bool;
    /// True if nothing more may be asked.
    fn is_full(&self) -> bool;
    /// True if nothing waits for an answer.
    fn is_empty(&self) -> bool;
    /// A control frame comes behind what was asked so far: nothing behind it is handed on before it is released.
    fn mark(&mut self);
    /// True if nothing was asked since the last mark.
    fn has_mark_at_end(&self) -> bool;
    /// True if everything before the first mark was handed on.
    fn is_settled(&self) -> bool;
    /// The control frame of the first mark has gone on.
    fn release(&mut self);
}

/// A record that waits, or whose answer waits for its turn.
#[derive(Debug)]
struct Waiting<T, R> {
    time: Timestamp,
    record: Arc<T>,
    key: Option<Box<[u8]>>,
    answer: Option<Result<Arc<R>, String>>,
    handed_on: bool,
}

/// A record with its answer.
#[derive(Debug)]
pub struct Answered<T, R> {
    time: Timestamp,
    record: Arc<T>,
    answer: Result<Arc<R>, String>,
}

impl<T: Record, R: Record> Answered<T, R> {
    /// The record's event time.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The record.
    pub fn record(&self) -> View<'_, T> {
        self.record.as_view()
    }

    /// The answer.
    ///
    /// # Errors
    /// If it is one, or there was none in time.
    pub fn answer(&self) -> Result<View<'_, R>, &str> {
        match &self.answer {
            Ok(answer) => Ok(answer.as_view()),
            Err(error) => Err(error),
        }
    }
}

/// The state of one `async_map` in one task.
pub struct AsyncMap<T, R> {
    options: AsyncOptions,
    runtime: Handle,
    /// Requests under way; dropped, they end.
    tasks: JoinSet<()>,
    queue: VecDeque<Waiting<T, R>>,
    /// The number of the queue's front.
    first: u64,
    /// If unordered: what has an answer, in the order of the answers; and what has one behind the first mark.
    ready: VecDeque<u64>,
    ready_later: VecDeque<u64>,
    /// Numbers of the first records behind control frames that are held.
    marks: VecDeque<u64>,
    /// What was asked while as many requests were under way as may be: one record's own output.
    unsent: VecDeque<(u64, Request<R>)>,
    running: usize,
    to: SyncSender<(u64, Outcome<R>)>,
    from: Receiver<(u64, Outcome<R>)>,
    arrivals: Arc<Arrivals>,
    cache: Option<Cache<R>>,
    blocked: Rc<Cell<bool>>,
    max_bytes: usize,
}

impl<T, R> AsyncMap<T, R> {
    pub(crate) fn new(
        options: AsyncOptions,
        runtime: Handle,
        signal: Arc<Signal>,
        blocked: Rc<Cell<bool>>,
        max_bytes: usize,
    ) -> AsyncMap<T, R> {
        let (to, from) = sync_channel(options.capacity);
        AsyncMap {
            cache: options.cache.map(|(entries, ttl)| Cache::new(entries, ttl)),
            options,
            runtime,
            tasks: JoinSet::new(),
            queue: VecDeque::new(),
            first: 0,
            ready: VecDeque::new(),
            ready_later: VecDeque::new(),
            marks: VecDeque::new(),
            unsent: VecDeque::new(),
            running: 0,
            to,
            from,
            arrivals: Arc::new(Arrivals { count: AtomicUsize::new(0), signal }),
            blocked,
            max_bytes,
        }
    }

    /// The number of the next record.
    fn next(&self) -> u64 {
        self.first + self.queue.len() as u64
    }

    /// Records at and behind this number stay.
    fn limit(&self) -> u64 {
        self.marks.front().copied().unwrap_or(u64::MAX)
    }

    #[cfg(test)]
    pub(super) fn arrivals(&self) -> usize {
        self.arrivals.count.load(Ordering::Acquire)
    }

    /// What may be handed on now.
    fn next_answered(&self) -> Option<u64> {
        if self.options.ordered {
            let is_ready = self.queue.front().is_some_and(|front| front.answer.is_some());
            (is_ready && self.first < self.limit()).then_some(self.first)
        } else {
            self.ready.front().copied()
        }
    }

    /// Takes note of an answer.
    fn answer(&mut self, number: u64, answer: Result<Arc<R>, String>) {
        self.queue[(number - self.first) as usize].answer = Some(answer);
        if !self.options.ordered {
            let is_behind = number >= self.limit();
            if is_behind { &mut self.ready_later } else { &mut self.ready }.push_back(number);
        }
    }
}

impl<T, R> AsyncMap<T, R>
where
    T: Record + Send + Sync,
    R: Record + Send + Sync,
{
    /// Asks about a record.
    pub fn ask<E, F, A>(&mut self, time: Timestamp, item: E, make: F)
    where
        E: Emit<Record = T>,
        F: FnOnce(Asked<T>) -> A,
        A: Future<Output = Result<R, String>> + Send + 'static,
    {
        let record = Arc::new(item.into_record());
        let future = make(Asked::new(record.clone(), self.options.retry));
        self.enqueue(time, record, None, future);
    }

    /// The same, unless there is an answer for another record of the same key.
    pub fn ask_cached<E, K, F, A>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        item: E,
        key: K,
        make: F,
    ) where
        E: Emit<Record = T>,
        K: Emit<Record: Key>,
        F: FnOnce(Asked<T>) -> A,
        A: Future<Output = Result<R, String>> + Send + 'static,
    {
        let mut bytes = Vec::new();
        K::Record::write_key(key.as_view(), &mut bytes);
        let record = Arc::new(item.into_record());
        let cache = self.cache.as_mut();
        if let Some(answer) = cache.and_then(|cache| cache.get(&bytes, turn.processing_time)) {
            let number = self.next();
            self.wait(Waiting { time, record, key: None, answer: None, handed_on: false });
            self.answer(number, Ok(answer));
            return;
        }
        let future = make(Asked::new(record.clone(), self.options.retry));
        self.enqueue(time, record, Some(bytes.into()), future);
    }

    fn enqueue<A>(&mut self, time: Timestamp, record: Arc<T>, key: Option<Box<[u8]>>, future: A)
    where
        A: Future<Output = Result<R, String>> + Send + 'static,
    {
        let number = self.next();
        let request = request(future, self.options.timeout);
        self.wait(Waiting { time, record, key, answer: None, handed_on: false });
        if self.running < self.options.capacity {
            self.send(number, request);
        } else {
            self.unsent.push_back((number, request));
        }
    }

    fn wait(&mut self, waiting: Waiting<T, R>) {
        self.queue.push_back(waiting);
        if self.queue.len() >= self.options.capacity {
            // The turn stops; what the record at hand still yields may overshoot.
            self.blocked.set(true);
            let over = (self.queue.len() - self.options.capacity) * Self::ENTRY;
            if over > self.max_bytes {
                too_much(self.max_bytes);
            }
        }
    }

    /// Bytes of one that waits, about: what lies out of line is not counted.
    const ENTRY: usize = size_of::<Waiting<T, R>>() + size_of::<T>() + size_of::<R>();

    fn send(&mut self, number: u64, request: Request<R>) {
        self.running += 1;
        let reply = Reply { number, to: self.to.clone(), arrivals: self.arrivals.clone() };
        self.tasks.spawn_on(async move { reply.send(request.await) }, &self.runtime);
    }

    /// Takes the answers that have come.
    fn collect(&mut self, now: Timestamp) -> Result<(), Failure> {
        if self.arrivals.count.load(Ordering::Acquire) == 0 {
            return Ok(());
        }
        while let Ok((number, outcome)) = self.from.try_recv() {
            self.arrivals.count.fetch_sub(1, Ordering::AcqRel);
            self.running -= 1;
            if let Some((number, request)) = self.unsent.pop_front() {
                self.send(number, request);
            }
            let answer = match outcome {
                Outcome::Answer(answer) => Ok(Arc::new(answer)),
                Outcome::Error(error) => Err(error),
                Outcome::Lost(failure) => return Err(failure),
            };
            let key = self.queue[(number - self.first) as usize].key.take();
            if let (Some(cache), Some(key), Ok(answer)) = (&mut self.cache, key, &answer) {
                cache.put(key, answer.clone(), now);
            }
            self.answer(number, answer);
        }
        while self.tasks.try_join_next().is_some() {}
        Ok(())
    }

    /// The next record whose answer may be handed on; none if there is none now, or the turn must yield.
    ///
    /// # Errors
    /// If a future panicked.
    pub fn answered(&mut self, turn: &mut Turn<'_>) -> Result<Option<Answered<T, R>>, Failure> {
        self.collect(turn.processing_time)?;
        let Some(number) = self.next_answered() else { return Ok(None) };
        if turn.must_yield() {
            return Ok(None);
        }
        self.ready.pop_front();
        let waiting = &mut self.queue[(number - self.first) as usize];
        waiting.handed_on = true;
        let (time, record) = (waiting.time, waiting.record.clone());
        let Some(answer) = waiting.answer.take() else { return Ok(None) };
        while self.queue.front().is_some_and(|front| front.handed_on) {
            self.queue.pop_front();
            self.first += 1;
        }
        Ok(Some(Answered { time, record, answer }))
    }
}

impl<T, R> Awaited for AsyncMap<T, R> {
    fn wants_turn(&self) -> bool {
        self.arrivals.count.load(Ordering::Acquire) > 0 || self.next_answered().is_some()
    }

    fn is_asking(&self) -> bool {
        self.running > 0
    }

    fn is_full(&self) -> bool {
        self.queue.len() >= self.options.capacity
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn mark(&mut self) {
        self.marks.push_back(self.next());
    }

    fn has_mark_at_end(&self) -> bool {
        self.marks.back() == Some(&self.next())
    }

    fn is_settled(&self) -> bool {
        self.first >= self.limit()
    }

    fn release(&mut self) {
        self.marks.pop_front();
        let limit = self.limit();
        let later = std::mem::take(&mut self.ready_later);
        let (now, later) = later.into_iter().partition(|&number| number < limit);
        self.ready.extend::<VecDeque<u64>>(now);
        self.ready_later = later;
    }
}

impl<T: Record, R: Record> State for AsyncMap<T, R> {
    fn entries(&self) -> usize {
        self.queue.len()
    }

    fn bytes(&self) -> usize {
        self.queue.len() * (size_of::<Waiting<T, R>>() + size_of::<T>() + size_of::<R>())
    }

    /// A barrier waits until all that was asked is answered.
    fn meaning(&self) -> String {
        "async_map".to_owned()
    }
    fn save(&mut self, _: &mut SnapshotWriter) {
        assert!(self.queue.is_empty(), "what was asked before a barrier is answered before it");
    }

    fn load(&mut self, _: &Loader<'_>) -> Result<(), LoadError> {
        Ok(())
    }
}
