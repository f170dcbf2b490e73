//! Which record made a task fail.

use super::{Brings, Runner};
use crate::task::Failure;
use crate::time::Timestamp;

impl Runner {
    /// Adds the record that was being processed.
    #[cold]
    pub(super) fn located(&self, failure: Failure, brings: Brings) -> Failure {
        match brings {
            Brings::Nothing => failure,
            Brings::Source => {
                let source = self.handles.source.as_ref();
                // A panic in the source itself may have left it borrowed.
                let position = source.and_then(|source| source.try_borrow().ok()?.locate());
                match position {
                    Some(position) => failure.at(|| position),
                    None => failure,
                }
            }
            Brings::Batch => self.located_in_batch(failure),
        }
    }

    #[cold]
    fn located_in_batch(&self, failure: Failure) -> Failure {
        let record = self.inbox.current.as_ref().and_then(|current| {
            let index = self.stage.cursor.left_at()?;
            Some((index, current.channel, current.batch.time(index)?))
        });
        let Some((index, channel, time)) = record else { return failure };
        let time = (time != Timestamp::MIN).then(|| format!("at event time {}", time.0));
        let place = format!("record {index} of a batch from channel {channel}");
        let position = time.iter().fold(place, |place, time| format!("{place} {time}"));
        failure.at_passing(position, time)
    }
}
