//! The job that `tests/job_binary.rs` starts. Its plan is written by hand: what is tested is the binary around it.

use std::process::ExitCode;
use std::thread;

use thalweg::__private::{ChainSpec, Definition, OperatorSpec, Parameter, Plan, TaskContext, Turn};
use thalweg::connector::{generate, print};
use thalweg::job::Secret;

fn multiply() -> Definition {
    let doc =
        "Multiplies numbers.\n\nCounts from zero and writes what comes out to standard output.";
    Definition {
        name: "Multiplication",
        function: "multiply",
        doc,
        parameters: vec![
            Parameter::of::<u64, _>("count", "How many numbers.", "u64", None),
            Parameter::of::<u64, _>("factor", "What each is multiplied by.", "u64", Some("2")),
            Parameter::of::<Option<u64>, _>(
                "fail_at",
                "The number that fails.",
                "Option<u64>",
                None,
            ),
            Parameter::of::<Option<u64>, _>(
                "hang_at",
                "The number that hangs.",
                "Option<u64>",
                None,
            ),
            Parameter::of::<Option<Secret<String>>, _>(
                "password",
                "Nothing uses it.",
                "Option<Secret<String>>",
                None,
            ),
        ],
        build: |plan, arguments| {
            let (count, factor) = (arguments.take("count")?, arguments.take("factor")?);
            let (fail_at, hang_at) = (arguments.take("fail_at")?, arguments.take("hang_at")?);
            build(plan, count, move |i| visit(i, factor, fail_at, hang_at));
            Ok(())
        },
    }
}

fn build(plan: &mut Plan, count: u64, f: impl Fn(u64) -> u64 + Clone + Send + Sync + 'static) {
    let operator = |kind, text, line| OperatorSpec {
        kind,
        id: "".into(),
        text,
        file: file!(),
        lines: (line, line),
    };
    let operators = vec![
        operator("source", "source(generate(count, |i| i))", 1),
        operator("map", "map(|i| visit(i, factor, fail_at, hang_at))", 2),
        operator("sink", "sink(print())", 3),
    ];
    let source = plan.share(generate(count, |i| i));
    let sink = plan.share(print());
    plan.chain(ChainSpec::new(operators, vec![], vec![]), move |cx: &mut TaskContext| {
        let source = cx.source(&source)?;
        let sink = cx.sink::<u64, _>(&sink)?;
        let f = f.clone();
        Ok(move |turn: &mut Turn<'_>| {
            let (source, sink) = (&mut *source.borrow_mut(), &mut *sink.borrow_mut());
            for i in source.read(turn)? {
                sink.write(thalweg::time::Timestamp::MIN, f(i))?;
            }
            Ok(())
        })
    });
}

fn visit(i: u64, factor: u64, fail_at: Option<u64>, hang_at: Option<u64>) -> u64 {
    assert!(fail_at != Some(i), "{i} is not wanted");
    while hang_at == Some(i) {
        thread::park();
    }
    i.wrapping_mul(factor)
}

fn main() -> ExitCode {
    thalweg::main(multiply)
}
