//! The tumbling windows that are open: few, since the watermark closes them soon.

use std::collections::VecDeque;

use crate::nexmark::EventTime;

/// Open windows of one length, oldest first.
pub(super) struct Open<T> {
    size: EventTime,
    /// Starts and contents, in order of start; there may be gaps.
    windows: VecDeque<(EventTime, T)>,
    /// Index of the window used last: most often the one used next.
    recent: usize,
}

impl<T: Default> Open<T> {
    pub(super) const fn new(size: EventTime) -> Self {
        Self { size, windows: VecDeque::new(), recent: 0 }
    }

    /// The window that `date_time` belongs to, opened if need be.
    #[inline(always)]
    pub(super) fn at(&mut self, date_time: EventTime) -> &mut T {
        let is_recent = self
            .windows
            .get(self.recent)
            .is_some_and(|(start, _)| (date_time.wrapping_sub(*start) as u64) < self.size as u64);
        if !is_recent {
            self.recent = self.find_or_open(date_time);
        }
        &mut self.windows[self.recent].1
    }

    fn find_or_open(&mut self, date_time: EventTime) -> usize {
        let start = date_time - date_time.rem_euclid(self.size);
        let index = self.windows.partition_point(|(other, _)| *other < start);
        if self.windows.get(index).is_none_or(|(other, _)| *other != start) {
            self.windows.insert(index, (start, T::default()));
        }
        index
    }

    /// Removes the oldest window if `watermark` closes it.
    pub(super) fn close_before(&mut self, watermark: EventTime) -> Option<T> {
        let (start, _) = self.windows.front()?;
        if watermark < start + self.size - 1 {
            return None;
        }
        self.recent = 0;
        self.windows.pop_front().map(|(_, content)| content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_close_in_order_when_the_watermark_reaches_their_last_millisecond() {
        let mut open = Open::<Vec<EventTime>>::new(10);
        for time in [25, 11, -1, 29, 10] {
            open.at(time).push(time);
        }
        assert_eq!(open.close_before(-2), None);
        assert_eq!(open.close_before(18), Some(vec![-1]));
        assert_eq!(open.close_before(18), None);
        assert_eq!(open.close_before(19), Some(vec![11, 10]));
        assert_eq!(open.close_before(EventTime::MAX), Some(vec![25, 29]));
        assert_eq!(open.close_before(EventTime::MAX), None);
    }
}
