//! A model of everything around the coordinator, whose parts act in any order.

use proptest::prelude::*;

use super::*;

/// What is around: it knows what was prepared, what is the truth, and what is visible.
struct World {
    machine: Machine,
    now: Duration,
    choices: VecDeque<u8>,
    tasks: Vec<ModelTask>,
    /// Manifests that are to be written.
    writing: Option<CheckpointId>,
    /// What the pointer was asked for, what it says once it knows, and whether it has to be asked again.
    asked: Option<(Option<CheckpointId>, bool, bool)>,
    truth: Vec<CheckpointId>,
    given_up: BTreeSet<CheckpointId>,
    prepared: BTreeSet<(CheckpointId, TaskId)>,
    visible: Vec<(CheckpointId, TaskId)>,
    requests: BTreeSet<u64>,
    last_request: u64,
    over: Option<&'static str>,
}

#[derive(Default)]
struct ModelTask {
    /// Barriers that are on their way to it.
    barriers: VecDeque<CheckpointId>,
    /// Answers that are on their way from it.
    answers: VecDeque<Event<String, String>>,
    /// Commits it was told to do and has not confirmed.
    told: Option<CheckpointId>,
}

impl World {
    fn new(tasks: u32, choices: Vec<u8>) -> World {
        let options = Options { tolerable: u32::MAX, ..options() };
        World {
            machine: running(tasks, options),
            now: Duration::ZERO,
            choices: choices.into(),
            tasks: (0..tasks).map(|_| ModelTask::default()).collect(),
            writing: None,
            asked: None,
            truth: Vec::new(),
            given_up: BTreeSet::new(),
            prepared: BTreeSet::new(),
            visible: Vec::new(),
            requests: BTreeSet::new(),
            last_request: 0,
            over: None,
        }
    }

    fn choose(&mut self, of: u8) -> u8 {
        self.choices.pop_front().unwrap_or(0) % of
    }

    fn step(&mut self, event: Event<String, String>) {
        let before = self.machine.completed;
        for action in self.machine.step(self.now, event) {
            self.act(action);
        }
        assert!(before <= self.machine.completed, "C1");
        assert!(self.machine.deadline().is_none_or(|deadline| deadline > self.now));
        let main_line: Vec<_> = self.truth.iter().rev().take(2).rev().copied().collect();
        let retained: Vec<_> = self.machine.retained().iter().map(|it| it.id).collect();
        if self.over.is_none() && self.asked.is_none() {
            assert_eq!(retained, main_line);
        }
    }

    fn act(&mut self, action: Action<String, String>) {
        match action {
            Action::Trigger { id, .. } => {
                assert!(self.writing.is_none() && self.asked.is_none(), "two in flight");
                self.tasks.iter_mut().for_each(|task| task.barriers.push_back(id));
            }
            Action::Abort { id, .. } => {
                assert!(!self.truth.contains(&id), "{id} is the truth and was given up");
                self.given_up.insert(id);
                // One that has not begun its part may never see the barrier.
                for index in 0..self.tasks.len() {
                    if self.choose(2) == 0 {
                        self.tasks[index].barriers.retain(|barrier| *barrier != id);
                    }
                }
            }
            Action::Discard { id, snapshots, manifest } => {
                assert!(!self.truth.contains(&id), "C3: {id}, {snapshots:?}");
                assert!(manifest.is_none_or(|path| manifest_of(&path) == id));
            }
            Action::Write { id, snapshots, prepared, .. } => {
                assert_eq!(snapshots.len(), self.tasks.len());
                // What is visible and was not confirmed is in it, too.
                let mut due = self.prepared.range(..=(id, TaskId(u32::MAX)));
                let all: Vec<_> = prepared.iter().map(|it| (it.checkpoint, it.task)).collect();
                assert!(due.all(|it| all.contains(it)), "what is not visible is missing");
                let known = |it| self.prepared.contains(it) || self.visible.contains(it);
                assert!(all.iter().all(known) && all.is_sorted());
                self.writing = Some(id);
            }
            Action::Publish(publication) => {
                assert!(self.asked.is_none(), "the pointer was asked twice");
                let last = publication.checkpoints.last().map(|last| last.id);
                let new = last.filter(|last| !self.truth.contains(last));
                let works = self.choose(8) > 0;
                if works {
                    self.truth.extend(new);
                }
                self.asked = Some((new, works, false));
            }
            Action::Settle => {
                let asked = self.asked.as_mut().expect("there is nothing to settle");
                assert!(asked.2, "it was not unknown");
                asked.2 = false;
            }
            Action::Subsume(gone) => {
                assert!(gone.iter().all(|it| self.truth.contains(&it.id)));
            }
            Action::Complete { id, tasks, prepared, .. } => {
                assert!(self.truth.contains(&id), "C2: {id} is not the truth");
                assert!(prepared.iter().all(|it| it.checkpoint <= id && tasks.contains(&it.task)));
                for task in tasks {
                    self.tasks[task.0 as usize].told = Some(id);
                }
            }
            Action::Answer { request, .. } => assert!(self.requests.remove(&request.0)),
            Action::Drain => {}
            Action::Ended { .. } => self.over = Some("ended"),
            Action::Fail(_) => self.over = Some("failed"),
            Action::StandDown => self.over = Some("deposed"),
        }
    }

    /// A task begins its part of a checkpoint, or skips what was given up.
    fn begin(&mut self, index: usize) {
        let Some(id) = self.tasks[index].barriers.pop_front() else { return };
        let task = TaskId(u32::try_from(index).unwrap());
        let writes = self.choose(2) == 0;
        let prepared = if writes { vec!["p".to_owned()] } else { Vec::new() };
        if writes {
            self.prepared.insert((id, task));
        }
        let fence = FENCE;
        let why = Decline::Snapshot("full".to_owned());
        let answer = match self.choose(8) {
            1 => Event::Declined { id, task, fence, why, prepared },
            _ => Event::Acked { id, task, fence, snapshot: format!("{id}-{index}"), prepared },
        };
        self.tasks[index].answers.push_back(answer);
    }

    /// A task commits what it was told to, and confirms.
    fn commit(&mut self, index: usize) {
        let Some(id) = self.tasks[index].told.take() else { return };
        let task = TaskId(u32::try_from(index).unwrap());
        let due: Vec<_> =
            self.prepared.iter().filter(|(at, by)| *at <= id && *by == task).copied().collect();
        for it in due {
            self.prepared.remove(&it);
            self.visible.push(it);
        }
        if self.choose(8) == 1 {
            return; // The confirmation is lost: it is told again.
        }
        self.step(Event::Confirmed { id, task, fence: FENCE });
    }

    fn move_on(&mut self, what: u8) {
        let index = usize::from(self.choose(16)) % self.tasks.len();
        match what {
            0 => {
                let deadline = self.machine.deadline().unwrap_or(self.now);
                self.now = deadline.max(self.now);
                self.step(Event::Tick);
            }
            1..=2 => self.begin(index),
            3..=4 => {
                if let Some(answer) = self.tasks[index].answers.pop_front() {
                    self.step(answer);
                }
            }
            5 => {
                if let Some(id) = self.writing.take() {
                    let works = self.choose(8) > 0;
                    let result = if works { Ok(retained(id)) } else { Err("full".to_owned()) };
                    self.step(Event::Written { id, result });
                }
            }
            6 => self.pointer_answers(),
            7 => self.commit(index),
            8 => {
                let tenths = u64::from(self.choose(255));
                self.now += Duration::from_millis(tenths * 100);
                self.step(Event::Tick);
            }
            _ => self.rare(index),
        }
    }

    fn pointer_answers(&mut self) {
        let Some((new, works, false)) = self.asked else { return };
        if self.choose(4) == 1 {
            self.asked = Some((new, works, true));
            self.step(Event::Published(Outcome::Unknown));
        } else {
            self.asked = None;
            let failed = || Outcome::Failed("full".to_owned());
            self.step(Event::Published(if works { Outcome::Won } else { failed() }));
        }
    }

    fn rare(&mut self, index: usize) {
        let (task, fence) = (TaskId(u32::try_from(index).unwrap()), FENCE);
        match self.choose(16) {
            0 if self.asked.is_none_or(|(_, _, unknown)| !unknown) && self.asked.is_some() => {
                self.truth.retain(|id| self.asked.is_none_or(|(new, ..)| new != Some(*id)));
                self.step(Event::Published(Outcome::Lost));
            }
            1 => {
                self.over = Some("failed");
                self.step(Event::Lost { task, fence });
            }
            2..=4 => {
                self.last_request += 1;
                self.requests.insert(self.last_request);
                let kinds = [Kind::Savepoint, Kind::Savepoint, Kind::Stop, Kind::Drain];
                let kind = kinds[usize::from(self.choose(4))];
                self.step(Event::Requested { request: RequestId(self.last_request), kind });
            }
            5..=7 => self.step(Event::AwaitsFinal { task, fence }),
            _ => {}
        }
    }

    /// Everybody does what is to be done, and nothing goes wrong any more.
    fn settle_down(&mut self) {
        self.choices.clear();
        self.choices.extend([2; 10_000]);
        for _ in 0..2_000 {
            if self.over.is_some() {
                return;
            }
            for index in 0..self.tasks.len() {
                let (task, fence) = (TaskId(u32::try_from(index).unwrap()), FENCE);
                self.step(Event::AwaitsFinal { task, fence });
                self.begin(index);
                while let Some(answer) = self.tasks[index].answers.pop_front() {
                    self.step(answer);
                }
                self.commit(index);
            }
            for what in [5, 6, 0] {
                self.move_on(what);
            }
        }
        panic!("the job does not end: {:?}", self.machine);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_in_any_order(tasks in 1u32..4, choices in prop::collection::vec(any::<u8>(), 600)) {
        let mut world = World::new(tasks, choices);
        while !world.choices.is_empty() && world.over.is_none() {
            let what = world.choose(10);
            world.move_on(what);
        }
        if world.over.is_none() {
            world.settle_down();
        }
        if world.over == Some("ended") {
            prop_assert!(world.prepared.is_empty(), "not visible: {:?}", world.prepared);
            prop_assert!(world.requests.is_empty(), "not answered: {:?}", world.requests);
        }
        let mut once = world.visible.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), world.visible.len());
        for task in 0..tasks {
            let of_task = world.visible.iter().filter(|(_, by)| by.0 == task);
            prop_assert!(of_task.map(|(id, _)| id).is_sorted(), "not in order: {:?}", world.visible);
        }
    }
}
