//! One request: attempts, their time limit, and the way back of the answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Retry;
use crate::record::{Record, View};
use crate::task::panics::guard;
use crate::task::{Failure, Signal};

/// The record that a future is about, which the future owns; and how often it may try.
#[derive(Debug)]
pub struct Asked<T> {
    record: Arc<T>,
    retry: Option<Retry>,
    attempts: u32,
}

impl<T: Record> Asked<T> {
    pub(super) fn new(record: Arc<T>, retry: Option<Retry>) -> Asked<T> {
        Asked { record, retry, attempts: 0 }
    }

    /// The record's view.
    pub fn view(&self) -> View<'_, T> {
        self.record.as_view()
    }

    /// The answer if it is the last; none if another attempt is to be made, for which it was time to wait.
    pub async fn settled<R>(&mut self, answer: Result<R, String>) -> Option<Result<R, String>> {
        self.attempts = self.attempts.saturating_add(1);
        let delay = self.retry.and_then(|retry| retry.delay(self.attempts));
        match (&answer, delay) {
            (Err(_), Some(delay)) => {
                tokio::time::sleep(delay).await;
                None
            }
            _ => Some(answer),
        }
    }
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Outcome<R> {
    Answer(R),
    /// The answer was an error, or did not come in time.
    Error(String),
    /// The future panicked.
    Lost(Failure),
}

/// A future that has not been started yet.
pub(super) type Request<R> = Pin<Box<dyn Future<Output = Outcome<R>> + Send>>;

/// The whole of a request. A panic in it is the outcome, not an answer that never comes.
pub(super) fn request<R, F>(future: F, timeout: Option<Duration>) -> Request<R>
where
    R: 'static + Send,
    F: Future<Output = Result<R, String>> + Send + 'static,
{
    let guarded = Guarded(Box::pin(future));
    Box::pin(async move {
        match timeout {
            None => guarded.await,
            Some(limit) => match tokio::time::timeout(limit, guarded).await {
                Ok(outcome) => outcome,
                Err(_) => Outcome::Error(format!("no answer within {limit:?}")),
            },
        }
    })
}

struct Guarded<F>(Pin<Box<F>>);

impl<R, F: Future<Output = Result<R, String>>> Future for Guarded<F> {
    type Output = Outcome<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome<R>> {
        match guard(|| Ok(self.0.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ok(answer))) => Poll::Ready(Outcome::Answer(answer)),
            Ok(Poll::Ready(Err(error))) => Poll::Ready(Outcome::Error(error)),
            Err(failure) => Poll::Ready(Outcome::Lost(failure)),
        }
    }
}

/// Answers that were sent and not taken yet, and the bell of who is to take them.
#[derive(Debug)]
pub(super) struct Arrivals {
    pub(super) count: AtomicUsize,
    pub(super) signal: Arc<Signal>,
}

/// The way back of one answer.
pub(super) struct Reply<R> {
    pub(super) number: u64,
    pub(super) to: SyncSender<(u64, Outcome<R>)>,
    pub(super) arrivals: Arc<Arrivals>,
}

impl<R> Reply<R> {
    /// There is room for as many answers as requests are under way, so this never waits. If nobody is there to take
    /// the answer, the task has ended.
    pub(super) fn send(self, outcome: Outcome<R>) {
        if self.to.try_send((self.number, outcome)).is_ok() {
            self.arrivals.count.fetch_add(1, Ordering::Release);
            self.arrivals.signal.wake();
        }
    }
}
