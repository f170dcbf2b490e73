//! Which downstream task a record goes to.

/// How an exchange distributes records over the downstream tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Partition {
    /// Task `i` to task `i`; needs equal parallelism.
    Forward,
    /// By key group.
    Key,
    /// In turn, a batch at a time.
    Rebalance,
    /// Every record to every task.
    Broadcast,
    /// Every record to task 0.
    Global,
    /// To the task that a closure names.
    Named,
}

/// The key group of a hash: `(hash · groups) >> 64`, so that hash order is key-group order.
#[inline(always)]
pub fn key_group(hash: u64, groups: u32) -> u32 {
    ((u128::from(hash) * u128::from(groups)) >> 64) as u32
}

/// The assignment of key groups to tasks: contiguous ranges, `owner(g) = ⌊g · P / G⌋`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyGroups {
    groups: u32,
    parallelism: u32,
}

impl KeyGroups {
    /// The greatest number of key groups, and with it the greatest parallelism.
    pub const MAX: u32 = 32_768;

    /// `groups` key groups over `parallelism` tasks.
    ///
    /// # Panics
    /// If `parallelism` is zero or greater than `groups`, or `groups` is greater than [`MAX`](KeyGroups::MAX).
    pub fn new(groups: u32, parallelism: u32) -> KeyGroups {
        assert!(
            (1..=groups).contains(&parallelism) && groups <= Self::MAX,
            "parallelism {parallelism} for {groups} key groups"
        );
        KeyGroups { groups, parallelism }
    }

    /// The task that owns a key group.
    #[inline(always)]
    pub fn owner(self, group: u32) -> u32 {
        (u64::from(group) * u64::from(self.parallelism) / u64::from(self.groups)) as u32
    }

    /// The key groups that a task owns.
    pub fn range(self, task: u32) -> std::ops::Range<u32> {
        let first = |task: u32| {
            (u64::from(task) * u64::from(self.groups)).div_ceil(u64::from(self.parallelism)) as u32
        };
        first(task)..first(task + 1)
    }

    /// How many key groups there are.
    pub fn groups(self) -> u32 {
        self.groups
    }

    /// The owner of each key group. A key group's number fits 16 bits, so its owner does.
    pub(crate) fn owners(self) -> Box<[u16]> {
        (0..self.groups).map(|group| self.owner(group) as u16).collect()
    }

    /// The task that owns a key, by its hash.
    #[inline(always)]
    pub fn task_of(self, hash: u64) -> u32 {
        if self.parallelism == 1 { 0 } else { self.owner(key_group(hash, self.groups)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_and_range_agree() {
        for groups in 1..=256 {
            for parallelism in 1..=groups {
                let assignment = KeyGroups::new(groups, parallelism);
                let mut next = 0;
                for task in 0..parallelism {
                    let range = assignment.range(task);
                    assert_eq!(range.start, next);
                    next = range.end;
                    for group in range {
                        assert_eq!(assignment.owner(group), task);
                    }
                }
                assert_eq!(next, groups);
            }
        }
    }
}
