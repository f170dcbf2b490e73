//! How requests are made.

use std::time::Duration;

use crate::task::Failure;
use crate::time::Span;

/// Attempts at a request whose answer is an error: see [`fixed_delay`] and [`exponential_backoff`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retry {
    attempts: u32,
    delay: Duration,
    longest: Duration,
    factor: u32,
}

/// At most `attempts` attempts, the first among them, with `delay` between one's end and the next one's start.
///
/// Flink: `FixedDelayRetryStrategy`, which counts the retries only.
pub fn fixed_delay(attempts: u32, delay: Span) -> Retry {
    let delay = duration(delay);
    Retry { attempts, delay, longest: delay, factor: 1 }
}

/// At most `attempts` attempts, the first among them; the delay before the second is `first`, and doubles from then on
/// up to `longest`.
///
/// Flink: `ExponentialBackoffDelayRetryStrategy`, which counts the retries only.
pub fn exponential_backoff(attempts: u32, first: Span, longest: Span) -> Retry {
    Retry { attempts, delay: duration(first), longest: duration(longest), factor: 2 }
}

fn duration(span: Span) -> Duration {
    Duration::from_millis(span.0.max(0) as u64)
}

impl Retry {
    /// How long to wait behind attempt number `attempt`, counted from 1; `None` if it was the last.
    pub(super) fn delay(&self, attempt: u32) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let grown = self.factor.checked_pow(attempt - 1).and_then(|by| self.delay.checked_mul(by));
        Some(grown.unwrap_or(self.longest).min(self.longest))
    }
}

/// The words behind `async_map`: `.unordered().capacity(100).timeout(secs(5)).retry(..).cache(..)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AsyncOptions {
    pub(super) ordered: bool,
    pub(super) capacity: usize,
    pub(super) timeout: Option<Duration>,
    pub(super) retry: Option<Retry>,
    /// Entries, and milliseconds that one is good for.
    pub(super) cache: Option<(usize, i64)>,
    mistake: Option<InvalidAsync>,
}

/// What is wrong with an `async_map`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidAsync {
    /// No request could ever be made.
    #[error("`capacity` must be between 1 and {MAX}, not {0}\nhelp: give the number of requests that may be under way in one task", MAX = AsyncOptions::CAPACITY_MAX)]
    Capacity(usize),
    /// Every request would fail.
    #[error("`timeout` must be positive, not {0:?}\nhelp: give a duration such as `secs(5)`")]
    Timeout(Span),
    /// No attempt would ever be made.
    #[error(
        "`retry` needs at least one attempt\nhelp: the first one counts: `fixed_delay(3, millis(100))` retries twice"
    )]
    Attempts,
    /// Nothing would ever be kept.
    #[error(
        "`cache` needs room for at least one answer and a positive time\nhelp: write `.cache(10_000, mins(5), |x| x.key)`"
    )]
    Cache,
}

impl From<InvalidAsync> for Failure {
    fn from(mistake: InvalidAsync) -> Failure {
        Failure::new(mistake)
    }
}

impl Default for AsyncOptions {
    fn default() -> AsyncOptions {
        AsyncOptions {
            ordered: true,
            capacity: AsyncOptions::CAPACITY,
            timeout: None,
            retry: None,
            cache: None,
            mistake: None,
        }
    }
}

impl AsyncOptions {
    /// Flink's default.
    const CAPACITY: usize = 100;
    /// More than any server wants to see of one task.
    const CAPACITY_MAX: usize = 1 << 20;

    /// Answers go on in the order of the records.
    #[must_use]
    pub fn ordered(mut self) -> AsyncOptions {
        self.ordered = true;
        self
    }

    /// Answers go on as they come.
    #[must_use]
    pub fn unordered(mut self) -> AsyncOptions {
        self.ordered = false;
        self
    }

    /// Records that may wait for their answers in one task.
    #[must_use]
    pub fn capacity(mut self, capacity: usize) -> AsyncOptions {
        if !(1..=Self::CAPACITY_MAX).contains(&capacity) {
            self.mistake.get_or_insert(InvalidAsync::Capacity(capacity));
        }
        self.capacity = capacity;
        self
    }

    /// How long a request may take, with all its attempts.
    #[must_use]
    pub fn timeout(mut self, timeout: Span) -> AsyncOptions {
        if timeout <= Span::ZERO {
            self.mistake.get_or_insert(InvalidAsync::Timeout(timeout));
        }
        self.timeout = Some(duration(timeout));
        self
    }

    /// What is done about an answer that is an error.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> AsyncOptions {
        if retry.attempts == 0 {
            self.mistake.get_or_insert(InvalidAsync::Attempts);
        }
        self.retry = Some(retry);
        self
    }

    /// Keeps so many answers, each for so long.
    #[must_use]
    pub fn cache(mut self, entries: usize, ttl: Span) -> AsyncOptions {
        if entries == 0 || ttl <= Span::ZERO {
            self.mistake.get_or_insert(InvalidAsync::Cache);
        }
        self.cache = Some((entries, ttl.0));
        self
    }

    /// The options, unless they make no sense.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn checked(self) -> Result<AsyncOptions, InvalidAsync> {
        match self.mistake {
            Some(mistake) => Err(mistake),
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{millis, secs};

    #[test]
    fn delays_double_up_to_the_longest() {
        let retry = exponential_backoff(6, millis(100), millis(500));
        let delays: Vec<_> = (1..=6).map(|attempt| retry.delay(attempt)).collect();
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(delays, [ms(100), ms(200), ms(400), ms(500), ms(500), None]);
        assert_eq!(fixed_delay(2, secs(1)).delay(1), ms(1_000));
        assert_eq!(fixed_delay(1, secs(1)).delay(1), None);
        let endless = exponential_backoff(u32::MAX, millis(1), secs(9));
        assert_eq!(endless.delay(u32::MAX - 1), ms(9_000), "no overflow");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let options = AsyncOptions::default;
        assert_eq!(options().capacity(0).checked(), Err(InvalidAsync::Capacity(0)));
        assert_eq!(options().timeout(Span(0)).checked(), Err(InvalidAsync::Timeout(Span(0))));
        assert_eq!(options().retry(fixed_delay(0, secs(1))).checked(), Err(InvalidAsync::Attempts));
        assert_eq!(options().cache(0, secs(1)).checked(), Err(InvalidAsync::Cache));
        assert!(options().unordered().capacity(1).timeout(secs(1)).checked().is_ok());
    }
}
