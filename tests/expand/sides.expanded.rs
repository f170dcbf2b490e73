//! Errors and late records go to sides.
use thalweg::prelude::*;
pub fn checked() -> ::thalweg::__private::Definition {
    fn build(plan: &mut ::thalweg::__private::Plan, path: String) -> ::thalweg::Result {
        let strategy0 = bounded(secs(1));
        let spec0 = ::thalweg::__private::checked_ending(
            tumbling(mins(1)).allowed_lateness(secs(2)),
        )?;
        let aggregate0 = (::thalweg::__private::max(),);
        let source0 = plan.source(files(&path).text(), "source");
        let sink0 = plan.sink(print(), "sink");
        let sink1 = plan.sink(print(), "late");
        let sink2 = plan.sink(print(), "bad");
        let exchange0 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `window(tumbling(mins(1))).max(|at| at)`, line 14",
                key: ::core::option::Option::Some("|at| at % 7"),
            });
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(files(&path).text())", ::core::file!(), 8u32, 8u32),
                        ::thalweg::__private::OperatorSpec::new("try_map",
                        "try_map(|line| line.parse::<i64>())", ::core::file!(), 9u32,
                        9u32), ::thalweg::__private::OperatorSpec::new("side",
                        "side bad", ::core::file!(), 6u32, 6u32),
                        ::thalweg::__private::OperatorSpec::new("event_time",
                        "event_time(|at| Timestamp::from_millis(at))", ::core::file!(),
                        11u32, 11u32), ::thalweg::__private::OperatorSpec::new("map",
                        "map(|failed| format!(\"{}: {}\", failed.record, failed.error))",
                        ::core::file!(), 20u32, 20u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 20u32, 20u32)
                    ],
                    ::std::vec![],
                    ::std::vec![exchange0.id()],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let source0 = cx.source(&source0)?;
                    let watermarks0 = cx
                        .watermarks(::core::clone::Clone::clone(&strategy0));
                    let exchange0 = cx.timed_output(exchange0, &watermarks0);
                    let side0 = cx.scratch();
                    let sink2 = cx.sink(&sink2)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let watermarks0 = &mut *watermarks0.borrow_mut();
                        let exchange0 = &mut *exchange0.borrow_mut();
                        let side0 = &mut *side0.borrow_mut();
                        let sink2 = &mut *sink2.borrow_mut();
                        let rows = source0.read(turn)?;
                        let clock0 = watermarks0.split(turn.split());
                        for line in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            match ::thalweg::__private::apply(
                                line,
                                |line| line.parse::<i64>(),
                            ) {
                                ::core::result::Result::Ok(answer) => {
                                    let item = answer;
                                    let at = ::thalweg::__private::view(&item);
                                    let time = clock0
                                        .observe(
                                            ::thalweg::__private::apply(
                                                at,
                                                |at| Timestamp::from_millis(at),
                                            ),
                                        );
                                    exchange0
                                        .push_keyed(
                                            time,
                                            ::thalweg::__private::apply(at, |at| at % 7),
                                            at,
                                        );
                                }
                                ::core::result::Result::Err(error) => {
                                    side0
                                        .push(
                                            time,
                                            ::thalweg::__private::FailedWith {
                                                record: line,
                                                error: ::thalweg::__private::to_text(&error),
                                                operator: "try_map(|line| line.parse::<i64>()) (line 9)",
                                            },
                                        );
                                }
                            }
                        }
                        for (time, failed) in side0.records() {
                            let item1 = ::thalweg::__private::apply(
                                failed,
                                |failed| format!("{}: {}", failed.record, failed.error),
                            );
                            let record = ::thalweg::__private::view(&item1);
                            sink2.write(time, record)?;
                        }
                        side0.clear();
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("key_by",
                        "key_by(|at| at % 7)", ::core::file!(), 13u32, 13u32),
                        ::thalweg::__private::OperatorSpec::new("window",
                        "window(tumbling(mins(1))).max(|at| at)", ::core::file!(), 14u32,
                        17u32).state("window/0")
                        .keeps("per key and window: max; a timer per window end"),
                        ::thalweg::__private::OperatorSpec::new("side", "side late",
                        ::core::file!(), 7u32, 7u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 18u32, 18u32),
                        ::thalweg::__private::OperatorSpec::new("map",
                        "map(|at| format!(\"late: {at}\"))", ::core::file!(), 19u32,
                        19u32), ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(print())", ::core::file!(), 19u32, 19u32)
                    ],
                    ::std::vec![exchange0.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
                    let exchange0 = cx.input(exchange0);
                    let window0 = cx
                        .state(
                            "window/0",
                            ::thalweg::__private::AggregateWindows::new(
                                ::core::clone::Clone::clone(&spec0),
                                ::core::clone::Clone::clone(&aggregate0),
                            ),
                        );
                    let side1 = cx.scratch();
                    let sink0 = cx.sink(&sink0)?;
                    let sink1 = cx.sink(&sink1)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let window0 = &mut *window0.borrow_mut();
                        let side1 = &mut *side1.borrow_mut();
                        let sink0 = &mut *sink0.borrow_mut();
                        let sink1 = &mut *sink1.borrow_mut();
                        for chunk in exchange0.chunks(turn) {
                            window0.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                if !window0
                                    .add(
                                        turn,
                                        time,
                                        hash,
                                        key,
                                        (::thalweg::__private::apply(record, |at| at),),
                                    )?
                                {
                                    side1.push(time, record);
                                }
                            }
                        }
                        while let ::core::option::Option::Some(firing) = window0
                            .fire(turn)?
                        {
                            let time = firing.time();
                            let key = firing.key();
                            let window = firing.window();
                            let (max0,) = ::thalweg::__private::Aggregate::finish(
                                &aggregate0,
                                firing.acc(),
                            );
                            let item = ::thalweg::__private::WindowedWith {
                                key,
                                window,
                                value: max0,
                            };
                            let record = ::thalweg::__private::view(&item);
                            sink0.write(time, record)?;
                        }
                        for (time, at) in side1.records() {
                            let item1 = ::thalweg::__private::apply(
                                at,
                                |at| format!("late: {at}"),
                            );
                            let record = ::thalweg::__private::view(&item1);
                            sink1.write(time, record)?;
                        }
                        side1.clear();
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        ::core::result::Result::Ok(())
    }
    ::thalweg::__private::Definition {
        name: "checked",
        function: "checked",
        doc: "",
        parameters: ::std::vec![
            ::thalweg::__private::Parameter::of:: < String, _ > ("path", "", "String",
            ::core::option::Option::None)
        ],
        build: |plan, arguments| {
            let path = arguments.take::<String, _>("path")?;
            ::core::result::Result::Ok(build(plan, path)?)
        },
    }
}
