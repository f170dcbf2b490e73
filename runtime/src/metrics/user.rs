//! Metrics that users declare in a pipeline: `let seen = counter("seen");`, captured by closures.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

thread_local! {
    /// Where metrics made on this thread are registered: that of the plan being built.
    static CURRENT: RefCell<Option<Registry>> = const { RefCell::new(None) };
    /// Which shard this thread writes to.
    static SHARD: Cell<usize> = const { Cell::new(0) };
}

/// Threads that write to one metric meet on a cache line only if their numbers agree modulo this.
const SHARDS: usize = 16;

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(AtomicU64);

/// Makes the calling thread write to the shards of slot `slot`.
pub(crate) fn use_shard(slot: usize) {
    SHARD.set(slot % SHARDS);
}

/// The metrics of one job.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    metrics: Arc<Mutex<BTreeMap<String, Metric>>>,
}

#[derive(Clone, Debug)]
enum Metric {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

/// A metric's name and value.
#[derive(Clone, PartialEq, Debug)]
pub struct UserMetric {
    /// As the user named it.
    pub name: String,
    /// What it says now.
    pub value: UserValue,
}

/// What a metric says.
#[derive(Clone, PartialEq, Debug)]
pub enum UserValue {
    /// A count.
    Counter(u64),
    /// A level.
    Gauge(f64),
    /// How many values lay at or below each bound, all of them, and their sum.
    Histogram {
        /// Upper bound and how many values were at or below it, rising.
        buckets: Vec<(u64, u64)>,
        /// How many values there were.
        count: u64,
        /// Their sum.
        sum: u64,
    },
}

impl Registry {
    /// Runs `build` so that metrics made by it are registered here.
    pub fn collecting<R>(&self, build: impl FnOnce() -> R) -> R {
        struct Restore(Option<Registry>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        let _restore = Restore(CURRENT.replace(Some(self.clone())));
        build()
    }

    /// What all metrics say now, by name.
    pub fn snapshot(&self) -> Vec<UserMetric> {
        let metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        let value = |metric: &Metric| match metric {
            Metric::Counter(counter) => UserValue::Counter(counter.get()),
            Metric::Gauge(gauge) => UserValue::Gauge(gauge.get()),
            Metric::Histogram(histogram) => histogram.get(),
        };
        metrics
            .iter()
            .map(|(name, metric)| UserMetric { name: name.clone(), value: value(metric) })
            .collect()
    }

    /// The metric of that name: the one there is, if it is of the same kind.
    fn register<M: Clone + Default>(
        name: &str,
        wrap: fn(M) -> Metric,
        unwrap: fn(&Metric) -> Option<M>,
    ) -> M {
        let Some(registry) = CURRENT.with_borrow(Clone::clone) else { return M::default() };
        let mut metrics = registry.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        let metric = metrics.entry(name.to_owned()).or_insert_with(|| wrap(M::default()));
        unwrap(metric).unwrap_or_default()
    }
}

/// Counts. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<[Shard; SHARDS]>);

/// A counter of this name; the same one if the pipeline names it twice.
pub fn counter(name: &str) -> Counter {
    Registry::register(name, Metric::Counter, |metric| match metric {
        Metric::Counter(counter) => Some(counter.clone()),
        _ => None,
    })
}

impl Counter {
    /// Counts one.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Counts `n`.
    #[inline]
    pub fn add(&self, n: u64) {
        self.0[SHARD.get()].0.fetch_add(n, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn get(&self) -> u64 {
        self.0.iter().map(|shard| shard.0.load(Ordering::Relaxed)).sum()
    }
}

/// A level, the same for all tasks: the last one set.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicU64>);

/// A gauge of this name; the same one if the pipeline names it twice.
pub fn gauge(name: &str) -> Gauge {
    Registry::register(name, Metric::Gauge, |metric| match metric {
        Metric::Gauge(gauge) => Some(gauge.clone()),
        _ => None,
    })
}

impl Gauge {
    /// Sets the level.
    #[inline]
    pub fn set(&self, level: f64) {
        self.0.store(level.to_bits(), Ordering::Relaxed);
    }

    /// The level.
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// How values are distributed, by powers of two.
#[derive(Clone, Debug, Default)]
pub struct Histogram(Arc<HistogramShards>);

#[derive(Debug)]
struct HistogramShards {
    /// Bucket `b` holds values of `b` significant bits.
    buckets: [AtomicU64; 65],
    sum: Counter,
}

impl Default for HistogramShards {
    fn default() -> HistogramShards {
        HistogramShards {
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
            sum: Counter::default(),
        }
    }
}

/// A histogram of this name; the same one if the pipeline names it twice.
pub fn histogram(name: &str) -> Histogram {
    Registry::register(name, Metric::Histogram, |metric| match metric {
        Metric::Histogram(histogram) => Some(histogram.clone()),
        _ => None,
    })
}

impl Histogram {
    /// Records a value.
    #[inline]
    pub fn record(&self, value: u64) {
        let bits = (u64::BITS - value.leading_zeros()) as usize;
        self.0.buckets[bits].fetch_add(1, Ordering::Relaxed);
        self.0.sum.add(value);
    }

    fn get(&self) -> UserValue {
        let mut count = 0;
        let mut buckets = Vec::new();
        for (bits, bucket) in self.0.buckets.iter().enumerate() {
            let here = bucket.load(Ordering::Relaxed);
            if here > 0 {
                count += here;
                let bound = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
                buckets.push((bound, count));
            }
        }
        UserValue::Histogram { buckets, count, sum: self.0.sum.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_registered_where_the_plan_is_built() {
        let (first, second) = (Registry::default(), Registry::default());
        let seen = first.collecting(|| {
            second.collecting(|| gauge("level").set(2.5));
            histogram("size").record(5);
            counter("seen")
        });
        let unregistered = counter("seen");
        unregistered.inc();
        std::thread::scope(|scope| {
            for slot in 0..3 {
                let seen = seen.clone();
                scope.spawn(move || {
                    use_shard(slot);
                    (0..1000).for_each(|_| seen.inc());
                });
            }
        });
        let histogram = UserValue::Histogram { buckets: vec![(7, 1)], count: 1, sum: 5 };
        let expected = [("seen", UserValue::Counter(3000)), ("size", histogram)];
        let expected = expected.map(|(name, value)| UserMetric { name: name.to_owned(), value });
        assert_eq!(first.snapshot(), expected);
        assert_eq!(second.snapshot().len(), 1);
    }
}
