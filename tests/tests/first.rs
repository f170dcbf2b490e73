//! The thinnest real path: a pipeline through macro, compiler and engine.
use std::sync::{LazyLock, Mutex};

use std::collections::BTreeMap;
use thalweg::connector::{callback, collection};
use thalweg::job::{Arguments, Given, Origin};
use thalweg::plan::Plan;
use thalweg::prelude::*;
use thalweg::task::{Control, Options, run};
use thalweg::time::bounded;

static LINES: LazyLock<Mutex<Vec<String>>> = LazyLock::new(Mutex::default);

#[thalweg::pipeline]
fn upper(least: usize) {
    source(collection(["a".to_owned(), "bcd".to_owned(), "efgh".to_owned()]))
        .filter(|line| line.len() > least)
        .map(|line| line.to_uppercase())
        .rebalance()
        .map(move |line| format!("{line}{least}"))
        .sink(callback::<String, (), _, _>(
            |_| (),
            |_, _, line| LINES.lock().unwrap().push(line.to_owned()),
        ));
}

#[test]
fn lines_pass() {
    let definition = upper();
    let given = BTreeMap::from([("least".to_owned(), Given::one("1", Origin::Default))]);
    let mut arguments = Arguments::collect(&definition.flat_parameters(), &[given]).unwrap();
    let mut plan = Plan::default();
    (definition.build)(&mut plan, &mut arguments).unwrap();
    run(plan, &Options { parallelism: 2, ..Options::default() }, &Control::default()).unwrap();
    let mut lines = LINES.lock().unwrap().clone();
    lines.sort();
    assert_eq!(lines, ["BCD1", "EFGH1"]);
}
